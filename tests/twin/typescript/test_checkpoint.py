"""Executions that begin with a machine which was put back are those that begin with a new one."""

from __future__ import annotations

from pathlib import Path

import pytest
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript import scenario
from krepis.twin.typescript.canonical import Pattern
from krepis.twin.typescript.entries import discover
from krepis.twin.typescript.machine import World
from krepis.twin.typescript.program import Program
from krepis.twin.typescript.scenario import Execution, Scenario
from krepis.twin.typescript.values import forget_terms, show_term
from krepis.twin.typescript.verify import verify

STATE = """
import { PrismaClient } from '@prisma/client';
import { Pool } from 'pg';
import { Mutex } from 'async-mutex';

class Base { static made = 0; #secret = 1; protected list: number[] = [1]; bump() { return ++this.#secret; } }
class Late extends Base { static readonly all = new Set<string>(); seen = new Map<string, number>([['a', 1]]); }

const prisma = new PrismaClient();
const pool = new Pool();
const mutex = new Mutex();
const late = new Late();
const frozen = Object.freeze({ inner: { n: 0 } });
const guarded = new Proxy({ hits: 0 } as Record<string, number>, {
  set(t, k, v) { t[k as string] = v + 1; return true; },
});
let tail: Promise<unknown> = Promise.resolve();
let count = 0;
const next = (() => { let n = 0; return () => ++n; })();
function* numbers() { let i = 0; while (true) yield i++; }
const memo: { value?: Promise<string> } = {};
const order: string[] = [];

async function load(id: string): Promise<string> { await pool.query('SELECT 1'); return id; }

export async function work(id: string): Promise<string> {
  count += 1; Base.made += 1; frozen.inner.n += 1; guarded.hits = count; order.push(`${next()}:${late.bump()}`);
  Late.all.add(id); late.seen.set(id, (late.seen.get(id) ?? 0) + 1); delete (late as { list?: number[] }).list;
  memo.value ??= load(id);
  tail = tail.then(() => { order.push(id); });
  const release = await mutex.acquire();
  try {
    const row = await prisma.account.findUnique({ where: { id } });
    await pool.query('UPDATE account SET hits = hits + 1 WHERE id = $1', [id]);
    await memo.value;
  } finally {
    release();
  }
  await tail;
  const [first] = numbers();
  const seen = [Late.all.size, late.seen.get(id), first];
  return [count, Base.made, frozen.inner.n, guarded.hits, order.join(), ...seen].join('/');
}
"""


def picture(run: Execution) -> list[object]:
    """Everything that was logged, and what the calls returned."""
    R = run.machine
    logged = [(a.kind, str(a.loc), a.root, a.site, a.tags, a.ctrl, show_term(a.value)) for a in R.log]
    ends = [p and (p.state, repr(R.snapshot(p.value))) for p in run.promises]
    return [run.choices, run.limit, run.events, logged, ends, R.operations, R.external_count]


def executions(tmp_path: Path, text: str) -> tuple[Scenario, list[list[object]]]:
    (tmp_path / "a.ts").write_text(text, encoding="utf-8")
    forget_terms()
    program = Program([str(tmp_path / "a.ts")], tmp_path)
    entry = discover(program, str(tmp_path / "a.ts"))[0]
    calls = Scenario(program, [entry, entry], Pattern("the same arguments"))
    return calls, [picture(run) for _ in range(2) for run in calls.interleavings(World(), 12)]


def test_each_execution_is_as_from_a_new_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, again = executions(tmp_path, STATE)
    assert calls.idle and len(again) > 6
    monkeypatch.setattr(scenario, "checkpoint", lambda R, picked: None)
    calls, fresh = executions(tmp_path, STATE)
    assert not calls.idle and again == fresh


def test_code_that_is_suspended_cannot_be_put_back(tmp_path: Path) -> None:
    waits = "let open = () => {}; const gate = new Promise<void>((ok) => { open = ok; });\n"
    waits += "let n = 0; void (async () => { await gate; n += 1; })();\n"
    waits += "export async function work() { const before = n; await gate; n = before + 1; }\n"
    calls, _ = executions(tmp_path, waits)
    assert not calls.idle


@pytest.mark.parametrize("case", ["part5/races/414-otp-attempts.ts", "part13/races/1312-ledger-init.ts"])
def test_the_same_is_found(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(__file__).parents[2] / "conformance" / "cases" / case
    run = lambda: verify([SourceFile(file.name, file)], Options(root=file.parent, time_limit_s=600.0))  # noqa: E731
    again = run()
    monkeypatch.setattr(scenario, "checkpoint", lambda R, picked: None)
    assert again.findings and again.findings == run().findings
