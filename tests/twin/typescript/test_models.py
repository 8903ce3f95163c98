"""Library models end to end: for each library a program that races and its corrected twin.

`check()` is the only place that knows the API: source text in, kinds of loud findings out.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.lower import lower_module
from krepis.twin.typescript.program import MODELS
from krepis.twin.typescript.verify import verify


def check(folder: Path, text: str, **more: str) -> set[str]:
    """Kinds of the findings that count in `text`; `more` are further files, by name with `_` for the dot."""
    for name, content in more.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
    path = folder / "main.ts"
    path.write_text(text, encoding="utf-8")
    report = verify([SourceFile("main.ts", path)], Options(root=folder, jobs=1))
    return {finding.kind for finding in report.findings if finding.severity in ("error", "warning")}


UPDATES = {"lost-update", "check-then-act", "stale-read"}

CASES: list[tuple[str, set[str], str, str]] = [
    (
        "prisma",
        UPDATES,
        """
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function take(id: string, n: number) {
  const item = await prisma.item.findUniqueOrThrow({ where: { id } });
  if (item.stock < n) throw new Error('none left');
  await prisma.item.update({ where: { id }, data: { stock: item.stock - n } });
}
""",
        """
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function take(id: string, n: number) {
  const { count } = await prisma.item.updateMany({
    where: { id, stock: { gte: n } },
    data: { stock: { decrement: n } },
  });
  if (count === 0) throw new Error('none left');
}
""",
    ),
    (
        "prisma upsert",
        UPDATES,
        """
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function visit(page: string) {
  const row = await prisma.visits.findFirst({ where: { page } });
  if (row) await prisma.visits.update({ where: { page }, data: { n: row.n + 1 } });
  else await prisma.visits.create({ data: { page, n: 1 } });
}
""",
        """
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function visit(page: string) {
  await prisma.visits.upsert({ where: { page }, create: { page, n: 1 }, update: { n: { increment: 1 } } });
}
""",
    ),
    (
        "pg",
        UPDATES,
        """
import { Pool } from 'pg';
const pool = new Pool();
export async function pay(id: string, cents: number) {
  const { rows } = await pool.query('SELECT balance FROM accounts WHERE id = $1', [id]);
  if (rows[0].balance < cents) throw new Error('poor');
  await pool.query('UPDATE accounts SET balance = $2 WHERE id = $1', [id, rows[0].balance - cents]);
}
""",
        """
import { Pool } from 'pg';
const pool = new Pool();
export async function pay(id: string, cents: number) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query('SELECT balance FROM accounts WHERE id = $1 FOR UPDATE', [id]);
    if (rows[0].balance < cents) throw new Error('poor');
    await client.query('UPDATE accounts SET balance = $2 WHERE id = $1', [id, rows[0].balance - cents]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
""",
    ),
    (
        "pg advisory lock",
        UPDATES,
        """
import { Pool } from 'pg';
const pool = new Pool();
export async function next(series: string) {
  const { rows } = await pool.query('SELECT last FROM series WHERE name = $1', [series]);
  const number = rows[0].last + 1;
  await pool.query('UPDATE series SET last = $2 WHERE name = $1', [series, number]);
  return number;
}
""",
        """
import { Pool } from 'pg';
const pool = new Pool();
export async function next(series: string) {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [series]);
    const { rows } = await client.query('SELECT last FROM series WHERE name = $1', [series]);
    const number = rows[0].last + 1;
    await client.query('UPDATE series SET last = $2 WHERE name = $1', [series, number]);
    await client.query('COMMIT');
    return number;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}
""",
    ),
    (
        "ioredis",
        UPDATES,
        """
import Redis from 'ioredis';
const redis = new Redis();
export async function hit(key: string, max: number) {
  const n = Number((await redis.get(key)) ?? 0);
  if (n >= max) return false;
  await redis.set(key, n + 1);
  return true;
}
""",
        """
import Redis from 'ioredis';
const redis = new Redis();
export async function hit(key: string, max: number) {
  const n = await redis.incr(key);
  if (n === 1) await redis.expire(key, 60);
  return n <= max;
}
""",
    ),
    (
        "node-redis lock",
        UPDATES,
        """
