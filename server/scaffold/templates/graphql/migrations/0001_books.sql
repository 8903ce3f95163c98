CREATE TABLE authors (
  id integer PRIMARY KEY,
  name text NOT NULL UNIQUE
);
CREATE TABLE books (
  id integer PRIMARY KEY,
  title text NOT NULL,
  author_id integer NOT NULL REFERENCES authors (id),
  stock integer NOT NULL CHECK (stock >= 0)
);
