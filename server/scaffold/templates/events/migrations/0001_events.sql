CREATE TABLE events (
  stream text NOT NULL,
  version integer NOT NULL,
  data text NOT NULL,
  PRIMARY KEY (stream, version)
);