import { createClient } from 'redis';
import { send } from './mail';
const redis = createClient();
export async function once(id: string) {
  if (await redis.get(id)) return;
  await redis.set(id, 'sent');
  await send(id);
}
""",
        """
import { createClient } from 'redis';
import { send } from './mail';
const redis = createClient();
export async function once(id: string) {
  const first = await redis.set(id, 'sent', { NX: true, EX: 60 });
  if (first === null) return;
  await send(id);
}
""",
    ),
    (
        "redis WATCH",
        UPDATES,
        """
import Redis from 'ioredis';
const redis = new Redis();
export async function spend(key: string, n: number) {
  const left = Number(await redis.get(key));
  if (left < n) return false;
  await redis.multi().set(key, left - n).exec();
  return true;
}
""",
        """
import Redis from 'ioredis';
const redis = new Redis();
export async function spend(key: string, n: number) {
  const own = redis.duplicate();
  await own.watch(key);
  const left = Number(await own.get(key));
  if (left < n) return false;
  const done = await own.multi().set(key, left - n).exec();
  return done !== null;
}
""",
    ),
    (
        "typeorm",
        UPDATES,
        """
import { DataSource } from 'typeorm';
import { Wallet } from './wallet';
export class Wallets {
  constructor(private readonly source: DataSource) {}
  async spend(id: string, n: number) {
    const wallets = this.source.getRepository(Wallet);
    const wallet = await wallets.findOneByOrFail({ id });
    wallet.balance -= n;
    await wallets.save(wallet);
  }
}
""",
        """
import { DataSource } from 'typeorm';
import { Wallet } from './wallet';
export class Wallets {
  constructor(private readonly source: DataSource) {}
  async spend(id: string, n: number) {
    await this.source.transaction(async (manager) => {
      const lock = { mode: 'pessimistic_write' as const };
      const wallet = await manager.findOneOrFail(Wallet, { where: { id }, lock });
      wallet.balance -= n;
      await manager.save(wallet);
    });
  }
}
""",
    ),
    (
        "typeorm query builder",
        UPDATES,
        """
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Seat } from './seat.entity';
import { sendTicket } from './mail';
@Injectable()
export class Seats {
  constructor(@InjectRepository(Seat) private readonly seats: Repository<Seat>) {}
  async hold(id: string, user: string) {
    const seat = await this.seats.createQueryBuilder('s').where('s.id = :id', { id }).getOne();
    if (!seat || seat.heldBy) return false;
    await this.seats.update(id, { heldBy: user });
    await sendTicket(id);
    return true;
  }
}
""",
        """
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Seat } from './seat.entity';
import { sendTicket } from './mail';
@Injectable()
export class Seats {
  constructor(@InjectRepository(Seat) private readonly seats: Repository<Seat>) {}
  async hold(id: string, user: string) {
    const { affected } = await this.seats
      .createQueryBuilder()
      .update(Seat)
      .set({ heldBy: user })
      .where('id = :id AND held_by IS NULL', { id })
      .execute();
    if (affected !== 1) return false;
    await sendTicket(id);
    return true;
  }
}
""",
    ),
    (
        "typeorm active record",
        UPDATES,
        """
import { BaseEntity, Entity, PrimaryGeneratedColumn, Column } from 'typeorm';
@Entity()
class Page extends BaseEntity {
  @PrimaryGeneratedColumn() id!: number;
  @Column() edits!: number;
}
export async function edit(id: number) {
  const page = await Page.findOneByOrFail({ id });
  page.edits++;
  return page.save();
}
""",
        """
import { BaseEntity, Entity, PrimaryGeneratedColumn, Column } from 'typeorm';
@Entity()
class Page extends BaseEntity {
  @PrimaryGeneratedColumn() id!: number;
  @Column() edits!: number;
}
export async function edit(id: number) {
  const page = await Page.findOneByOrFail({ id });
  const done = await Page.createQueryBuilder()
    .update()
    .set({ edits: () => 'edits + 1' })
    .where('id = :id', { id: page.id })
    .execute();
  return done.affected;
}
""",
    ),
    (
        "mikro-orm",
        UPDATES,
        """
