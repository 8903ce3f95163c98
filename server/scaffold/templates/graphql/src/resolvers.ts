/** What answers the fields of the schema. */

import type { DatabaseSync } from 'node:sqlite';
import { GraphQLError } from 'graphql';
import { transaction } from './database.ts';

interface BookRow {
  readonly id: number;
  readonly title: string;
  readonly author_id: number;
  readonly stock: number;
}

export class Resolvers {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  book({ id }: { id: number }) {
    const row = this.#db.prepare('SELECT * FROM books WHERE id = ?').get(id) as BookRow | undefined;
    return row ? this.#shown(row) : null;
  }

  books({ after }: { after: number }) {
    const rows = this.#db.prepare('SELECT * FROM books WHERE id > ? ORDER BY id LIMIT 100').all(after);
    return (rows as unknown as BookRow[]).map((row) => this.#shown(row));
  }

  addBook({ title, author, stock }: { title: string; author: string; stock: number }) {
    if (stock < 0) throw new GraphQLError('stock must not be negative');
    return transaction(this.#db, () => {
      this.#db.prepare('INSERT INTO authors (name) VALUES (?) ON CONFLICT DO NOTHING').run(author);
      const row = this.#db
        .prepare(
          `INSERT INTO books (title, author_id, stock)
           VALUES (?, (SELECT id FROM authors WHERE name = ?), ?) RETURNING *`,
        )
        .get(title, author, stock);
      return this.#shown(row as unknown as BookRow);
    });
  }

  sellBook({ id, count }: { id: number; count: number }) {
    if (count < 1) throw new GraphQLError('count must be at least 1');
    const row = this.#db
      .prepare('UPDATE books SET stock = stock - ? WHERE id = ? AND stock >= ? RETURNING *')
      .get(count, id, count) as BookRow | undefined;
    if (!row) throw new GraphQLError('there are not that many');
    return this.#shown(row);
  }

  /** A book as the schema has it; its author is looked up when a query asks for it. */
  #shown({ id, title, stock, author_id }: BookRow) {
    return { id, title, stock, author: () => this.#author(author_id) };
  }

  #author(id: number) {
    const row = this.#db.prepare('SELECT name FROM authors WHERE id = ?').get(id);
    return {
      name: row?.name as string,
      books: () => {
        const rows = this.#db.prepare('SELECT * FROM books WHERE author_id = ? ORDER BY id LIMIT 100').all(id);
        return (rows as unknown as BookRow[]).map((book) => this.#shown(book));
      },
    };
  }
}
