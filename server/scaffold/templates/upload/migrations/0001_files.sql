CREATE TABLE files (
  name text PRIMARY KEY,
  hash text NOT NULL,
  type text NOT NULL,
  bytes integer NOT NULL
);