import { MikroORM } from '@mikro-orm/postgresql';
import { Item } from './item';
const orm = new MikroORM({});
export async function take(id: string, n: number) {
  const em = orm.em.fork();
  const item = await em.findOneOrFail(Item, { id });
  item.left -= n;
  await em.flush();
}
""",
        """
import { LockMode, MikroORM } from '@mikro-orm/postgresql';
import { Item } from './item';
const orm = new MikroORM({});
export async function take(id: string, n: number) {
  await orm.em.fork().transactional(async (em) => {
    const item = await em.findOneOrFail(Item, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    item.left -= n;
  });
}
""",
    ),
    (
        "postgres.js",
        UPDATES,
        """
import postgres from 'postgres';
const sql = postgres({ transform: postgres.camel });
export async function take(id: string, n: number) {
  await sql.begin(async (tx) => {
    const [item] = await tx<{ inStock: number }[]>`select in_stock from items where id = ${id}`;
    await tx`update items set ${tx({ in_stock: item.inStock - n })} where id = ${id}`;
  });
}
""",
        """
import postgres from 'postgres';
const sql = postgres({ transform: postgres.camel });
export async function take(id: string, n: number) {
  const enough = (least: number) => sql`in_stock >= ${least}`;
  const { count } = await sql<
    { id: string }[]
  >`update items set in_stock = in_stock - ${n} where id = ${id} and ${enough(n)}`;
  return count === 1;
}
""",
    ),
    (
        "ioredis lease",
        {"order-violation"},
        """
import Redis from 'ioredis';
import { v4 as uuid } from 'uuid';
import { report } from './report';
const redis = new Redis();
export async function once() {
  const token = uuid();
  if ((await redis.set('lease', token, 'PX', 1000, 'NX')) !== 'OK') return;
  await report();
  if ((await redis.get('lease')) === token) await redis.del('lease');
}
""",
        """
import Redis from 'ioredis';
import { v4 as uuid } from 'uuid';
import { report } from './report';
const redis = new Redis();
export async function once() {
  const token = uuid();
  if ((await redis.set('lease', token, 'PX', 1000, 'NX')) !== 'OK') return;
  await report();
  await redis.watch('lease');
  if ((await redis.get('lease')) === token) await redis.multi().del('lease').exec();
  else await redis.unwatch();
}
""",
    ),
    (
        "one of two keys of a body",
        UPDATES,
        """
import { Pool } from 'pg';
const pool = new Pool();
export async function POST(request: Request) {
  const { org, user } = await request.json();
  const { rows } = await pool.query('SELECT count(*) AS n FROM seats WHERE org_id = $1', [org]);
  if (rows[0].n >= 10) return;
  await pool.query('INSERT INTO seats (org_id, user_id) VALUES ($1, $2) ON CONFLICT (org_id, user_id) DO NOTHING', [
    org,
    user,
  ]);
}
""",
        """
import { Pool } from 'pg';
const pool = new Pool();
export async function POST(request: Request) {
  const { org, user } = await request.json();
  const { rowCount } = await pool.query('UPDATE orgs SET seats = seats + 1 WHERE id = $1 AND seats < 10', [org]);
  if (rowCount === 0) return;
  await pool.query('INSERT INTO seats (org_id, user_id) VALUES ($1, $2)', [org, user]);
}
""",
    ),
    (
        "node:sqlite",
        UPDATES,
        """
import { DatabaseSync } from 'node:sqlite';
import { screen } from './screen';
const db = new DatabaseSync('x.db');
const one = db.prepare('SELECT left FROM codes WHERE code = ?');
const take = db.prepare('UPDATE codes SET left = :left WHERE code = :code');
export async function redeem(ctx) {
  const { left } = one.get(ctx.params.code);
  if (left === 0) ctx.throw(410);
  await screen(ctx.state.user);
  take.run({ left: left - 1, code: ctx.params.code });
}
""",
        """
import { DatabaseSync } from 'node:sqlite';
import { screen } from './screen';
const db = new DatabaseSync('x.db');
const one = db.prepare('SELECT left FROM codes WHERE code = ?');
const take = db.prepare('UPDATE codes SET left = :left WHERE code = :code');
export async function redeem(ctx) {
  await screen(ctx.state.user);
  const { left } = one.get(ctx.params.code);
  if (left === 0) ctx.throw(410);
  take.run({ left: left - 1, code: ctx.params.code });
}
""",
    ),
    (
        "typeorm sum of a query builder",
        UPDATES,
        """
import { DataSource } from 'typeorm';
import { Booking } from './booking';
export class Bookings {
  constructor(private readonly source: DataSource) {}
  async book(room: string, guests: number) {
    const bookings = this.source.getRepository(Booking);
    const found = await bookings
      .createQueryBuilder('b')
      .select('COALESCE(SUM(b.guests), 0)', 'total')
      .where('b.room = :room', { room })
      .getRawOne();
    if (Number(found.total) + guests > 20) throw new Error('full');
    await bookings.insert({ room, guests });
  }
}
""",
        """
import { DataSource } from 'typeorm';
import { Booking } from './booking';
export class Bookings {
  constructor(private readonly source: DataSource) {}
  async booked(room: string) {
    const bookings = this.source.getRepository(Booking);
    const found = await bookings
      .createQueryBuilder('b')
      .select('SUM(b.guests)', 'total')
      .where('b.room = :room', { room })
      .getRawOne();
    return Number(found.total);
  }
  async book(room: string, guests: number) {
    await this.source.getRepository(Booking).insert({ room, guests });
  }
}
""",
    ),
    (
        "knex sum under a name",
        UPDATES,
        """
import knex from 'knex';
const db = knex({ client: 'pg' });
export async function book(room: string, guests: number) {
  const [{ total }] = await db('bookings').where({ room }).sum({ total: 'guests' });
  if (Number(total) + guests > 20) throw new Error('full');
  await db('bookings').insert({ room, guests });
}
""",
        """
import knex from 'knex';
const db = knex({ client: 'pg' });
export async function book(room: string, guests: number) {
  await db.transaction(async (trx) => {
    await trx('rooms').where({ id: room }).forUpdate().first();
    const [{ total }] = await trx('bookings').where({ room }).sum({ total: 'guests' });
    if (Number(total) + guests > 20) throw new Error('full');
    await trx('bookings').insert({ room, guests });
  });
}
""",
    ),
    (
        "async-mutex",
        UPDATES | {"lock-leak"},
        """
import { Mutex } from 'async-mutex';
import { save } from './disk';
const mutex = new Mutex();
let total = 0;
export async function add(n: number) {
  const release = await new Mutex().acquire();
  const before = total;
  await save(before);
  total = before + n;
  release();
}
""",
        """
import { Mutex } from 'async-mutex';
import { save } from './disk';
const mutex = new Mutex();
let total = 0;
export async function add(n: number) {
  await mutex.runExclusive(async () => {
    const before = total;
    await save(before);
    total = before + n;
  });
}
""",
    ),
    (
        "mongoose",
        UPDATES,
        """
import mongoose, { Schema } from 'mongoose';
const Coupon = mongoose.model('Coupon', new Schema({ code: String, uses: Number }));
export async function redeem(code: string) {
  const coupon = await Coupon.findOne({ code });
  if (!coupon || coupon.uses <= 0) return false;
  coupon.uses -= 1;
  await coupon.save();
  return true;
}
""",
        """
import mongoose, { Schema } from 'mongoose';
const Coupon = mongoose.model('Coupon', new Schema({ code: String, uses: Number }));
export async function redeem(code: string) {
  const coupon = await Coupon.findOneAndUpdate({ code, uses: { $gt: 0 } }, { $inc: { uses: -1 } });
  return coupon !== null;
}
""",
    ),
    (
        "mongodb",
        UPDATES,
        """
import { MongoClient } from 'mongodb';
const users = new MongoClient('mongodb://db').db('app').collection('users');
export async function earn(id: string, n: number) {
  const user = await users.findOne({ _id: id });
  if (!user) return;
  await users.updateOne({ _id: id }, { $set: { points: user.points + n } });
}
""",
        """
import { MongoClient } from 'mongodb';
const users = new MongoClient('mongodb://db').db('app').collection('users');
export async function earn(id: string, n: number) {
  await users.updateOne({ _id: id }, { $inc: { points: n } });
}
""",
    ),
    (
        "knex",
        UPDATES,
        """
import knex from 'knex';
const db = knex({ client: 'pg' });
export async function pick(id: string, n: number) {
  const row = await db('parts').where({ id }).first();
  if (row.stock < n) throw new Error('none');
  await db('parts').where({ id }).update({ stock: row.stock - n });
}
""",
        """
import knex from 'knex';
const db = knex({ client: 'pg' });
export async function pick(id: string, n: number) {
  await db.transaction(async (trx) => {
    const row = await trx('parts').where({ id }).forUpdate().first();
    if (row.stock < n) throw new Error('none');
    await trx('parts').where({ id }).update({ stock: row.stock - n });
  });
}
""",
    ),
    (
        "sequelize",
        UPDATES,
        """
import { Sequelize, DataTypes } from 'sequelize';
const sequelize = new Sequelize('postgres://db');
const Account = sequelize.define('Account', { balance: DataTypes.INTEGER });
export async function spend(id: string, n: number) {
  const account = await Account.findByPk(id);
  account.balance = account.balance - n;
  await account.save();
}
""",
        """
import { Sequelize, DataTypes } from 'sequelize';
const sequelize = new Sequelize('postgres://db');
const Account = sequelize.define('Account', { balance: DataTypes.INTEGER });
export async function spend(id: string, n: number) {
  await sequelize.transaction(async (t) => {
    const account = await Account.findByPk(id, { transaction: t, lock: t.LOCK.UPDATE });
    account.balance = account.balance - n;
    await account.save({ transaction: t });
  });
}
""",
    ),
    (
        "drizzle",
        UPDATES,
        """
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, integer, text } from 'drizzle-orm/pg-core';
import { eq } from 'drizzle-orm';
const items = pgTable('items', { id: text('id').primaryKey(), stock: integer('stock') });
const db = drizzle('postgres://db');
export async function take(id: string) {
  const [item] = await db.select().from(items).where(eq(items.id, id));
  if (item.stock <= 0) return false;
  await db.update(items).set({ stock: item.stock - 1 }).where(eq(items.id, id));
  return true;
}
""",
        """
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgTable, integer, text } from 'drizzle-orm/pg-core';
import { and, eq, gt, sql } from 'drizzle-orm';
const items = pgTable('items', { id: text('id').primaryKey(), stock: integer('stock') });
const db = drizzle('postgres://db');
export async function take(id: string) {
  const taken = await db
    .update(items)
    .set({ stock: sql`${items.stock} - 1` })
    .where(and(eq(items.id, id), gt(items.stock, 0)))
    .returning();
  return taken.length === 1;
}
""",
    ),
    (
        "kysely",
        UPDATES,
        """
