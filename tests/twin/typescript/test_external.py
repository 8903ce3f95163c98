"""Verdicts on calls that reach databases, caches, files and services: source text in, findings out.

Each test pins one root cause that once gave a wrong verdict. Programs are small, and their own.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify


def findings(root: Path, *sources: str, **named: str) -> list[tuple[str, int]]:
    """(kind, line) of the errors and warnings in one source text `a.ts`; other files by stem and text."""
    texts = {"a.ts": sources[0], **{f"{name}.ts": text for name, text in named.items()}}
    files = []
    for name, text in texts.items():
        path = root / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"))
        files.append(SourceFile(f"src/{name}", path))
    report = verify(files, Options(root=root, jobs=1))
    assert not report.failures
    return [(f.kind, f.line) for f in report.findings if f.severity in ("error", "warning")]


@pytest.mark.parametrize("types", ["", "<Row>", "<Array<Map<string, Row>>>"])
def test_type_arguments_of_an_awaited_call(tmp_path: Path, types: str) -> None:
    found = findings(
        tmp_path,
        f"""
        import {{ Pool }} from 'pg';
        const pool = new Pool();
        export async function add(id: string, n: number) {{
          const {{ rows }} = await pool.query{types}('SELECT total FROM carts WHERE id = $1', [id]);
          const total = rows[0].total + n;
          await pool.query{types}('UPDATE carts SET total = $1 WHERE id = $2', [total, id]);
        }}
        """,
    )
    assert found == [("lost-update", 6)]


@pytest.mark.parametrize(
    ("imports", "read", "write"),
    [
        ("import { Cart } from '../models/cart';", "Cart.findOne({ owner: id })", "cart.total += n; await cart.save()"),
        ("import { Cart } from '../models';", "Cart.findByPk(id)", "cart.total += n; await cart.save()"),
        (
            "import db from '../db';",
            "db.cart.findUnique({ where: { id } })",
            "await db.cart.update({ where: { id }, data: { total: cart.total + n } })",
        ),
        (
            "import { db } from '@/db';",
            "db('carts').where({ id }).first()",
            "await db('carts').where({ id }).update({ total: cart.total + n })",
        ),
    ],
)
def test_clients_from_files_that_are_not_there(tmp_path: Path, imports: str, read: str, write: str) -> None:
    found = findings(
        tmp_path,
        f"""
        {imports}
        export async function add(id: string, n: number) {{
          const cart = await {read};
          if (!cart) return;
          {write};
        }}
        """,
    )
    assert found == [("lost-update", 5)]


def test_spread_rows_keep_their_identity(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        """
        import { Injectable } from '@nestjs/common';
        import { Repository } from 'typeorm';
        import { Customer } from './customer.entity';
        @Injectable()
        export class Points {
          constructor(private readonly customers: Repository<Customer>) {}
          async award(id: string, points: number) {
            const customer = await this.customers.findOneBy({ id });
            if (!customer) return;
            await this.customers.save({ ...customer, points: customer.points + points });
          }
        }
        """,
    )
    assert found == [("lost-update", 10)]


def test_cache_filled_with_a_row_read_before_its_invalidation(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        """
        import Redis from 'ioredis';
        import { PrismaClient } from '@prisma/client';
        export class Prices {
          constructor(private readonly redis: Redis, private readonly prisma: PrismaClient) {}
          async get(id: string) {
            const hit = await this.redis.get(`price:${id}`);
            if (hit) return JSON.parse(hit);
            const row = await this.prisma.price.findUnique({ where: { id } });
            await this.redis.set(`price:${id}`, JSON.stringify(row));
            return row;
          }
          async set(id: string, cents: number) {
            await this.prisma.price.update({ where: { id }, data: { cents } });
            await this.redis.del(`price:${id}`);
          }
        }
        """,
    )
    assert [line for _, line in found] == [9]


def test_routes_registered_by_an_exported_plugin_with_middleware(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        """
        import { PrismaClient } from '@prisma/client';
        const prisma = new PrismaClient();
        async function load(req, res, next) {
          res.locals.team = await prisma.team.findUnique({ where: { id: req.params.id } });
          next();
        }
        export async function routes(app) {
          app.post('/teams/:id/seats', load, async (req, res) => {
            const { team } = res.locals;
            await prisma.team.update({ where: { id: team.id }, data: { seats: team.seats + 1 } });
            res.sendStatus(204);
          });
        }
        """,
    )
    assert found == [("lost-update", 10)]


def test_a_public_field_that_another_module_assigns(tmp_path: Path) -> None:
    found = findings(
        tmp_path,
        """
        import express from 'express';
        import { counter } from './state';
        const app = express();
        app.post('/hit', async (req, res) => {
          const before = counter.value;
          await fetch('http://log.internal/');
          counter.value = before + 1;
          res.json({ before });
        });
        """,
        state="""
        export class Counter {
          public value = 0;
        }
        export const counter = new Counter();
        """,
    )
    assert found == [("lost-update", 7)]
