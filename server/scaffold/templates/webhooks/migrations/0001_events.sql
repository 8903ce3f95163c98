CREATE TABLE events (
  id text PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE orders (
  id text PRIMARY KEY,
  paid_cents integer NOT NULL DEFAULT 0
);