import { Kysely, PostgresDialect } from 'kysely';
import { start } from './runner';
const db = new Kysely<any>({ dialect: new PostgresDialect({}) });
export async function claim(id: string, worker: string) {
  const job = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  if (job.worker !== null) return false;
  await db.updateTable('jobs').set({ worker }).where('id', '=', id).execute();
  await start(id);
  return true;
}
""",
        """
import { Kysely, PostgresDialect } from 'kysely';
import { start } from './runner';
const db = new Kysely<any>({ dialect: new PostgresDialect({}) });
export async function claim(id: string, worker: string) {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ worker })
    .where('id', '=', id)
    .where('worker', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0) return false;
  await start(id);
  return true;
}
""",
    ),
    (
        "mysql2",
        UPDATES,
        """
import mysql from 'mysql2/promise';
const pool = mysql.createPool({});
export async function book(id: string) {
  const [rows] = await pool.query('SELECT free FROM rooms WHERE id = ?', [id]);
  if (rows[0].free < 1) return false;
  await pool.query('UPDATE rooms SET free = ? WHERE id = ?', [rows[0].free - 1, id]);
  return true;
}
""",
        """
import mysql from 'mysql2/promise';
const pool = mysql.createPool({});
export async function book(id: string) {
  const [done] = await pool.query('UPDATE rooms SET free = free - 1 WHERE id = ? AND free >= 1', [id]);
  return done.affectedRows === 1;
}
""",
    ),
    (
        "better-sqlite3",
        UPDATES,
        """
