/** Checks of requests: what they let through, what they say, and through the wire. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Infer, InvalidRequest, type Issue, krepis, reply, type Standard, t } from '../sdk/index.ts';
import { compile, compileTexts, ISSUES_MAX } from '../sdk/schema.ts';

const order = t.object({
  customer: t.string({ min: 1, max: 80 }),
  email: t.string({ format: 'email' }),
  note: t.optional(t.string({ max: 5 })),
  lines: t.array(
    t.object({ sku: t.string({ pattern: /^[a-z]+-\d+$/ }), count: t.integer({ min: 1, max: 99 }) }),
    { min: 1, max: 3 },
  ),
});
const good: Infer<typeof order> = {
  customer: 'Ada',
  email: 'ada@example.com',
  lines: [{ sku: 'tea-1', count: 2 }],
};

function said(schema: Parameters<typeof compile>[0], value: unknown): unknown {
  const issues: Issue[] = [];
  const out = compile(schema)(value, issues);
  return issues.length === 0 ? out : issues.map(({ path, message }) => `${path} ${message}`);
}

describe('a schema', () => {
  test('lets a copy of the known keys through', () => {
    assert.deepEqual(said(order, { ...good, admin: true }), good);
    assert.deepEqual(said(order, { ...good, note: 'ring' }), { ...good, note: 'ring' });
    assert.deepEqual(said(t.object({ constructor: t.optional(t.string()) }), {}), {});
  });

  for (const [what, value, issues] of [
    ['no object', [], [' must be an object']],
    ['null', null, [' must be an object']],
    ['a missing key', { ...good, email: undefined }, ['/email is missing']],
    ['a type', { ...good, customer: 7 }, ['/customer must be a string']],
    [
      'lengths',
      { ...good, customer: '', note: '123456' },
      ['/customer must have at least 1 characters', '/note must have at most 5 characters'],
    ],
    ['a format', { ...good, email: 'ada' }, ['/email must be email']],
    ['too few items', { ...good, lines: [] }, ['/lines must have at least 1 items']],
    [
      'what is inside',
      {
        ...good,
        lines: [
          { sku: 'X', count: 1.5 },
          { sku: 'a-1', count: 100 },
        ],
      },
      [
        '/lines/0/sku must match ^[a-z]+-\\d+$',
        '/lines/0/count must be a whole number',
        '/lines/1/count must be at most 99',
      ],
    ],
  ] as const) {
    test(`says where ${what} is wrong`, () => assert.deepEqual(said(order, value), issues));
  }

  test('knows literals, unions, numbers and keys that are refused', () => {
    const kind = t.literal('a', 1, null);
    assert.equal(said(kind, null), null);
    assert.deepEqual(said(kind, 'b'), [' must be one of "a", 1, null']);
    const either = t.union(t.string(), t.array(t.number({ min: 0 })));
    assert.deepEqual(said(either, [1.5]), [1.5]);
    assert.deepEqual(said(either, [-1]), [' is none of what it may be']);
    assert.deepEqual(said(t.number(), Number.NaN), [' must be a number']);
    const strict = t.object({ 'a/b': t.any() }, { extra: 'refuse' });
    assert.deepEqual(said(strict, { 'a/b': 1 }), { 'a/b': 1 });
    assert.deepEqual(said(strict, { 'a/b': 1, 'c~/d': 2 }), ['/c~0~1d is not known']);
  });

  test('never makes code of what it is given', () => {
    const evil = '"]; throw new Error("run"); //';
    assert.deepEqual(said(t.object({ [evil]: t.string({ max: 1 }) }), { [evil]: 'ab' }), [
      `/${evil.replaceAll('/', '~1')} must have at most 1 characters`,
    ]);
    assert.throws(() => t.object(JSON.parse('{"__proto__": {}}')), /__proto__/);
    assert.throws(() => t.string({ pattern: /a/g }), /state/);
  });

  test('looks for no more issues than anybody reads', () => {
    const issues: Issue[] = [];
    compile(t.array(t.string()))(new Array(100_000).fill(0), issues);
    assert.equal(issues.length, ISSUES_MAX);
  });

  test('reads texts as what they stand for', () => {
    const check = compileTexts(
      t.object({
        page: t.integer({ min: 1 }),
        all: t.optional(t.boolean()),
        tag: t.optional(t.array(t.string())),
      }),
    );
    const read = (...pairs: [string, string[]][]): unknown => {
      const issues: Issue[] = [];
      const out = check(new Map(pairs), issues);
      return issues.length ? issues.map(({ path, message }) => `${path} ${message}`) : out;
    };
    assert.deepEqual(read(['page', ['2']], ['all', ['true']], ['tag', ['a', 'b']]), {
      page: 2,
      all: true,
      tag: ['a', 'b'],
    });
    for (const text of ['', ' 1', '0x10', 'Infinity', '1.5'])
      assert.deepEqual(read(['page', [text]]), ['/page must be a whole number'], text);
    assert.deepEqual(read(['page', ['0']], ['all', ['yes']]), [
      '/page must be at least 1',
      '/all must be true or false',
    ]);
  });
});

test('requests are checked before their handlers, after the hooks before them', async () => {
  const seen: unknown[] = [];
  const app = krepis()
    .before((request) => (request.header('x-key') ? undefined : reply('no key', { status: 401 })))
    .post('/orders/:shop', { body: order, params: t.object({ shop: t.integer() }) }, (request) => {
      const { body, params } = request.valid;
      seen.push(body);
      return { lines: body.lines.length, shop: params.shop + 1 };
    })
    .get('/orders', { query: t.object({ page: t.integer() }) }, (request) => ({
      page: request.valid.query.page,
    }));
  const server = app.listen(0);
  const send = async (path: string, body?: string, key = 'k'): Promise<[number, string]> => {
    const method = body === undefined ? 'GET' : 'POST';
    const init = { method, headers: { 'x-key': key }, ...(body === undefined ? {} : { body }) };
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await send('/orders/7', JSON.stringify(good)), [200, '{"lines":1,"shop":8}']);
  assert.deepEqual(await send('/orders/7', '{', ''), [401, 'no key']);
  assert.deepEqual(await send('/orders/7', '{'), [400, 'malformed JSON']);
  assert.deepEqual(await send('/orders/x', '{}'), [
    400,
    '{"error":"invalid params","in":"params","issues":[{"path":"/shop","message":"must be a whole number"}]}',
  ]);
  const [status, text] = await send('/orders/7', JSON.stringify({ ...good, email: 'x' }));
  assert.equal(status, 422);
  assert.deepEqual(JSON.parse(text), {
    error: 'invalid body',
    in: 'body',
    issues: [{ path: '/email', message: 'must be email' }],
  });
  assert.deepEqual(await send('/orders?page=3'), [200, '{"page":3}']);
  assert.equal((await send('/orders'))[0], 400);
  assert.deepEqual(seen, [good]);
  await server.close();
});

test('schemas of other libraries, and answers of one’s own', async () => {
  const even: Standard<number> = {
    '~standard': {
      version: 1,
      validate: (value) =>
        typeof value === 'number' && value % 2 === 0
          ? { value: value / 2 }
          : { issues: [{ message: 'odd', path: ['a', { key: 0 }] }] },
    },
  };
  const app = krepis()
    .post('/', { body: even }, (request) => ({ half: request.valid.body }))
    .onError((error) => {
      assert.ok(error instanceof InvalidRequest);
      return reply(error.issues, { status: 418 });
    });
  const post = async (body: string): Promise<string> =>
    (await app.fetch(new Request('http://x/', { method: 'POST', body }))).text();
  assert.equal(await post('8'), '{"half":4}');
  assert.equal(await post('7'), '[{"path":"/a/0","message":"odd"}]');
});
