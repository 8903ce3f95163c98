CREATE TABLE subscribers (
  id         bigserial PRIMARY KEY,
  email      text NOT NULL,
  locale     text NOT NULL DEFAULT 'en',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX subscribers_email_idx ON subscribers (email);