import Database from 'better-sqlite3';
import { review } from './review';
const db = new Database('app.db');
export async function add(id: string, n: number) {
  const row = db.prepare('SELECT points FROM users WHERE id = ?').get(id);
  await review(id);
  db.prepare('UPDATE users SET points = ? WHERE id = ?').run(row.points + n, id);
}
""",
        """
import Database from 'better-sqlite3';
import { review } from './review';
const db = new Database('app.db');
export async function add(id: string, n: number) {
  await review(id);
  const row = db.prepare('SELECT points FROM users WHERE id = ?').get(id);
  db.prepare('UPDATE users SET points = ? WHERE id = ?').run(row.points + n, id);
}
""",
    ),
    (
        "p-queue",
        UPDATES,
        """
import PQueue from 'p-queue';
import { load } from './api';
const queue = new PQueue({ concurrency: 4 });
let sum = 0;
export function add(id: string) {
  return queue.add(async () => {
    const before = sum;
    sum = before + (await load(id));
  });
}
""",
        """
import PQueue from 'p-queue';
import { load } from './api';
const queue = new PQueue({ concurrency: 1 });
let sum = 0;
export function add(id: string) {
  return queue.add(async () => {
    const before = sum;
    sum = before + (await load(id));
  });
}
""",
    ),
    (
        "async-lock",
        UPDATES,
        """
