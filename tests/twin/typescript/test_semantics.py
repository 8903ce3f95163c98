"""Small programs and the verdicts on them: one test per rule of the semantics, from source text to findings.

A finding is expected on the line that ends in `// HERE`; a program without such a line must stay silent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from krepis.twin.findings import Report
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify

PROGRAMS: dict[str, tuple[str, str]] = {
    "an awaited generic call suspends": (
        "lost-update",
        """
        interface Http { post<T>(path: string): Promise<T> }
        export class Counter {
          private n = 0;
          constructor(private readonly http: Http) {}
          async next() {
            const before = this.n;
            await this.http.post<{ ok: boolean }>('/ticket');
            this.n = before + 1; // HERE
          }
        }
        """,
    ),
    "parts of one call race on a local variable that was empty": (
        "lost-update",
        """
        export async function collect(names: string[], load: (n: string) => Promise<number>) {
          let all: Record<string, number> = {};
          await Promise.all(names.map(async (n) => {
            all = { ...all, [n]: await load(n) }; // HERE
          }));
          return all;
        }
        """,
    ),
    "what is done once for each key is reached, and so is what comes after many guards": (
        "lost-update",
        """
        import { Pool } from 'pg';
        const url = process.env.DATABASE_URL;
        const size = process.env.POOL_SIZE ? Number(process.env.POOL_SIZE) : 10;
        const pool = new Pool(url ? { connectionString: url, max: size } : {});
        async function known(id: number) {
          const { rows } = await pool.query('SELECT id FROM accounts WHERE id = $1', [id]);
          return rows.length > 0;
        }
        export async function transfer(key: string, from: number, to: number, cents: number) {
          if (from === to) return 'same';
          if (!(await known(from))) return 'unknown payer';
          if (!(await known(to))) return 'unknown payee';
          const { rows } = await pool.query(
            'INSERT INTO transfers (key, payer, payee) VALUES ($1, $2, $3) ON CONFLICT (key) DO NOTHING RETURNING key',
            [key, from, to],
          );
          if (rows.length === 0) return 'repeated';
          const payer = await pool.query('SELECT cents FROM accounts WHERE id = $1', [from]);
          const left = payer.rows[0].cents - cents;
          if (left < 0) return 'short';
          await pool.query('UPDATE accounts SET cents = $2 WHERE id = $1', [from, left]); // HERE
          await pool.query('UPDATE accounts SET cents = cents + $2 WHERE id = $1', [to, cents]);
          return 'done';
        }
        """,
    ),
    "names that are read where they are declared": (
        "",
        """
        export async function a(x: any) {
          const p = q = p; const { u = u } = x; await x.f(p, u); return ~{ valueOf: () => x };
        }
        export async function b(x: any, c = c) {
          let [d = e, e] = x; for (const k of k) { await x.g(k, c, d); } var z = z || 1; return ~[x];
        }
        export async function c(x: any) {
          class A extends A {} await x(A); const C = class B extends B {}; await x(C);
          switch (x) { case g: let g = 1; await x(g); }
        }
        export async function d(x: any) {
          const f = (z = z, [w] = w) => x(z, w); f(); await x();
          for (let i = i; i < 3; i++) { const i = i; await x(i); }
        }
        """,
    ),
    "a module whose name is too long for a file": (
        "",
        f"""
        import {{ x }} from '{"x" * 5000}';
        import {{ y }} from '@{"y" * 300}/{"y" * 300}';
        export async function f() {{ await x(y); }}
        """,
    ),
    "a list that is counted is shorter when another call has taken a row out of it": (
        "check-then-act",
        """
        import { Doctor } from './models';
        export async function leave(id: number): Promise<boolean> {
          const on = await Doctor.findAll({ where: { onCall: true } });
          if (on.length < 2) return false;
          await Doctor.update({ onCall: false }, { where: { id } }); // HERE
          return true;
        }
        """,
    ),
    "rows of a list that another call may have taken first": (
        "check-then-act",
        """
        import { Job } from './models';
        import { queue } from './work';
        export async function work(worker: string): Promise<void> {
          for (const job of await Job.findAll({ where: { status: 'new' } })) {
            await Job.update({ status: 'taken', worker }, { where: { id: job.id } });
            await queue.send(job.id); // HERE
          }
        }
        """,
    ),
    "rows of a list that are each taken by a conditional update": (
        "",
        """
        import { Job } from './models';
        import { queue } from './work';
        export async function work(worker: string): Promise<void> {
          for (const job of await Job.findAll({ where: { status: 'new' } })) {
            const [n] = await Job.update({ status: 'taken' }, { where: { id: job.id, status: 'new' } });
            if (n === 0) continue;
            await queue.send(job.id, worker);
          }
        }
        """,
    ),
    "work that a helper which is an entry point itself is given": (
        "check-then-act",
        """
        import { Pool, PoolClient } from 'pg';
        const pool = new Pool();
        export async function withTransaction<T>(work: (tx: PoolClient) => Promise<T>): Promise<T> {
          const client = await pool.connect();
          try {
            await client.query('BEGIN');
            const result = await work(client);
            await client.query('COMMIT');
            return result;
          } catch (error) {
            await client.query('ROLLBACK');
            throw error;
          } finally {
            client.release();
          }
        }
        export async function demote(userId: string): Promise<void> {
          await withTransaction(async (tx) => {
            const { rows } = await tx.query("SELECT count(*) AS n FROM users WHERE role = 'admin'");
            if (Number(rows[0].n) <= 1) throw new Error('the last one');
            await tx.query('UPDATE users SET role = $2 WHERE id = $1', [userId, 'guest']); // HERE
          });
        }
        """,
    ),
    "what is announced before it is there": (
        "order-violation",
        """
        import { alerts } from './alerts';
        import { load } from './rules';
        let ready = false;
        let rules: string[] = [];
        async function ensure(): Promise<void> {
          if (ready) return;
          ready = true;
          rules = await load();
        }
        export async function check(path: string): Promise<boolean> {
          await ensure();
          if (rules.includes(path)) return true;
          await alerts.send(path); // HERE
          return false;
        }
        """,
    ),
    "a busy flag announces nothing": (
        "",
        """
        import { load } from './rules';
        let busy = false;
        let rules: string[] = [];
        export async function reload(): Promise<number> {
          if (busy) throw new Error('busy');
          busy = true;
          try {
            rules = await load();
            return rules.length;
          } finally {
            busy = false;
          }
        }
        """,
    ),
    "what a request is answered may be another one's": (
        "stale-read",
        """
        import type { Request, Response } from 'express';
        import { tenants, invoices } from './db';
        let currency = 'EUR';
        export async function monthly(req: Request, res: Response): Promise<void> {
          const tenant = await tenants.byHost(req.hostname);
          currency = tenant.currency;
          const total = await invoices.sum(tenant.id);
          res.json({ total, currency }); // HERE
        }
        """,
    ),
    "a default that is collected into": (
        "lost-update",
        """
        import { moderate } from './moderation';
        const history: Record<string, string[]> = {};
        export async function say(room: string, text: string): Promise<void> {
          const before = history[room] ?? [];
          const clean = await moderate(text);
          history[room] = [...before, clean].slice(-50); // HERE
        }
        """,
    ),
    "a lock of the program's own, taken twice by one call": (
        "deadlock",
        """
        import { store } from './store';
        const tails = new Map<string, Promise<void>>();
        async function exclusive<T>(key: string, work: () => Promise<T>): Promise<T> {
          const previous = tails.get(key) ?? Promise.resolve();
          let free!: () => void;
          tails.set(key, new Promise<void>((resolve) => (free = resolve)));
          await previous;
          try {
            return await work();
          } finally {
            free();
          }
        }
        export async function clear(cart: string): Promise<void> {
          await exclusive(cart, () => store.removeAll(cart));
        }
        export async function merge(guest: string, cart: string): Promise<void> {
          await exclusive(guest, async () => {
            await store.addAll(cart, await store.itemsOf(guest));
            await clear(guest); // HERE
          });
        }
        """,
    ),
    "waiting for what another call, an event or a library settles": (
        "",
        """
        import { bus } from './bus';
        export class Gate {
          private waiters: (() => void)[] = [];
          async enter(): Promise<void> { await new Promise<void>((resolve) => this.waiters.push(resolve)); }
          open(): void { for (const wake of this.waiters.splice(0)) wake(); }
          async viaBus(): Promise<void> { await new Promise<void>((resolve) => bus.once('open', () => resolve())); }
          async viaCallback(): Promise<void> {
            let done!: () => void;
            const ended = new Promise<void>((resolve) => (done = resolve));
            bus.later(() => done());
            await ended;
          }
          async nested(): Promise<void> {
            await this.wrap(() => this.wrap(() => new Promise<void>((resolve) => bus.emit('x', resolve))));
          }
          private async wrap(work: () => Promise<void>): Promise<void> { await work(); }
        }
        """,
    ),
    "tasks of a limiter that wait for more tasks of it": (
        "deadlock",
        """
        import pLimit from 'p-limit';
        import { put } from './bucket';
        const limit = pLimit(1);
        export async function mirror(folders: string[][]): Promise<void> {
          await Promise.all(folders.map((files) => limit(async () => {
            await Promise.all(files.map((file) => limit(() => put(file)))); // HERE
          })));
        }
        """,
    ),
    "tasks of a limiter that wait for something else": (
        "",
        """
        import pLimit from 'p-limit';
        import { bus, put } from './bucket';
        const limit = pLimit(1);
        const other = pLimit(1);
        export async function mirror(folders: string[][]): Promise<void> {
          await Promise.all(folders.map((files) => limit(async () => {
            await Promise.all(files.map((file) => other(() => put(file))));
            await new Promise<void>((resolve) => bus.once('stored', () => resolve()));
          })));
        }
        """,
    ),
    "waiting with a lock for what needs the lock": (
        "deadlock",
        """
        import { Mutex } from 'async-mutex';
        import { port } from './port';
        export class Session {
          private readonly mutex = new Mutex();
          private markReady!: () => void;
          private readonly ready = new Promise<void>((resolve) => { this.markReady = resolve; });
          async open(): Promise<void> {
            await this.mutex.runExclusive(async () => {
              await port.request('VER?');
              this.markReady();
            });
          }
          async send(command: string): Promise<string> {
            return this.mutex.runExclusive(async () => {
              await this.ready; // HERE
              return port.request(command);
            });
          }
        }
        """,
    ),
    "microtasks of one tick interleave": (
        "lost-update",
        """
        async function twice(x: number) { return x; }
        export async function sum(values: number[]) {
          let total = 0;
          await Promise.all(values.map(async (v) => {
            total += await twice(v); // HERE
          }));
          return total;
        }
        """,
    ),
    "an interval that set-up starts overlaps itself": (
        "lost-update",
        """
        declare const meter: { delta(): Promise<number> };
        export function start() {
          let total = 0;
          setInterval(async () => {
            const before = total;
            total = before + (await meter.delta()); // HERE
          }, 1000);
          return { current: () => total };
        }
        """,
    ),
    "three calls: two waiters resume on one tail": (
        "lost-update",
        """
        declare const steps: { of(key: string): Promise<number> };
        let tail: Promise<unknown> = Promise.resolve();
        let revision = 0;
        export async function bump(key: string) {
          await tail.catch(() => undefined);
          const current = (async () => {
            const before = revision;
            const step = await steps.of(key);
            revision = before + step; // HERE
          })();
          tail = current;
          return current;
        }
        """,
    ),
    "a home-made lock is kept when the call throws": (
        "lock-leak",
        """
        class Gate {
          private held = false;
          private readonly queue: Array<() => void> = [];
          async enter() {
            if (this.held) await new Promise<void>((resolve) => this.queue.push(resolve));
            this.held = true;
            return () => {
              const next = this.queue.shift();
              if (next) next();
              else this.held = false;
            };
          }
        }
        const gate = new Gate();
        export async function drive(robot: { go(): Promise<void> }, path: number[]) {
          const leave = await gate.enter(); // HERE
          if (path.length === 0) throw new RangeError('empty');
          try {
            await robot.go();
          } finally {
            leave();
          }
        }
        """,
    ),
    "a timer acts although its premise is gone": (
        "order-violation",
        """
        export class Presence {
          private readonly online = new Map<string, { sockets: Set<string> }>();
          join(user: string, socket: string) {
            const session = this.online.get(user) ?? { sockets: new Set<string>() };
            this.online.set(user, session);
            session.sockets.add(socket);
          }
          leave(user: string, socket: string) {
            const session = this.online.get(user);
            if (!session?.sockets.delete(socket)) return;
            if (session.sockets.size > 0) return;
            setTimeout(() => {
              this.online.delete(user); // HERE
            }, 5000);
          }
        }
        """,
    ),
    "a timer that looks again is fine": (
        "",
        """
        export class Presence {
          private readonly online = new Map<string, { sockets: Set<string> }>();
          join(user: string, socket: string) {
            const session = this.online.get(user) ?? { sockets: new Set<string>() };
            this.online.set(user, session);
            session.sockets.add(socket);
          }
          leave(user: string, socket: string) {
            const session = this.online.get(user);
            if (!session?.sockets.delete(socket)) return;
            if (session.sockets.size > 0) return;
            setTimeout(() => {
              if (session.sockets.size === 0) this.online.delete(user);
            }, 5000);
          }
        }
        """,
    ),
    "a timer is cleared after it has fired": (
        "order-violation",
        """
        export class Jobs {
          private readonly state = new Map<string, { done: string }>();
          async start(id: string, work: () => Promise<string>) {
            const job = { done: 'no' };
            this.state.set(id, job);
            const timer = setTimeout(() => { job.done = 'late'; }, 1000);
            await work();
            clearTimeout(timer);
            job.done = 'yes'; // HERE
          }
        }
        """,
    ),
    "nobody waits for a save before the message that relies on it": (
        "floating-promise",
        """
        interface Repo { save(x: object): Promise<void> }
        interface Bus { publish(name: string): Promise<void> }
        export function service(repo: Repo, bus: Bus) {
          return {
            async confirm(id: string) {
              repo.save({ id }); // HERE
              await bus.publish(id);
            },
          };
        }
        """,
    ),
    "an awaited save is fine": (
        "",
        """
        interface Repo { save(x: object): Promise<void> }
        interface Bus { publish(name: string): Promise<void> }
        export function service(repo: Repo, bus: Bus) {
          return {
            async confirm(id: string) {
              const saved = repo.save({ id });
              await bus.publish(id);
              await saved;
            },
          };
        }
        """,
    ),
    "what an iteration counts changes before the write": (
        "check-then-act",
        """
        declare const calendar: { cancel(name: string): Promise<void> };
        export class Rota {
          private readonly active = new Map<string, boolean>();
          async leave(doctor: string) {
            let others = 0;
            for (const [name, on] of this.active) if (on && name !== doctor) others += 1;
            if (others === 0) throw new Error('somebody has to stay');
            await calendar.cancel(doctor);
            this.active.set(doctor, false); // HERE
          }
        }
        """,
    ),
    "a client of a pool is released twice": (
        "order-violation",
        """
        import { Pool } from 'pg';
        const pool = new Pool();
        export async function report(name: string) {
          const client = await pool.connect();
          try {
            return (await client.query('SELECT * FROM rows WHERE name = $1', [name])).rows;
          } catch (error) {
            client.release();
            throw error;
          } finally {
            client.release(); // HERE
          }
        }
        """,
    ),
    "jobs of one worker at a time do not overlap": (
        "",
        """
        import { Worker } from 'bullmq';
        declare const ses: { sendEmail(to: string): Promise<string> };
        let sent = 0;
        export const worker = new Worker('mail', async (job) => {
          const before = sent;
          await ses.sendEmail(job.data.to);
          sent = before + 1;
        });
        """,
    ),
    "concurrent jobs of one worker overlap": (
        "lost-update",
        """
        import { Worker } from 'bullmq';
        declare const ses: { sendEmail(to: string): Promise<string> };
        let sent = 0;
        export const worker = new Worker('mail', async (job) => {
          const before = sent;
          await ses.sendEmail(job.data.to);
          sent = before + 1; // HERE
        }, { concurrency: 5 });
        """,
    ),
    "two bids for one lot": (
        "check-then-act",
        """
        interface Bidders { verify(id: string): Promise<boolean> }
        export class Auction {
          private readonly lots = new Map<string, { highest: number }>();
          constructor(private readonly bidders: Bidders) {}
          async bid(lotId: string, bidder: string, cents: number) {
            const lot = this.lots.get(lotId);
            if (!lot || cents <= lot.highest) throw new Error('too low');
            await this.bidders.verify(bidder);
            lot.highest = cents; // HERE
          }
        }
        """,
    ),
    "the answer to an old question is dropped": (
        "",
        """
        export class Search {
          query = '';
          hits: string[] = [];
          private latest = 0;
          constructor(private readonly api: { search(query: string): Promise<string[]> }) {}
          async type(text: string) {
            const ticket = ++this.latest;
            this.query = text;
            const hits = await this.api.search(this.query);
            if (ticket !== this.latest) return;
            this.hits = hits;
          }
        }
        """,
    ),
    "a queue has no negative length": (
        "",
        """
        export class Outbox {
          private readonly outbox: string[] = [];
          private draining = false;
          constructor(private readonly smtp: { send(mail: string): Promise<void> }) {}
          enqueue(mail: string) { this.outbox.push(mail); }
          async drain() {
            if (this.draining || this.outbox.length === 0) return;
            this.draining = true;
            try {
              while (this.outbox.length > 0) {
                await this.smtp.send(this.outbox[0]);
                this.outbox.shift();
              }
            } finally {
              this.draining = false;
            }
          }
        }
        """,
    ),
    "permits that are taken several at once": (
        "",
        """
        import { Semaphore } from 'async-mutex';
        import { depot } from './depot';
        const pool = new Semaphore(2);
        export async function swap(from: string, to: string) {
          const [, release] = await pool.acquire(2);
          try { await depot.write(to, await depot.read(from)); } finally { release(); }
        }
        """,
    ),
    "a command with a callback": (
        "lost-update",
        """
        import Redis from 'ioredis';
        const redis = new Redis();
        export function count(key: string, done: (e: Error | null) => void) {
          redis.get(key, (error, value) => {
            redis.set(key, Number(value) + 1, (e) => done(e ?? null)); // HERE
          });
        }
        """,
    ),
    "a handler in a description of its route": (
        "check-then-act",
        """
        import Fastify from 'fastify';
        const taken = new Set<string>();
        const app = Fastify();
        app.route({
          method: 'POST', url: '/names/:name',
          handler: async (request) => {
            const { name } = request.params as { name: string };
            if (taken.has(name)) return { ok: false };
            await fetch(`https://names.example/${name}`);
            taken.add(name); // HERE
            return { ok: true };
          },
        });
        """,
    ),
    "a task of a queue that another call runs": (
        "lost-update",
        """
        import { journal } from './journal';
        const tasks: (() => Promise<void>)[] = [];
        let running = false;
        let total = 0;
        async function work() {
          if (running) return;
          running = true;
          try { while (tasks.length > 0) await tasks.shift()!(); } finally { running = false; }
        }
        export function add(n: number) {
          const next = total + n;
          tasks.push(async () => {
            await journal.append(n);
            total = next; // HERE
          });
          return work();
        }
        """,
    ),
    "the first of no rows is missing because there were none": (
        "check-then-act",
        """
        import { drizzle } from 'drizzle-orm/node-postgres';
        import { pgTable, serial, text } from 'drizzle-orm/pg-core';
        import { eq } from 'drizzle-orm';
        const labels = pgTable('labels', { id: serial('id').primaryKey(), name: text('name').notNull() });
        const db = drizzle(process.env.URL!);
        export async function ensure(name: string) {
          const [known] = await db.select().from(labels).where(eq(labels.name, name));
          if (known) return known.id;
          const [made] = await db.insert(labels).values({ name }).returning(); // HERE
          return made.id;
        }
        """,
    ),
    "what the decorators of an entity say is unique": (
        "",
        """
        import { Column, Entity, PrimaryGeneratedColumn, type DataSource } from 'typeorm';
        @Entity()
        class Guest { @PrimaryGeneratedColumn() id!: number; @Column({ unique: true }) email!: string }
        export class Guests {
          constructor(private readonly source: DataSource) {}
          async of(email: string) {
            const guests = this.source.getRepository(Guest);
            const known = await guests.findOneBy({ email });
            if (known) return known;
            try { return await guests.save(guests.create({ email })); }
            catch { return guests.findOneByOrFail({ email }); }
          }
        }
        """,
    ),
    "two keys of one lock in the order of the arguments": (
        "deadlock",
        """
        import AsyncLock from 'async-lock';
        import { ledger } from './ledger';
        const lock = new AsyncLock();
        export function move(from: string, to: string) {
          return lock.acquire(from, () => lock.acquire(to, () => ledger.post(from, to))); // HERE
        }
        """,
    ),
    "a walk that ends when a page is empty": (
        "lost-update",
        """
        import { outbox } from './outbox';
        export class Walk {
          private at = 0;
          constructor(private readonly source: { page(from: number): Promise<string[]> }) {}
          async skip() {
            for (;;) {
              const from = this.at;
              const page = await this.source.page(from);
              if (page.length === 0) return;
              this.at = from + page.length; // HERE
              await outbox.send(page);
            }
          }
        }
        """,
    ),
    "a budget that parts of a call take from and give back to": (
        "",
        """
        import { supplier } from './supplier';
        export async function all(costs: number[], budget: number) {
          return Promise.allSettled(costs.map(async (cost) => {
            if (cost > budget) return undefined;
            budget -= cost;
            try { return await supplier.book(cost); } catch (e) { budget += cost; throw e; }
          }));
        }
        """,
    ),
    "a permit that one path does not give back": (
        "lock-leak",
        """
        import { media } from './media';
        let free = 2;
        const waiting: (() => void)[] = [];
        const leave = () => { const next = waiting.shift(); if (next) next(); else free++; };
        export async function convert(file: string) {
          if (free > 0) free--; // HERE
          else await new Promise<void>((resolve) => waiting.push(resolve));
          const kind = await media.kindOf(file);
          if (kind === 'text') return null;
          const out = await media.transcode(file);
          leave();
          return out;
        }
        """,
    ),
    "a map that is cleared after its entries were sent": (
        "check-then-act",
        """
        import { warehouse } from './warehouse';
        const views = new Map<string, number>();
        export function hit(page: string) { views.set(page, (views.get(page) ?? 0) + 1); }
        export async function flush() {
          for (const [page, n] of views) await warehouse.insert(page, n);
          views.clear(); // HERE
        }
        """,
    ),
    "one of the rows that were added up is changed": (
        "check-then-act",
        """
        import { DataTypes, Model, Sequelize } from 'sequelize';
        const sequelize = new Sequelize('postgres://localhost/bank');
        class Purse extends Model { declare cents: number }
        Purse.init({ owner: DataTypes.STRING, cents: DataTypes.INTEGER }, { sequelize });
        export async function take(owner: string, id: number, cents: number) {
          return sequelize.transaction(async (transaction) => {
            const purses = await Purse.findAll({ where: { owner }, transaction });
            if (purses.reduce((sum, p) => sum + p.cents, 0) < cents) return false;
            await Purse.decrement({ cents }, { where: { id, owner }, transaction }); // HERE
            return true;
          });
        }
        """,
    ),
    "what follows branches that meet again does not depend on them": (
        "",
        """
        import { store } from './store';
        export class Cache {
          private hits = 0;
          private misses = 0;
          async read(key: string) {
            const value = await store.get(key);
            if (value === undefined) { this.misses++; } else { this.hits++; }
            await store.send('read', key);
            return value;
          }
          async write(key: string, value: string) {
            await store.set(key, value);
          }
        }
        """,
    ),
    "what a branch assigns depends on its condition": (
        "check-then-act",
        """
        import { store } from './store';
        export async function claim(key: string, who: string) {
          let free = false;
          if (!(await store.get(key))) { free = true; }
          if (free) await store.set(key, who); // HERE
          return free;
        }
        """,
    ),
    "an optional property may be undefined": (
        "check-then-act",
        """
        interface Slot { hour: number; patient?: string }
        const slots: Slot[] = [];
        export async function book(patient: string, calendar: { accepts(hour: number): Promise<boolean> }) {
          for (const slot of slots) {
            if (slot.patient !== undefined) continue;
            if (!(await calendar.accepts(slot.hour))) continue;
            slot.patient = patient; // HERE
            return slot.hour;
          }
          return null;
        }
        """,
    ),
    "a decorator with a body here is applied to its method": (
        "lost-update",
        """
        function audited(_target: object, _name: string, descriptor: PropertyDescriptor) {
          const method = descriptor.value as (...args: unknown[]) => Promise<void>;
          let calls = 0;
          descriptor.value = async function (this: object, ...args: unknown[]) {
            const before = calls;
            await method.apply(this, args);
            calls = before + 1; // HERE
          };
        }
        export class Desk {
          constructor(private readonly mail: { ping(): Promise<void> }) {}
          @audited
          async open(id: string): Promise<void> { await this.mail.ping(); }
        }
        """,
    ),
    "a decorator of the standard kind can make calls wait for each other": (
        "",
        """
        type Method = (this: object, ...args: any[]) => Promise<unknown>;
        const inTurn = () => (method: Method, _context: ClassMethodDecoratorContext): Method => {
          let tail: Promise<unknown> = Promise.resolve();
          return function (this: object, ...args) {
            const next = tail.then(() => method.apply(this, args));
            tail = next.catch(() => undefined);
            return next;
          };
        };
        export class Desk {
          private open = 0;
          constructor(private readonly mail: { ping(): Promise<void> }) {}
          @inTurn()
          async enter(): Promise<void> {
            const before = this.open;
            await this.mail.ping();
            this.open = before + 1;
          }
        }
        """,
    ),
    "generators that a runner drives are entry points through the factory that gives them": (
        "lost-update",
        """
        import { run } from './saga';
        const shelf: Record<string, number> = {};
        function* pick(warehouse: { locate(sku: string): Promise<string> }, sku: string): Generator<any, void, any> {
          const left = shelf[sku] ?? 0;
          yield warehouse.locate(sku);
          shelf[sku] = left - 1; // HERE
        }
        const drive = <T>(saga: Generator<Promise<unknown>, T, any>): Promise<T> => new Promise((resolve, reject) => {
          const step = (input?: unknown): void => {
            const turn = saga.next(input);
            if (turn.done) resolve(turn.value); else turn.value.then(step, reject);
          };
          step();
        });
        export const createPicker = (warehouse: { locate(sku: string): Promise<string> }) => ({
          pick: (sku: string) => drive(pick(warehouse, sku)),
        });
        """,
    ),
    "what another call has put over one's own value is used": (
        "stale-read",
        """
        const context = { user: '' };
        export async function remove(user: string, id: string, db: { drop(id: string): Promise<void> },
          mail: { send(text: object): Promise<void> }) {
          context.user = user;
          await db.drop(id);
          await mail.send({ by: context.user }); // HERE
        }
        """,
    ),
    "two initialisers that wait for each other never end": (
        "deadlock",
        """
        import { read } from './disk';
        let loading: Promise<string> | undefined;
        let pending: Promise<string> | undefined;
        async function load() { await read('a'); return await secret(); }
        async function ask() { return await config(); } // HERE
        export const config = (): Promise<string> => (loading ??= load());
        const secret = (): Promise<string> => (pending ??= ask());
        """,
    ),
    "who counts as a reader waits for ever until there are no readers": (
        "deadlock",
        """
        let readers = 0;
        const waiting: (() => void)[] = [];
        const wake = () => { for (const resume of waiting.splice(0)) resume(); };
        export async function load(name: string, io: { fetch(name: string): Promise<void> }) {
          readers++;
          try {
            while (readers > 0) await new Promise<void>((resolve) => waiting.push(resolve)); // HERE
            await io.fetch(name);
          } finally {
            readers--;
            wake();
          }
        }
        """,
    ),
    "who waits until enough others have come is woken by the last": (
        "",
        """
        let arrived = 0;
        const waiting: (() => void)[] = [];
        export async function meet(io: { start(): Promise<void> }) {
          arrived++;
          if (arrived < 2) await new Promise<void>((resolve) => waiting.push(resolve));
          else { arrived = 0; for (const resume of waiting.splice(0)) resume(); }
          await io.start();
        }
        """,
    ),
    "an object in a container has the lock that its class gives it": (
        "deadlock",
        """
        class Cart {
          #held = false;
          readonly #queue: (() => void)[] = [];
          constructor(readonly id: number) {}
          async exclusively<T>(action: () => Promise<T>): Promise<T> {
            if (this.#held) await new Promise<void>((resolve) => this.#queue.push(resolve));
            this.#held = true;
            try { return await action(); } finally {
              const next = this.#queue.shift();
              if (next) next(); else this.#held = false;
            }
          }
        }
        const carts: Record<number, Cart> = {};
        const cart = (id: number): Cart => (carts[id] ??= new Cart(id));
        export async function merge(into: number, from: number, pricing: { check(): Promise<void> }) {
          if (into === from) return;
          await cart(into).exclusively(async () => {
            await pricing.check();
            await cart(from).exclusively(() => pricing.check()); // HERE
          });
        }
        """,
    ),
    "a queue that is dropped while its last task runs orders nothing": (
        "lost-update",
        """
        import PQueue from 'p-queue';
        import { rates } from './rates';
        const queues = new Map<string, PQueue>();
        const balances = new Map<string, number>();
        export async function deposit(account: string, cents: number) {
          const queue = queues.get(account) ?? new PQueue({ concurrency: 1 });
          queues.set(account, queue);
          await queue.add(async () => {
            const before = balances.get(account) ?? 0;
            await rates.look(account);
            balances.set(account, before + cents); // HERE
          });
          if (queue.size === 0) queues.delete(account);
        }
        """,
    ),
    "a queue that is dropped when nothing waits and nothing runs is safe": (
        "",
        """
        import PQueue from 'p-queue';
        import { rates } from './rates';
        const queues = new Map<string, PQueue>();
        const balances = new Map<string, number>();
        export async function deposit(account: string, cents: number) {
          const queue = queues.get(account) ?? new PQueue({ concurrency: 1 });
          queues.set(account, queue);
          await queue.add(async () => {
            const before = balances.get(account) ?? 0;
            await rates.look(account);
            balances.set(account, before + cents);
          });
          if (queue.size === 0 && queue.pending === 0) queues.delete(account);
        }
        """,
    ),
    "who begins to listen only after a wait may miss the answer": (
        "order-violation",
        """
        import { once } from 'node:events';
        import { Worker } from 'node:worker_threads';
        import { journal } from './journal';
        const worker = new Worker('./resize.js');
        export async function resize(id: string) {
          worker.postMessage({ id });
          await journal.write(id);
          return await once(worker, `done:${id}`); // HERE
        }
        """,
    ),
    "who listens from the start hears the answer, and each drain after its write": (
        "",
        """
        import { once } from 'node:events';
        import { Worker } from 'node:worker_threads';
        import { journal, out } from './journal';
        const worker = new Worker('./resize.js');
        export async function resize(id: string, rows: string[]) {
          const reply = once(worker, `done:${id}`);
          worker.postMessage({ id });
          await journal.write(id);
          for (const row of rows) if (!out.send(row)) await once(out, 'drain');
          return await reply;
        }
        """,
    ),
    "what is marked as begun is no more done for that": (
        "order-violation",
        """
        import { connect, type Channel } from './broker';
        let begun = false;
        let channel: Channel | undefined;
        async function ensure() {
          if (begun) return;
          begun = true;
          channel = await connect('broker');
        }
        export async function publish(body: string) {
          await ensure();
          if (!channel) throw new Error('not connected'); // HERE
          await channel.send(body);
        }
        """,
    ),
    "one function can turn two calls against each other by its arguments": (
        "check-then-act",
        """
        import { orchestrator } from './orchestrator';
        const a = { serving: true };
        const b = { serving: true };
        async function drain(own: { serving: boolean }, other: { serving: boolean }) {
          if (!other.serving) return false;
          await orchestrator.ping();
          own.serving = false; // HERE
          return true;
        }
        export const drainA = () => drain(a, b);
        export const drainB = () => drain(b, a);
        """,
    ),
    "it does not matter which call made the object that a map has as its key": (
        "",
        """
        const balances = new WeakMap<Account, number>();
        class Account {
          constructor(readonly iban: string) { balances.set(this, 0); }
          async withdraw(cents: number, limits: { floorOf(iban: string): Promise<number> }) {
            const floor = await limits.floorOf(this.iban);
            const balance = balances.get(this) ?? 0;
            if (balance - cents < floor) return;
            balances.set(this, balance - cents);
          }
        }
        const accounts: Record<string, Account> = {};
        const open = (iban: string): Account => (accounts[iban] ??= new Account(iban));
        export async function pay(iban: string, cents: number, limits: { floorOf(iban: string): Promise<number> }) {
          await open(iban).withdraw(cents, limits);
        }
        """,
    ),
    "fastq, async-sema and bottleneck let as many run as they are told": (
        "lost-update",
        """
        import Bottleneck from 'bottleneck';
        import { Sema } from 'async-sema';
        import * as fastq from 'fastq';
        import { ledger } from './ledger';
        const one = new Bottleneck({ maxConcurrent: 1 });
        const lock = new Sema(1);
        const totals = { a: 0, b: 0, c: 0, d: 0 };
        export const a = (cents: number) => one.schedule(async () => {
          const before = totals.a;
          await ledger.ping();
          totals.a = before + cents;
        });
        export const b = async (cents: number) => {
          await lock.acquire();
          try {
            const before = totals.b;
            await ledger.ping();
            totals.b = before + cents;
          } finally {
            lock.release();
          }
        };
        const queue = fastq.promise(async (cents: number) => {
          const before = totals.c;
          await ledger.ping();
          totals.c = before + cents;
        }, 1);
        export const c = (cents: number) => queue.push(cents);
        export const d = new Bottleneck({ maxConcurrent: 2 }).wrap(async (cents: number) => {
          const before = totals.d;
          await ledger.ping();
          totals.d = before + cents; // HERE
        });
        """,
    ),
    "a factory that is waited for makes functions that live on": (
        "lost-update",
        """
        export async function createQuota(client: { connect(): Promise<void>; note(n: number): Promise<void> }) {
          await client.connect();
          let used = 0;
          const take = async (n: number) => {
            const before = used;
            await client.note(n);
            used = before + n; // HERE
          };
          return { take, reset() { used = 0; } };
        }
        """,
    ),
    "an amount that is taken first and given back is enough for both or for neither alone": (
        "",
        """
        import axios from 'axios';
        export class Budget {
          private rest = 10_000;
          async with<T>(cents: number, work: () => Promise<T>): Promise<T | undefined> {
            if (this.rest < cents) return undefined;
            this.rest -= cents;
            try { return await work(); } finally { this.rest += cents; }
          }
          async send(cents: number, url: string) {
            return this.with(cents, () => axios.post(url, { cents }));
          }
        }
        """,
    ),
}


THREE = """
const waiting: (() => void)[] = [];
let free = true;
let highest = 0;
async function take() {
  if (free) { free = false; return; }
  await new Promise<void>((resolve) => waiting.push(resolve));
}
function give() {
  const next = waiting.shift();
  if (next) next(); else free = true;
}
export async function bid(lot: { open(): Promise<void> }) {
  await take();
  try { await lot.open(); highest += 1; } finally { give(); }
}
"""


def test_the_bound_on_states_holds_and_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    path.write_text(THREE, encoding="utf-8")

    def look(max_states: int, calls: Literal[2, 3]) -> Report:
        return verify([SourceFile("a.ts", path)], Options(root=tmp_path, jobs=1, max_states=max_states, calls=calls))

    full, bounded = look(200_000, 2), look(20, 2)
    assert not [n for n in full.notes if "states of" in n.message]
    assert [n for n in bounded.notes if n.message == "only 20 states of bid with bid were explored"]
    assert bounded.summary.states < full.summary.states


def test_three_calls_are_explored_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.ts"
    path.write_text(
        "let seen: string[] = [];\nexport async function note(db: { ping(): Promise<void> }, x: string) {"
        " await db.ping(); seen = [...seen, x]; }\n",
        encoding="utf-8",
    )

    def scenarios(calls: Literal[2, 3]) -> int:
        report = verify([SourceFile("a.ts", path)], Options(root=tmp_path, jobs=1, calls=calls))
        assert not report.findings
        return report.summary.scenarios

    assert scenarios(3) == scenarios(2) + 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_verdict(name: str, tmp_path: Path) -> None:
    kind, text = PROGRAMS[name]
    lines = text.splitlines()
    expected = {(i, kind) for i, line in enumerate(lines, 1) if line.endswith("// HERE")}
    assert bool(expected) == bool(kind)
    path = tmp_path / "a.ts"
    path.write_text("\n".join(line.removesuffix("// HERE") for line in lines), encoding="utf-8")
    report = verify([SourceFile("a.ts", path)], Options(root=tmp_path, jobs=1))
    assert not report.failures
    assert {(f.line, f.kind) for f in report.findings if f.severity != "info"} == expected
