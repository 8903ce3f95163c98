"""What real repositories taught: programs that were flagged without reason, and code that was silently not seen.

A finding is expected on the line that ends in `// HERE`; a program without such a line must stay silent.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify

PROGRAMS: dict[str, tuple[str, str]] = {
    "each call loads its own row": (
        "",
        """
        import { Model, Table, Column } from 'sequelize-typescript';
        abstract class Stored extends Model { @Column declare id: string; }
        @Table
        export class Page extends Stored {
          publishedAt?: Date;
          words = 0;
          async publish() {
            if (this.publishedAt) return this.save();
            await this.reload();
            this.publishedAt = new Date();
            return this.save();
          }
        }
        export async function count(page: Page, find: () => Promise<string>) {
          const words = page.words;
          const text = await find();
          page.words = words + text.length;
        }
        """,
    ),
    "what is no row may be shared": (
        "lost-update",
        """
        export class Page {
          words = 0;
          clear() { this.words = 0; }
        }
        export async function count(page: Page, find: () => Promise<string>) {
          const words = page.words;
          const text = await find();
          page.words = words + text.length; // HERE
        }
        """,
    ),
    "a run that asks about everything ends by its limit, with little memory": (
        "",
        """
        export interface Filter { field: string; filters?: Filter[]; }
        export async function fields(filters: Filter[], wanted: string, save: (all: string[]) => Promise<void>) {
          const all: string[] = [];
          const walk = (f: Filter): void => {
            if (f.field === wanted) all.push(f.field);
            for (const inner of f.filters ?? []) walk(inner);
            if (!all.includes(f.field)) all.push(f.field);
          };
          filters.forEach(walk);
          await save(all);
        }
        """,
    ),
    "what was stored is found again, so a deletion after it is in order": (
        "",
        """
        export interface Pages { get(id: string): Promise<string | null>; put(id: string, text: string): Promise<void>;
          delete(id: string): Promise<void> }
        export async function drop(pages: Pages, id: string) {
          const page = await pages.get(id);
          if (page) await pages.delete(id);
        }
        export async function publish(pages: Pages, id: string, text: string) {
          await pages.put(id, `page ${text}`);
        }
        """,
    ),
    "a change leaves a record where it is": (
        "",
        """
        import type { FastifyInstance } from 'fastify';
        export default async function plugin(fastify: FastifyInstance) {
          const { tickets } = fastify;
          fastify.patch('/:id', async (request) => tickets.update(request.params.id, request.body));
          fastify.post('/:id/owner', async (request, reply) => {
            const ticket = await tickets.findById(request.params.id);
            if (!ticket) return reply.notFound();
            await tickets.update(request.params.id, { owner: request.body.owner });
            return ticket;
          });
        }
        """,
    ),
    "a changed column does not make a row come or go": (
        "",
        """
        import { PrismaClient } from '@prisma/client';
        const prisma = new PrismaClient();
        export async function remove(slug: string, user: number) {
          const page = await prisma.page.findUnique({ where: { slug }, select: { owner: true } });
          if (!page) throw new Error('not found');
          if (page.owner !== user) throw new Error('not yours');
          await prisma.page.delete({ where: { slug } });
        }
        export async function retitle(slug: string, title: string) {
          await prisma.page.update({ where: { slug }, data: { title } });
        }
        """,
    ),
    "a value read before a transaction is stale inside it": (
        "lost-update",
        """
        import { PrismaClient } from '@prisma/client';
        const prisma = new PrismaClient();
        export async function take(id: string, n: number) {
          const shelf = await prisma.shelf.findUnique({ where: { id } });
          await prisma.$transaction(async (tx) => {
            if (shelf.left < n) return;
            await tx.shelf.update({ where: { id }, data: { left: shelf.left - n } }); // HERE
          });
        }
        """,
    ),
    "cookies belong to one request": (
        "",
        """
        import { cookies } from 'next/headers';
        declare const audit: { insert(row: { session: string }): Promise<void> };
        export async function signIn(token: string) {
          (await cookies()).set('session', token);
        }
        export async function signOut() {
          const session = (await cookies()).get('session');
          await audit.insert({ session: session.value });
          (await cookies()).delete('session');
        }
        """,
    ),
    "nothing comes in while a durable object waits for its storage": (
        "",
        """
        import { DurableObject } from 'cloudflare:workers';
        export class Turnstile extends DurableObject {
          async enter() {
            const n = ((await this.ctx.storage.get('n')) ?? 0) as number;
            await this.ctx.storage.put('n', n + 1);
            return n + 1;
          }
        }
        """,
    ),
    "statistics and events without listeners decide nothing; the deletion does": (
        "check-then-act",
        """
        import { Hooked } from 'hooked-base';
        interface Store { get(k: string): Promise<string | null>; delete(k: string): Promise<void> }
        class Stats { hits = 0; misses = 0; hit() { this.hits++; } miss() { this.misses++; } }
        export class Shelf extends Hooked {
          private stats = new Stats();
          constructor(private readonly store: Store) { super(); }
          async take(key: string) {
            const found = await this.store.get(key);
            if (!found) { this.stats.miss(); this.emit('miss', key); return null; }
            this.stats.hit();
            this.emit('hit', key);
            await this.store.delete(key); // HERE
            return found;
          }
        }
        """,
    ),
    "two decoders of equal bytes are two decoders": (
        "",
        """
        import { createDecoder } from 'some-codec';
        export class Line {
          private waiting: Uint8Array[] = [];
          constructor(private readonly hooks: { before(b: Uint8Array): Promise<void> }) {}
          async message(bytes: Uint8Array) {
            this.waiting.push(bytes);
            if (this.waiting.length > 1) return;
            while (this.waiting.length > 0) {
              const decoder = createDecoder(this.waiting[0]);
              await this.hooks.before(this.waiting[0]);
              decoder.pos = decoder.pos + 1;
              await this.hooks.before(this.waiting[0]);
              this.waiting.shift();
            }
          }
        }
        """,
    ),
    "a schema library's keys are not those of a Map": (
        "lost-update",
        """
        import Joi from 'joi';
        const schema = Joi.object().keys({ port: Joi.number() }).unknown();
        const { value } = schema.prefs({}).validate(process.env);
        export const settings = { port: value.port };
        let seats = 10;
        export async function take(db: { note(port: number): Promise<void> }) {
          const left = seats;
          await db.note(settings.port);
          seats = left - 1; // HERE
        }
        """,
    ),
    "methods of a value that we only guessed to be text": (
        "lost-update",
        """
        import { z } from 'zod';
        export const Body = z.string().trim().min(1).optional().describe('x');
        let seats = 10;
        export async function take(db: { note(): Promise<void> }) {
          const left = seats;
          await db.note();
          seats = left - 1; // HERE
        }
        """,
    ),
    "`new` of a class that an option gives": (
        "lost-update",
        """
        class Fifo { items: string[] = []; }
        export default class Queue {
          private size = 0;
          private readonly line: Fifo;
          constructor(options?: { line?: new () => Fifo }) {
            options = { line: Fifo, ...options };
            this.line = new options.line!();
          }
          async add(job: () => Promise<void>) {
            const before = this.size;
            await job();
            this.size = before + 1; // HERE
          }
        }
        """,
    ),
    "two requests are both told that a seat is theirs": (
        "check-then-act",
        """
        import express from 'express';
        import { prisma } from './db';
        const app = express();
        app.post('/seats/:id', async (req, res) => {
          const seat = await prisma.seat.findUnique({ where: { id: req.params.id } });
          if (seat.userId) return res.status(409).json({ error: 'taken' });
          await prisma.seat.update({ where: { id: req.params.id }, data: { userId: req.body.userId } }); // HERE
          res.json({ ok: true });
        });
        """,
    ),
    "a mark that says the same whoever sets it": (
        "",
        """
        import express from 'express';
        import { prisma } from './db';
        const app = express();
        app.post('/users/:id/verify', async (req, res) => {
          const user = await prisma.user.findUnique({ where: { id: req.params.id } });
          if (user.verified) return res.status(409).json({ error: 'already' });
          await prisma.user.update({ where: { id: user.id }, data: { verified: true } });
          res.json({ ok: true });
        });
        """,
    ),
    "a mark that only one may set, for what the answer gives": (
        "check-then-act",
        """
        import { NextResponse } from 'next/server';
        import { prisma } from './db';
        export async function POST(request: Request) {
          const { code } = await request.json();
          const coupon = await prisma.coupon.findUnique({ where: { code } });
          if (coupon.used) return NextResponse.json({ error: 'used' }, { status: 409 });
          await prisma.coupon.update({ where: { code }, data: { used: true } }); // HERE
          return NextResponse.json({ discount: coupon.percent });
        }
        """,
    ),
    "the client that a framework's plugin puts on the application": (
        "check-then-act",
        """
        export default async function routes(app) {
          app.post('/flights/:id/seats', async (req, reply) => {
            const { rows } = await app.pg.query('SELECT user_id FROM seats WHERE seat = $1', [req.body.seat]);
            if (rows[0]?.user_id) return reply.code(409).send();
            await app.pg.query('UPDATE seats SET user_id = $2 WHERE seat = $1', [req.body.seat, req.user.id]); // HERE
            return { ok: true };
          });
        }
        """,
    ),
    "marks that are taken away when they are old are no locks": (
        "",
        """
        export class Deduper {
          private readonly seen = new Map<string, number>();
          constructor(private readonly ttl: number) {}
          async handle(id: string, next: () => Promise<void>): Promise<void> {
            if (this.seen.has(id)) return;
            this.seen.set(id, Date.now());
            await next();
            for (const [k, at] of this.seen) if (Date.now() - at > this.ttl) this.seen.delete(k);
          }
        }
        """,
    ),
    "a poller that is stopped in the middle of a round ends it": (
        "",
        """
        export class Poller {
          private stopped = false;
          private timer?: NodeJS.Timeout;
          constructor(private readonly poll: () => Promise<void>) {}
          start(): void { this.schedule(0); }
          stop(): void { this.stopped = true; clearTimeout(this.timer); }
          private schedule(ms: number): void {
            if (this.stopped) return;
            this.timer = setTimeout(() => void this.tick(), ms);
          }
          private async tick(): Promise<void> {
            try { await this.poll(); } finally { this.schedule(1000); }
          }
        }
        """,
    ),
    "who waits for another's work is given its result": (
        "",
        """
        type Waiter<T = any> = { resolve: (v: T) => void; reject: (e: unknown) => void };
        const waiters = new Map<string, Waiter[]>();
        function settle<T>(key: string, done: (one: Waiter<T>) => void): void {
          const stash = waiters.get(key) ?? [];
          waiters.delete(key);
          for (const one of stash) done(one);
        }
        async function wait<T>(key: string): Promise<T> {
          return new Promise<T>((resolve, reject) => {
            const stash = waiters.get(key) ?? [];
            stash.push({ resolve, reject });
            waiters.set(key, stash);
          });
        }
        export async function once<T>(key: string, fnc: () => T | PromiseLike<T>): Promise<T> {
          if (!waiters.has(key)) {
            waiters.set(key, []);
            try {
              const result = await Promise.resolve(fnc());
              settle<T>(key, (one) => one.resolve(result));
              return result;
            } catch (error: any) {
              settle<T>(key, (one) => one.reject(error));
              throw error;
            }
          }
          return wait(key);
        }
        """,
    ),
    "promises that are handed to an unknown function": (
        "",
        """
        import { settleAll } from 'some-promises';
        interface Step { (name: string): Promise<void> }
        export async function load(names: string[], check: Step, prepare: Step, register: Step) {
          return await settleAll(
            names.map(async (name) => {
              await check(name);
              await prepare(name);
              await register(name);
            }),
          );
        }
        """,
    ),
    "a deletion does not mind another one in a second store": (
        "",
        """
        interface Store { get(key: string): Promise<string | undefined>; delete(key: string): Promise<boolean> }
        export class Layers {
          constructor(private readonly near: Store, private readonly far?: Store) {}
          async drop(key: string) {
            const pending = [this.near.delete(key)];
            if (this.far) pending.push(this.far.delete(key));
            return (await Promise.all(pending))[0];
          }
        }
        """,
    ),
    "a state that another path leaves to what it starts is no lock": (
        "",
        """
        export class Connection {
          private closed = false;
          private raw: any;
          constructor(private make: () => any) { this.raw = make(); }
          private async reopen() { this.raw = this.make(); await this.raw.connect(); this.closed = false; }
          async disconnect(reconnect = false) {
            if (this.closed && !reconnect) return;
            this.closed = true;
            if (reconnect) {
              void this.raw.close().then(() => this.reopen()).catch((error: Error) => console.error(error));
              return;
            }
            void this.raw.close();
          }
        }
        """,
    ),
    "a client that is kept is given back by somebody else": (
        "",
        """
        import { Pool, PoolClient } from 'pg';
        export class Seeder {
          private trx: PoolClient | null = null;
          constructor(private pool: Pool) {}
          async begin() {
            this.trx = await this.pool.connect();
            await this.trx.query('BEGIN');
          }
          async commit() {
            if (this.trx) { await this.trx.query('COMMIT'); this.trx.release(); this.trx = null; }
          }
        }
        """,
    ),
    "a name that is imported and declared": (
        "",
        """
        import { client } from './client';
        const client = make();
        export async function ping() { await client.ping(); }
        """,
    ),
}


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
    assert report.summary.entry_points
    assert {(f.line, f.kind) for f in report.findings if f.severity != "info"} == expected