import AsyncLock from 'async-lock';
import { load } from './api';
const lock = new AsyncLock();
let sum = 0;
export async function add(id: string) {
  await lock.acquire(`${id}:${Math.random()}`, async () => {
    const before = sum;
    sum = before + (await load(id));
  });
}
""",
        """
import AsyncLock from 'async-lock';
import { load } from './api';
const lock = new AsyncLock();
let sum = 0;
export async function add(id: string) {
  await lock.acquire('sum', async () => {
    const before = sum;
    sum = before + (await load(id));
  });
}
""",
    ),
    (
        "fs/promises",
        UPDATES,
        """
import { readFile, writeFile } from 'node:fs/promises';
export async function bump(path: string) {
  const n = Number(await readFile(path, 'utf8'));
  await writeFile(path, String(n + 1));
}
""",
        """
import { readFile, writeFile } from 'node:fs/promises';
import { lock } from 'proper-lockfile';
export async function bump(path: string) {
  const release = await lock(path, { retries: 5 });
  try {
    const n = Number(await readFile(path, 'utf8'));
    await writeFile(path, String(n + 1));
  } finally {
    await release();
  }
}
""",
    ),
    (
        "stripe",
        UPDATES | {"order-violation"},
        """
import Stripe from 'stripe';
const stripe = new Stripe('key');
const paid = new Set<string>();
export async function charge(order: string, amount: number) {
  if (paid.has(order)) return;
  await stripe.paymentIntents.create({ amount, currency: 'eur' });
  paid.add(order);
}
""",
        """
import Stripe from 'stripe';
const stripe = new Stripe('key');
const paid = new Set<string>();
export async function charge(order: string, amount: number) {
  if (paid.has(order)) return;
  paid.add(order);
  try {
    await stripe.paymentIntents.create({ amount, currency: 'eur' });
  } catch (error) {
    paid.delete(order);
    throw error;
  }
}
""",
    ),
    (
        "krepis routes",
        UPDATES,
        """
import { HttpError, krepis, reply, t } from 'krepis';
declare const bank: { charge(id: string): Promise<string> };
const seats = new Map<string, number>();
const app = krepis({ bodyBytesMax: 1000 });
app.post('/seats/:id', { body: t.object({ name: t.string() }) }, async (request) => {
  const free = seats.get(request.params.id) ?? 0;
  if (free < 1) throw new HttpError(409, 'sold out');
  const receipt = await bank.charge(request.params.id);
  seats.set(request.params.id, free - 1);
  return reply({ receipt }, { status: 201 });
});
app.listen(3000);
""",
        """
import { HttpError, krepis, reply } from 'krepis';
declare const bank: { charge(id: string): Promise<string> };
const seats = new Map<string, number>();
export default krepis().post('/seats/:id', async (request) => {
  const free = seats.get(request.params.id) ?? 0;
  if (free < 1) throw new HttpError(409, 'sold out');
  seats.set(request.params.id, free - 1);
  return reply({ receipt: await bank.charge(request.params.id) }, { status: 201 });
});
""",
    ),
    (
        "krepis/express handlers",
        UPDATES,
        """
