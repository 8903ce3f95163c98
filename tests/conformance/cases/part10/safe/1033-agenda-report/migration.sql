CREATE TABLE sent_reports (
  account_id integer NOT NULL,
  month text NOT NULL,
  PRIMARY KEY (account_id, month)
);
