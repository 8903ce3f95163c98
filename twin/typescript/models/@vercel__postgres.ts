// @vercel/postgres: pg's pool, and a template tag that sends its text with parameters.
import { Client, Pool } from 'pg';

const tagged = (query) => (strings, ...values) =>
  query(strings.reduce((text, part, i) => `${text}$${i}${part}`), values);

class VercelPool extends Pool {
  constructor(config) {
    super(config);
    this.sql = tagged((text, values) => this.query(text, values));
  }
}

class VercelClient extends Client {
  constructor(config) {
    super(config);
    this.sql = tagged((text, values) => this.query(text, values));
  }
}

export const createPool = (config) => new VercelPool(config);
export const createClient = (config) => new VercelClient(config);
export const db = createPool();
export const sql = Object.assign((strings, ...values) => db.sql(strings, ...values), {
  query: (text, values) => db.query(text, values),
  connect: () => db.connect(),
});