import express from 'krepis/express';
import multer from 'multer';
declare const audit: { note(id: string): Promise<void> };
const balances = new Map<string, number>();
const app = express();
app.use(express.json());
app.post('/credit/:id', multer().none(), async (req, res) => {
  const old = balances.get(req.params.id) ?? 0;
  await audit.note(req.params.id);
  balances.set(req.params.id, old + 1);
  res.json({ balance: old + 1 });
});
app.listen(3000);
""",
        """
import express from 'krepis/express';
declare const audit: { note(id: string): Promise<void> };
const balances = new Map<string, number>();
const app = express();
app.post('/credit/:id', async (req, res) => {
  await audit.note(req.params.id);
  balances.set(req.params.id, (balances.get(req.params.id) ?? 0) + 1);
  res.json({ balance: balances.get(req.params.id) });
});
app.listen(3000);
""",
    ),
    (
        "listeners of krepis/http and node:http",
        UPDATES,
        """
import { createServer } from 'krepis/http';
declare const audit: { note(id: string): Promise<void> };
let hits = 0;
const server = createServer(async (req, res) => {
  const old = hits;
  await audit.note(req.url);
  hits = old + 1;
  res.end(`${hits}`);
});
server.listen(3000);
""",
        """
import http from 'node:http';
declare const audit: { note(id: string): Promise<void> };
let hits = 0;
http.createServer(async (req, res) => {
  await audit.note(req.url);
  hits = hits + 1;
  res.end(`${hits}`);
}).listen(3000);
""",
    ),
    (
        "bodies of krepis in pieces",
        UPDATES,
        """
import { krepis } from 'krepis';
let total = 0;
krepis().post('/up', { stream: true }, async (request) => {
  const old = total;
  let bytes = 0;
  for await (const piece of request.body) bytes += piece.length;
  total = old + bytes;
  return total;
}).listen(3000);
""",
        """
import { krepis } from 'krepis';
let total = 0;
krepis().post('/up', { stream: true }, async (request) => {
  let bytes = 0;
  for await (const piece of request.body) bytes += piece.length;
  total += bytes;
  return total;
}).listen(3000);
""",
    ),
    (
        "krepis hooks",
        UPDATES,
        """
import { krepis, reply } from 'krepis';
declare const mail: { send(text: string): void };
const app = krepis();
let open = true;
app.get('/vote', () => { open = false; mail.send('over'); return 'counted'; });
app.before(async (request) => {
  if (!open) return reply('over', { status: 409 });
  await fetch('https://audit.example/');
});
app.listen(3000);
""",
        """
import { krepis, reply } from 'krepis';
declare const mail: { send(text: string): void };
const app = krepis();
let open = true;
app.get('/vote', () => { open = false; mail.send('over'); return 'counted'; });
app.before(async () => { await fetch('https://audit.example/'); });
app.before(() => (open ? undefined : reply('over', { status: 409 })));
app.after((_, answer) => { answer.headers = { ...answer.headers, 'x-open': String(open) }; });
app.listen(3000);
""",
    ),
    (
        "krepis services",
        UPDATES,
        """
import { krepis } from 'krepis';
declare const store: { log(name: string): Promise<void> };
class Stock {
  left = 10;
  constructor(private readonly audit: { note(name: string): Promise<void> }) {}
  async take(name: string): Promise<number> {
    const left = this.left;
    await this.audit.note(name);
    this.left = left - 1;
    return this.left;
  }
}
krepis()
  .provide('audit', () => ({ note: (name: string) => store.log(name) }))
  .provide('stock', ({ audit }) => new Stock(audit))
  .post('/take/:name', async (request, { stock }) => ({ left: await stock.take(request.params.name) }))
  .listen(3000);
""",
        """
