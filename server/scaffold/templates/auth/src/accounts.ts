/** Users, sessions and refresh tokens. Of secrets that clients hold, only hashes are stored. */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { transaction } from './database.ts';

export interface User {
  readonly id: number;
  readonly email: string;
  readonly password: string;
}

const DAY_S = 24 * 60 * 60;
const SESSION_S = 7 * DAY_S;
const REFRESH_S = 30 * DAY_S;

function secret(): string {
  return randomBytes(32).toString('base64url');
}
function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
function now(): number {
  return Math.floor(Date.now() / 1000);
}

export class Accounts {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** The new user's identifier; nothing when the address is taken. */
  add(email: string, password: string): number | undefined {
    const row = this.#db
      .prepare('INSERT INTO users (email, password) VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING id')
      .get(email, password);
    return row?.id as number | undefined;
  }

  byEmail(email: string): User | undefined {
    return this.#db.prepare('SELECT * FROM users WHERE email = ?').get(email) as User | undefined;
  }

  byId(id: number): User | undefined {
    return this.#db.prepare('SELECT * FROM users WHERE id = ?').get(id) as User | undefined;
  }

  /** A new session's token, for a cookie. */
  begin(user: number): string {
    const token = secret();
    this.#db.prepare('DELETE FROM sessions WHERE expires < ?').run(now());
    this.#db.prepare('INSERT INTO sessions VALUES (?, ?, ?)').run(hash(token), user, now() + SESSION_S);
    return token;
  }

  ofSession(token: string): User | undefined {
    return this.#db
      .prepare('SELECT users.* FROM sessions JOIN users ON users.id = user_id WHERE hash = ? AND expires > ?')
      .get(hash(token), now()) as User | undefined;
  }

  end(token: string): void {
    this.#db.prepare('DELETE FROM sessions WHERE hash = ?').run(hash(token));
  }

  /** A refresh token, the first of its family unless one is given. */
  issue(user: number, family: string = randomUUID()): string {
    const token = secret();
    this.#db
      .prepare('INSERT INTO refresh_tokens (hash, family, user_id, expires) VALUES (?, ?, ?, ?)')
      .run(hash(token), family, user, now() + REFRESH_S);
    return token;
  }

  /** The user of a refresh token, and the next token. Nothing, and the end of its family, when it was used before. */
  rotate(token: string): { user: number; token: string } | undefined {
    return transaction(this.#db, () => {
      const row = this.#db
        .prepare('SELECT family, user_id, used FROM refresh_tokens WHERE hash = ? AND expires > ?')
        .get(hash(token), now());
      if (!row) return undefined;
      if (row.used === 1) {
        this.#db.prepare('DELETE FROM refresh_tokens WHERE family = ?').run(row.family as string);
        return undefined;
      }
      this.#db.prepare('UPDATE refresh_tokens SET used = 1 WHERE hash = ?').run(hash(token));
      const user = row.user_id as number;
      return { user, token: this.issue(user, row.family as string) };
    });
  }
}
