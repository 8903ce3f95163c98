// bun:sqlite: like better-sqlite3, with statements that are kept by their text.
import { Database as Base } from 'better-sqlite3';

export class Database extends Base {
  query(text) {
    return this.prepare(text);
  }

  run(text, ...params) {
    return this.prepare(text).run(...params);
  }
}

export default Database;