import { krepis } from 'krepis';
declare const store: { log(name: string): Promise<void> };
class Stock {
  left = 10;
  constructor(private readonly audit: { note(name: string): Promise<void> }) {}
  async take(name: string): Promise<number> {
    await this.audit.note(name);
    this.left = this.left - 1;
    return this.left;
  }
}
krepis()
  .provide('audit', () => ({ note: (name: string) => store.log(name) }))
  .provide('stock', ({ audit }) => new Stock(audit))
  .post('/take/:name', async (request, { stock }) => ({ left: await stock.take(request.params.name) }))
  .listen(3000);
""",
    ),
    (
        "krepis sockets",
        UPDATES,
        """
import { krepis } from 'krepis';
declare const store: { append(text: string): Promise<void> };
let last = 0;
krepis().ws('/chat', {
  open: (socket) => socket.subscribe('all'),
  message: async (socket, message) => {
    const number = last + 1;
    await store.append(String(message));
    last = number;
    socket.publish('all', String(number));
  },
}).listen(3000);
""",
        """
import { krepis } from 'krepis';
declare const store: { append(text: string): Promise<void> };
let last = 0;
krepis().ws('/chat', {
  open: (socket) => socket.subscribe('all'),
  message: async (socket, message) => {
    const number = ++last;
    await store.append(String(message));
    socket.publish('all', String(number));
  },
}).listen(3000);
""",
    ),
]


@pytest.mark.parametrize(("kinds", "text"), [(k, racy) for _, k, racy, _ in CASES], ids=[row[0] for row in CASES])
def test_race_is_found(tmp_path: Path, kinds: set[str], text: str) -> None:
    assert check(tmp_path, text) & kinds


@pytest.mark.parametrize("text", [safe for *_, safe in CASES], ids=[row[0] for row in CASES])
def test_correct_program_is_clean(tmp_path: Path, text: str) -> None:
    assert check(tmp_path, text) == set()


REGISTER = """
import { Prisma, PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function register(handle: string) {
  if (await prisma.account.findFirst({ where: { handle } })) return null;
  try {
    return await prisma.account.create({ data: { handle } });
  } catch (e) {
    if (e instanceof Prisma.PrismaClientKnownRequestError && e.code === 'P2002') return null;
    throw e;
  }
}
"""


@pytest.mark.parametrize(("attribute", "racy"), [("@unique", False), ("", True)])
def test_a_unique_constraint_decides(tmp_path: Path, attribute: str, racy: bool) -> None:
    schema = f"model Account {{\n  id String @id\n  handle String {attribute}\n}}\n"
    found = check(tmp_path, REGISTER, schema_prisma=schema)
    assert bool(found & UPDATES) == racy


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.ts")), ids=lambda path: path.name)
def test_model_is_understood_completely(path: Path) -> None:
    module = lower_module(path.read_text(encoding="utf-8"), str(path))
    assert module.problems == []
    for function in module.functions:
        assert callable(function.fn)


def test_a_call_of_a_handler_begins_in_the_handler_whatever_runs_before_it(tmp_path: Path) -> None:
    text = """
import { krepis } from 'krepis';
declare const bank: { check(id: string): Promise<boolean> };
let left = 10;
const app = krepis();
app.before(async () => { await fetch('https://audit.example/'); });
app.post('/take/:id', async (request) => {
  const before = left;
  await bank.check(request.params.id);
  left = before - 1;
});
"""
    file = tmp_path / "shop.ts"
    file.write_text(text)
    report = verify([SourceFile(path="shop.ts", absolute=file)], Options(root=tmp_path, jobs=1))
    calls = {(step.file, step.line) for finding in report.findings for step in finding.steps if step.action == "call"}
    assert calls == {("shop.ts", 7)}


def test_the_first_of_an_array_that_something_unknown_holds_can_be_taken(tmp_path: Path) -> None:
    text = """
import { krepis } from 'krepis';
const rooms = new Map<string, string[]>();
krepis().ws('/rooms/:room', {
  message: (socket, text) => {
    let kept = rooms.get(text);
    if (!kept) rooms.set(text, (kept = []));
    kept.push(text);
    if (kept.length > 50) kept.shift();
  },
});
"""
    file = tmp_path / "main.ts"
    file.write_text(text)
    report = verify([SourceFile("main.ts", file)], Options(root=tmp_path, jobs=1))
    assert (report.findings, report.failures, report.notes) == ((), (), ())
    assert [entry.name for entry in report.entry_points] == ["message"]
