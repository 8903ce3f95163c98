CREATE TABLE stripe_events (
  id text PRIMARY KEY,
  type text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE customers (
  id uuid PRIMARY KEY,
  stripe_id text NOT NULL UNIQUE,
  credits integer NOT NULL DEFAULT 0
);
