"""The tasks: what is asked for, in English and Korean, and the hidden tests that decide.

Hidden tests are of two kinds: what the code does, and what it does when calls overlap. The Twin is asked besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Task:
    """`tests` and `overlapping` are modules for the sandbox; `files` is the program that is there already."""

    name: str
    path: str
    english: str
    korean: str
    tests: str
    overlapping: str
    files: Mapping[str, str] = field(default_factory=dict)


CLOCK = {
    "src/clock.ts": "export interface Clock { now(): number }\nexport const system: Clock = { now: () => Date.now() };\n"
}
AUDIT = {
    "src/audit.ts": "export interface Audit {\n  /** Writes a line to the audit log. */\n"
    "  record(line: string): Promise<void>;\n}\n"
}

TASKS: tuple[Task, ...] = (
    Task(
        "counter",
        "src/counter.ts",
        "export class Counter with async hit(key: string): Promise<number>, which counts calls for each key and "
        "returns the count.",
        "호출 횟수를 키별로 세는 export class Counter. async hit(key: string): Promise<number> 는 그 키의 횟수를 반환한다.",
        "import { Counter } from './src/counter';\n"
        "test('counts', async () => { const c = new Counter(); await c.hit('a'); await c.hit('b');"
        " assert.equal(await c.hit('a'), 2); assert.equal(await c.hit('b'), 2); });",
        "import { Counter } from './src/counter';\n"
        "test('all', async () => { const c = new Counter(); await Promise.all(Array.from({ length: 9 }, () => c.hit('a')));"
        " assert.equal(await c.hit('a'), 10); });",
    ),
    Task(
        "once",
        "src/once.ts",
        "export class Lazy<T> with constructor(make: () => Promise<T>) and async get(): Promise<T>. make is called at "
        "most once, on the first get, and every get gives its result.",
        "export class Lazy<T>: constructor(make: () => Promise<T>) 와 async get(): Promise<T>. make 는 처음 get 할 때 "
        "한 번만 호출되고, 모든 get 은 그 결과를 준다.",
        "import { Lazy } from './src/once';\n"
        "test('gives', async () => { const l = new Lazy(async () => 7); assert.equal(await l.get(), 7);"
        " assert.equal(await l.get(), 7); });",
        "import { Lazy } from './src/once';\n"
        "test('once', async () => { let n = 0; const l = new Lazy(async () => { await sleep(1); return ++n; });"
        " assert.deepEqual(await Promise.all([l.get(), l.get()]), [1, 1]); assert.equal(n, 1); });",
    ),
    Task(
        "stock",
        "src/stock.ts",
        "export class Stock with constructor(audit: Audit), add(item: string, n: number): void, left(item: string): "
        "number, and async take(item: string): Promise<boolean>, which takes one if there is one, records it in the "
        "audit log, and says whether it did.",
        "export class Stock: constructor(audit: Audit), add(item: string, n: number): void, left(item: string): number, "
        "async take(item: string): Promise<boolean>. take 는 재고가 있으면 하나를 빼고 audit 에 기록하며, 성공 여부를 반환한다.",
        "import { Stock } from './src/stock';\n"
        "test('takes', async () => { const lines = []; const s = new Stock({ record: async (l) => { lines.push(l); } });"
        " s.add('a', 1); assert.equal(await s.take('a'), true); assert.equal(await s.take('a'), false);"
        " assert.equal(s.left('a'), 0); assert.equal(lines.length, 1); });",
        "import { Stock } from './src/stock';\n"
        "test('never oversells', async () => { const s = new Stock({ record: () => sleep(1) }); s.add('a', 2);"
        " const got = await Promise.all([s.take('a'), s.take('a'), s.take('a')]);"
        " assert.equal(got.filter(Boolean).length, 2); assert.equal(s.left('a'), 0); });",
        AUDIT,
    ),
    Task(
        "wallet",
        "src/wallet.ts",
        "export class Wallet with constructor(audit: Audit), balance(): number, and async add(cents: number): "
        "Promise<number>, which records it in the audit log, adds it and returns the new balance.",
        "export class Wallet: constructor(audit: Audit), balance(): number, async add(cents: number): Promise<number>. "
        "add 는 audit 에 기록하고 금액을 더한 뒤 새 잔액을 반환한다.",
        "import { Wallet } from './src/wallet';\n"
        "test('adds', async () => { const w = new Wallet({ record: async () => {} }); await w.add(3);"
        " assert.equal(await w.add(4), 7); assert.equal(w.balance(), 7); });",
        "import { Wallet } from './src/wallet';\n"
        "test('loses nothing', async () => { const w = new Wallet({ record: () => sleep(1) });"
        " await Promise.all([w.add(1), w.add(2), w.add(3)]); assert.equal(w.balance(), 6); });",
        AUDIT,
    ),
    Task(
        "cache",
        "src/cache.ts",
        "export class Cache with constructor(clock: Clock, milliseconds: number), set(key: string, value: string): "
        "void, and get(key: string): string | undefined, which gives nothing when the value is older than that.",
        "export class Cache: constructor(clock: Clock, milliseconds: number), set(key: string, value: string): void, "
        "get(key: string): string | undefined. 값이 그 시간보다 오래되면 get 은 undefined 를 준다.",
        "import { Cache } from './src/cache';\n"
        "test('forgets', () => { let t = 0; const c = new Cache({ now: () => t }, 10); c.set('a', 'x'); t = 9;"
        " assert.equal(c.get('a'), 'x'); t = 21; assert.equal(c.get('a'), undefined); });",
        "import { Cache } from './src/cache';\n"
        "test('keeps the last', () => { const c = new Cache({ now: () => 0 }, 10); c.set('a', 'x'); c.set('a', 'y');"
        " assert.equal(c.get('a'), 'y'); });",
        CLOCK,
    ),
    Task(
        "users",
        "src/users.ts",
        "export class Users with constructor(audit: Audit) and async register(email: string): Promise<boolean>, which "
        "records a new email in the audit log and remembers it, and returns false for one that is registered.",
        "export class Users: constructor(audit: Audit), async register(email: string): Promise<boolean>. 새 이메일이면 "
        "audit 에 기록하고 저장하며, 이미 등록된 이메일이면 false 를 반환한다.",
        "import { Users } from './src/users';\n"
        "test('registers', async () => { const u = new Users({ record: async () => {} });"
        " assert.equal(await u.register('a'), true); assert.equal(await u.register('a'), false); });",
        "import { Users } from './src/users';\n"
        "test('only once', async () => { const u = new Users({ record: () => sleep(1) });"
        " const got = await Promise.all([u.register('a'), u.register('a')]);"
        " assert.equal(got.filter(Boolean).length, 1); });",
        AUDIT,
    ),
)
