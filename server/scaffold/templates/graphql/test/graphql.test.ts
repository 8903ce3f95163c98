import assert from 'node:assert/strict';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import { connect } from '../src/database.ts';
import { json, serve } from './serve.ts';

const url = serve(application(connect(':memory:')));
interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string }[];
}

async function ask(query: string, variables = {}): Promise<Answer> {
  const answer = await fetch(`${url}/graphql`, json('POST', { query, variables }));
  assert.equal(answer.status, 200);
  return (await answer.json()) as Answer;
}

test('books are added and found with their authors', async () => {
  const add = 'mutation ($title: String!) { addBook(title: $title, author: "Knuth", stock: 2) { id } }';
  for (const title of ['TAOCP 1', 'TAOCP 2']) assert.equal((await ask(add, { title })).errors, undefined);
  const { data } = await ask('{ book(id: 1) { title author { name books { title } } } }');
  const books = [{ title: 'TAOCP 1' }, { title: 'TAOCP 2' }];
  assert.deepEqual(data, { book: { title: 'TAOCP 1', author: { name: 'Knuth', books } } });
});

test('no more are sold than there are', async () => {
  const added = await ask('mutation { addBook(title: "Rare", author: "X", stock: 3) { id } }');
  const { id } = added.data?.addBook as { id: number };
  const sell = `mutation { sellBook(id: ${id}, count: 1) { stock } }`;
  const sold = await Promise.all(Array.from({ length: 5 }, () => ask(sell)));
  assert.equal(sold.filter((answer) => answer.errors === undefined).length, 3);
  assert.deepEqual((await ask(`{ book(id: ${id}) { stock } }`)).data, { book: { stock: 0 } });
});

test('what is no query is told, and what is nested too deep is refused', async () => {
  assert.equal((await ask('{ nothing }')).errors?.length, 1);
  const deep = '{ books { author { books { author { books { author { name } } } } } } }';
  assert.equal((await fetch(`${url}/graphql`, json('POST', { query: deep }))).status, 400);
});
