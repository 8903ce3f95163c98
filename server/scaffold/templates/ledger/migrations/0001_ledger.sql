CREATE TABLE accounts (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  owner text NOT NULL,
  cents bigint NOT NULL DEFAULT 0 CHECK (cents >= 0)
);
CREATE TABLE transfers (
  key text PRIMARY KEY,
  from_id integer NOT NULL REFERENCES accounts (id),
  to_id integer NOT NULL REFERENCES accounts (id),
  cents bigint NOT NULL CHECK (cents > 0),
  made_at timestamptz NOT NULL DEFAULT now(),
  CHECK (from_id <> to_id)
);
CREATE TABLE entries (
  id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  account_id integer NOT NULL REFERENCES accounts (id),
  transfer_key text REFERENCES transfers (key),
  cents bigint NOT NULL
);
