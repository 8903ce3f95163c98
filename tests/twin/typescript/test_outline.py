"""A statement in a function concerns those who ran it, and nobody else; what is said is what a fresh run says."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from krepis.twin.findings import Report
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.lower import lower_module
from krepis.twin.typescript.outline import Edit, edit, outline
from krepis.twin.typescript.session import Session
from krepis.twin.typescript.verify import verify

SHARED = """import { get } from 'unknown-client';
const sizes = new Map<string, number>();
let ready = false;
export let total = 0;
export interface Row {
  id: string;
}
/** Waits. */
export async function settle(): Promise<void> {
  await get('/settle');
}
export function round(n: number): number {
  return Math.round(n);
}
export class Ledger {
  limit = 10;

  constructor(readonly name: string) {
  }

  async note(id: string): Promise<number> {
    const size = sizes.get(id) ?? this.limit;
    await get('/note');
    return size;
  }

  size(id: string): number {
    return sizes.get(id) ?? 0;
  }
}
export const make = (name: string) => {
  const made = new Ledger(name);
  return { made, each: async (ids: string[]) => {
    for (const id of ids) {
      await made.note(id);
    }
  } };
};
"""
INDEX = "export * from './shared';\n"
USERS = {
    "settles.ts": """import { settle } from '.';
const balances = new Map<string, number>();
export async function credit(id: string, amount: number): Promise<void> {
  const before = balances.get(id) ?? 0;
  await settle();
  balances.set(id, before + amount);
}
""",
    "rounds.ts": """import { round, type Row } from './shared';
const rows = new Map<string, number>();
export async function put(row: Row, n: number): Promise<void> {
  await fetch('https://rows.test');
  rows.set(row.id, round(n));
}
""",
    "notes.ts": """import { Ledger, total } from '.';
const ledger = new Ledger('all');
export async function note(id: string): Promise<number> {
  return (await ledger.note(id)) + total;
}
export async function size(id: string): Promise<number> {
  await fetch('https://size.test');
  return ledger.size(id);
}
""",
    "makes.ts": """import { make } from './shared';
const one = make('one');
export async function each(ids: string[]): Promise<void> {
  await one.each(ids);
}
""",
}
STATEMENTS = [
    "void 0;",
    "await get('/more');",
    "sizes.set('a', (sizes.get('a') ?? 0) + 1);",
    "total += 1;",
    "ready = !ready;",
    "if (ready) { throw new Error('no'); }",
    "const later = async () => { await get('/later'); };",
    "const id = 'x';",
    "this.limit += 1;",
    "// it is await",
    "interface Row { other: string }",
    "var n = 3;",
    "const broken = ;",
]


def timeless(report: Report) -> Report:
    return replace(report, summary=replace(report.summary, seconds=0.0))


def edited(before: str, after: str) -> Edit | None:
    return edit(outline(lower_module(before, "/a.ts")), outline(lower_module(after, "/a.ts")))


def names(before: str, after: str) -> set[str] | None:
    found = edited(before, after)
    functions = lower_module(before, "/a.ts").functions
    return {functions[i].name for i in found.changed} if found is not None else None


def inserted(text: str, above: str, statement: str) -> str:
    return text.replace(above, f"{statement}\n{above}", 1)


def test_a_statement_belongs_to_the_innermost_function() -> None:
    assert names(SHARED, inserted(SHARED, "    await get('/note');", "sizes.clear();")) == {"Ledger.note"}
    assert names(SHARED, inserted(SHARED, "  return { made", "made.size('a');")) == {"make"}
    assert names(SHARED, inserted(SHARED, "      await made.note", "made.size('a');")) == {"make.each"}
    moved = edited(SHARED, inserted(SHARED, "  return Math.round(n);", "void 0;"))
    rows = SHARED.split("\n")
    assert moved is not None and moved.lines[1] == 1 and moved.lines[len(rows)] == len(rows) + 1


@pytest.mark.parametrize(
    ("above", "statement"),
    [
        ("export let total", "void 0;"),
        ("  return Math.round(n);", "const half = () => n / 2;"),  # functions have other numbers
        ("    return sizes.get(id) ?? 0;", "this.limit = 1;"),  # a field is no constant any more
        ("  return Math.round(n);", "get.query('SELECT 1');"),  # what is imported is a client
        ("  return Math.round(n);", "/** @invariant total >= 0 */"),
        ("  return Math.round(n);", "interface Row { other: string }"),
    ],
)
def test_what_others_may_see_concerns_all(above: str, statement: str) -> None:
    assert names(SHARED, inserted(SHARED, above, statement)) is None


@pytest.mark.parametrize("seed", [1, 2])
def test_after_any_statements_the_report_is_that_of_a_fresh_run(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    texts = {"shared.ts": SHARED, "index.ts": INDEX, **USERS}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    files = [SourceFile(name, tmp_path / name) for name in sorted(texts)]
    options = Options(tmp_path, jobs=1)
    session = Session(options)
    before = session.verify(files)
    spared = 0
    for _ in range(10):
        name = chance.choice(["shared.ts"] * 5 + sorted(USERS))
        lines = texts[name].split("\n")
        if chance.random() < 0.25 and texts[name] != (tmp_path / name).read_text():
            lines = (tmp_path / name).read_text().split("\n")
        else:
            opening = [n for n, line in enumerate(lines) if line.endswith((") {", "> {"))]
            lines.insert(chance.choice(opening) + 1, chance.choice(STATEMENTS))
        texts[name] = "\n".join(lines)
        files = [replace(f, text=texts[f.path]) for f in files]
        looked: list[str] = []
        stop = chance.randrange(1, 12)
        session.verify(files, lambda p, looked=looked: looked.append(p.what), lambda n=stop, o=looked: len(o) > n)  # type: ignore[misc]
        report = session.verify(files, lambda p, looked=looked: looked.append(p.what))  # type: ignore[misc]
        assert timeless(report) == timeless(verify(files, options))
        assert timeless(session.so_far()) == timeless(report) and not session.waiting
        spared += len(USERS.keys() - set(looked)) if name == "shared.ts" else 0
    assert before.entry_points and spared


def test_a_module_need_not_be_a_file_of_the_program(tmp_path: Path) -> None:
    for name, text in {"shared.ts": SHARED, **USERS}.items():
        (tmp_path / name).write_text(text)
    files = [SourceFile(name, tmp_path / name) for name in ("makes.ts", "rounds.ts")]
    session = Session(Options(tmp_path, jobs=1))
    session.verify(files)
    (tmp_path / "shared.ts").write_text(inserted(SHARED, "  return Math.round(n);", "n = 1;"))
    looked: set[str] = set()
    report = session.verify(files, lambda p: looked.add(p.what))
    assert timeless(report) == timeless(verify(files, Options(tmp_path, jobs=1)))
    assert looked & {"makes.ts", "rounds.ts"} == {"rounds.ts"}


def test_only_who_ran_a_function_is_looked_at_again(tmp_path: Path) -> None:
    texts = {"shared.ts": SHARED, "index.ts": INDEX, **USERS}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    files = [SourceFile(name, tmp_path / name) for name in sorted(texts)]
    session = Session(Options(tmp_path, jobs=1))
    session.verify(files)
    looked: set[str] = set()
    now = [replace(f, text=inserted(SHARED, "  return Math.round(n);", "n = 1;")) if f.path == "shared.ts" else f
           for f in files]  # fmt: skip
    session.verify(now, lambda p: looked.add(p.what))
    assert looked & texts.keys() == {"shared.ts", "rounds.ts", "settles.ts"}  # a finding names what was loaded
