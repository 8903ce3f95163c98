CREATE TABLE users (
  id            uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email         text NOT NULL UNIQUE,
  password_hash text NOT NULL,
  role          text NOT NULL DEFAULT 'customer' CHECK (role IN ('customer', 'admin')),
  created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE loyalty_accounts (
  user_id uuid PRIMARY KEY REFERENCES users (id),
  points  integer NOT NULL DEFAULT 0
);

CREATE TABLE wallets (
  user_id       uuid PRIMARY KEY REFERENCES users (id),
  balance_cents integer NOT NULL DEFAULT 0
);

CREATE TABLE audit_log (
  id         bigserial PRIMARY KEY,
  user_id    uuid,
  request_id text NOT NULL,
  action     text NOT NULL,
  at         timestamptz NOT NULL
);

CREATE TABLE idempotency_keys (
  key        text NOT NULL,
  user_id    uuid NOT NULL REFERENCES users (id),
  status     integer,
  body       jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (user_id, key)
);
