/** Tenants in isolates of their own: what one does wrong is its own trouble. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, mock, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { krepis, type Listening } from '../sdk/index.ts';
import { addon } from '../sdk/kernel.ts';

const app = krepis();
const told = app.tenants({
  program: new URL('tenant.ts', import.meta.url),
  header: 'x-tenant',
  memoryMb: 64,
  stallMs: 400,
  tenants: [
    { name: 'bad', headers: ['bad'] },
    { name: 'good', headers: ['good'] },
    { name: 'few', headers: ['few'], connections: 2 },
  ],
});
app.get('/host', () => 'the host');
const log = mock.method(console, 'error', () => {});
let server: Listening;

before(async () => {
  server = app.listen(0);
  await told.ready();
});
after(() => server.close());

function ask(path: string, tenant = 'good', init: RequestInit = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}${path}`, { ...init, headers: { 'x-tenant': tenant } });
}

/** Asks until the isolate is there again. */
async function back(tenant: string): Promise<void> {
  for (;;) {
    const answer = await ask('/', tenant);
    await answer.text();
    if (answer.status === 200) return;
    assert.equal(answer.status, 503);
    await sleep(20);
  }
}

test('an isolate answers as an application does', async () => {
  const plain = await ask('/');
  assert.deepEqual([plain.headers.get('x-from'), await plain.text()], ['isolate', 'fine']);
  assert.deepEqual(await (await ask('/users/a%20b?q=1')).json(), { id: 'a b', q: '1' });
  assert.equal(
    await (await ask('/length', 'good', { method: 'POST', body: 'x'.repeat(70_000) })).text(),
    '70000',
  );
  assert.deepEqual([...new Uint8Array(await (await ask('/bytes')).arrayBuffer())], [0, 255]);
  const web = await ask('/web');
  assert.deepEqual([web.status, web.headers.get('x-web'), await web.text()], [202, 'yes', 'web']);
  assert.deepEqual([(await ask('/refused')).status, (await ask('/none')).status], [409, 404]);
  assert.equal((await ask('/', 'good', { method: 'DELETE' })).status, 405);
  assert.equal((await (await ask('/pieces')).text()).length, 5000);
  assert.equal(await (await ask('/host', 'good')).text(), 'the host');
  assert.equal((await ask('/', 'nobody')).status, 404);
});

test('tenants share nothing', async () => {
  assert.deepEqual(
    [
      await (await ask('/count')).text(),
      await (await ask('/count')).text(),
      await (await ask('/count', 'bad')).text(),
    ],
    ['1', '2', '1'],
  );
});

test('an isolate hears that a client is gone', async () => {
  const socket = connect(server.port, '127.0.0.1');
  socket.write('GET /gone HTTP/1.1\r\nHost: a\r\nX-Tenant: good\r\n\r\n');
  await once(socket, 'connect');
  while (told.metrics()[1]?.running === 0) await sleep(1);
  socket.resetAndDestroy();
  while (Number(await (await ask('/count')).text()) < 100) await sleep(1);
});

for (const [path, why] of [
  ['/loop', /does not come back to its event loop/],
  ['/leak', /has more than 64 MiB/],
  ['/leak-outside', /has more than 64 MiB/],
  ['/throws-later', /failed: Error: expected in this test/],
  ['/exits', /ended with status 3/],
] as const) {
  test(`a tenant that asks for ${path} gets a 503 and a restart, while others are served`, async () => {
    const restarts = told.metrics()[0]?.restarts ?? 0;
    let over = false;
    const bad = ask(path, 'bad').then((answer) => {
      over = true;
      return answer;
    });
    while (!over) assert.equal(await (await ask('/')).text(), 'fine');
    const answer = await bad;
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1']);
    assert.match(String(log.mock.calls.at(-1)?.arguments[0]), why);
    await back('bad');
    assert.equal(await (await ask('/count', 'bad')).text(), '1', 'nothing is left of the one before');
    const [first, second] = told.metrics();
    assert.deepEqual([first?.restarts, second?.restarts], [restarts + 1, 0]);
  });
}

test('an isolate that is busy and says nothing lets all others go first, until it says something', async () => {
  const idle = '5'; // SCHED_IDLE, as the system numbers policies
  const resting = async (): Promise<boolean> => {
    const tasks = await readdir('/proc/self/task');
    const stats = tasks.map((task) => readFile(`/proc/self/task/${task}/stat`, 'utf8').catch(() => ''));
    return (await Promise.all(stats)).some(
      (stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38] === idle,
    );
  };
  const folder = await mkdtemp(join(tmpdir(), 'krepis-'));
  const busy = ask(`/busy?until=${join(folder, 'enough')}`);
  // Who may not raise a priority would not come back from there, and is left as it is.
  while (addon.canRest() && !(await resting())) await sleep(1);
  await writeFile(join(folder, 'enough'), '');
  assert.equal(await (await busy).text(), 'done');
  while (await resting()) await sleep(5);
  await rm(folder, { recursive: true });
});

test('what needs sockets is refused when it is registered', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'krepis-'));
  const sdk = new URL('../sdk/index.ts', import.meta.url);
  const calls = { ws: "app.ws('/chat', {})", files: "app.files('/assets/*path', '.')" };
  for (const [name, call] of Object.entries(calls)) {
    const file = join(folder, `${name}.ts`);
    await writeFile(
      file,
      `import { krepis } from '${sdk}';\nconst app = krepis();\n${call};\nexport default app;\n`,
    );
    krepis().tenants({ program: file, tenants: [{ name, hosts: ['a'] }] });
    const refusal = new RegExp(`tenant ${name}: .*${name}.*have no`);
    while (!log.mock.calls.some((call) => refusal.test(String(call.arguments[0])))) await sleep(5);
  }
  await rm(folder, { recursive: true });
});

test('a tenant has no more connections than it may', async () => {
  const open = async (): Promise<[string, () => void]> => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nX-Tenant: few\r\n\r\n');
    const [data] = await once(socket, 'data');
    return [String(data).slice(9, 12), () => socket.destroy()];
  };
  const [[first, close], [second]] = [await open(), await open()];
  assert.deepEqual([first, second, (await open())[0]], ['200', '200', '503']);
  close();
  while (told.metrics()[2]?.connections !== 1) await sleep(1);
  assert.equal((await open())[0], '200');
});
