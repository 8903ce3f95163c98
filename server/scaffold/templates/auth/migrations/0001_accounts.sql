CREATE TABLE users (
  id integer PRIMARY KEY,
  email text NOT NULL UNIQUE,
  password text NOT NULL
);
CREATE TABLE sessions (
  hash text PRIMARY KEY,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  expires integer NOT NULL
);
CREATE TABLE refresh_tokens (
  hash text PRIMARY KEY,
  family text NOT NULL,
  user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  used integer NOT NULL DEFAULT 0,
  expires integer NOT NULL
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
