"""After an edit only the parts of a file's verdict are explored again that entered it; what is said is the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from krepis.twin.findings import Report
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript import analysis
from krepis.twin.typescript.session import Session
from krepis.twin.typescript.verify import verify

HELPER = """import { get } from 'unknown-client';
export class Store {
  readonly sizes = new Map<string, number>();

  async add(id: string): Promise<void> {
    const before = this.sizes.get(id) ?? 0;
    await get('/add');
    this.sizes.set(id, before + 1);
  }

  size(id: string): number {
    return this.sizes.get(id) ?? 0;
  }
}
"""
ENTRIES = """import { Store } from './helper';
const store = new Store();
const marks = new Map<string, boolean>();
let open = 0;
export async function add(id: string): Promise<void> {
  await store.add(id);
}
export async function addTwice(id: string): Promise<void> {
  await store.add(id);
}
export async function size(id: string): Promise<number> {
  await fetch('https://size.test');
  return store.size(id);
}
export async function mark(id: string): Promise<void> {
  marks.set(id, true);
  await fetch('https://mark.test');
  marks.set(id, true);
}
export async function marked(id: string): Promise<boolean> {
  await fetch('https://marked.test');
  return marks.get(id) ?? false;
}
export async function take(): Promise<void> {
  if (open > 3) {
    return;
  }
  open += 1;
  try {
    await fetch('https://take.test');
  } finally {
    open -= 1;
  }
}
export async function unmark(id: string): Promise<void> {
  await fetch('https://unmark.test');
  marks.delete(id);
}
"""
STATEMENTS = [
    "void 0;",
    "await fetch('https://more.test');",
    "return;",
    "open += 1;",
    "marks.set('a', !marks.get('a'));",
    "marks.clear();",
    "const before = store.size('a'); await fetch('https://x.test'); store.sizes.set('a', before + 1);",
    "throw new Error('no');",
    "if (open > 1) { await store.add('b'); }",
    "const later = async () => { open += 1; };",
    "setTimeout(() => { open = 0; }, 10);",
    "const token = Math.random(); marks.set(String(token), true);",
    "this.sizes.clear();",
    "// it is await",
    "const broken = ;",
]


def timeless(report: Report) -> Report:
    return replace(report, summary=replace(report.summary, seconds=0.0))


def project(folder: Path, texts: dict[str, str]) -> list[SourceFile]:
    return [SourceFile(name, folder / name, texts[name]) for name in sorted(texts)]


def after(asked: int) -> Callable[[], bool]:
    """Says yes from the time on that it has been asked that often."""
    left = iter(range(asked))
    return lambda: next(left, None) is None


@pytest.fixture
def explored(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The entry points that are explored, alone and in pairs."""
    seen: list[tuple[str, ...]] = []
    alone, pair = analysis.profile_entry, analysis.explore_pair

    def one(program: Any, entry: Any, *rest: Any) -> Any:
        seen.append((entry.name,))
        return alone(program, entry, *rest)

    def two(program: Any, a: Any, b: Any, *rest: Any) -> Any:
        seen.append((a.entry.name, b.entry.name))
        return pair(program, a, b, *rest)

    monkeypatch.setattr(analysis, "profile_entry", one)
    monkeypatch.setattr(analysis, "explore_pair", two)
    return seen


def test_only_what_entered_the_statement_is_explored_again(tmp_path: Path, explored: list[tuple[str, ...]]) -> None:
    texts = {"entries.ts": ENTRIES, "helper.ts": HELPER}
    session = Session(Options(tmp_path, jobs=1))
    session.verify(project(tmp_path, texts))
    session.soon([str(tmp_path / "entries.ts")])
    session.prepare(lambda: False)
    explored.clear()
    texts["entries.ts"] = ENTRIES.replace("  marks.delete(id);", "  void 0;\n  marks.delete(id);")
    report = session.verify(project(tmp_path, texts), first={"entries.ts"})
    assert ("unmark",) in explored and ("marked", "unmark") in explored
    assert ("mark",) not in explored and ("mark", "marked") not in explored
    assert timeless(report) == timeless(verify(project(tmp_path, texts), Options(tmp_path, jobs=1)))


def test_a_finding_that_two_pairs_show_stays_when_one_shows_it_no_more(tmp_path: Path) -> None:
    texts = {"entries.ts": ENTRIES, "helper.ts": HELPER}
    session = Session(Options(tmp_path, jobs=1))
    (before,) = session.verify(project(tmp_path, texts), first={"entries.ts"}).findings
    for quiet in ("add", "addTwice"):
        head = f"export async function {quiet}(id: string): Promise<void> {{\n"
        texts["entries.ts"] = ENTRIES.replace(head, head + "  return;\n")
        session.verify(project(tmp_path, {**texts, "entries.ts": ENTRIES}), first={"entries.ts"})
        report = session.verify(project(tmp_path, texts), first={"entries.ts"})
        assert [(f.file, f.line) for f in report.findings] == [(before.file, before.line)]
        assert timeless(report) == timeless(verify(project(tmp_path, texts), Options(tmp_path, jobs=1)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_statements_what_is_said_is_what_a_fresh_run_says(
    tmp_path: Path, seed: int, explored: list[tuple[str, ...]]
) -> None:
    chance = random.Random(seed)
    original = {"entries.ts": ENTRIES, "helper.ts": HELPER}
    texts, options = original.copy(), Options(tmp_path, jobs=1)
    session = Session(options)
    session.verify(project(tmp_path, texts))
    spared = 0
    for _ in range(12):
        if chance.random() < 0.5:
            session.soon([str(tmp_path / "entries.ts")])
            session.prepare(after(chance.randrange(1, 400)))
        name = chance.choice(["entries.ts", "entries.ts", "helper.ts"])
        lines = texts[name].split("\n")
        if chance.random() < 0.4:
            lines = original[name].split("\n")
        else:
            opening = [n for n, line in enumerate(lines) if line.endswith((") {", "> {"))]
            lines.insert(chance.choice(opening) + 1, chance.choice(STATEMENTS))
        texts[name] = "\n".join(lines)
        files = project(tmp_path, texts)
        if chance.random() < 0.3:
            session.verify(files, cancelled=after(chance.randrange(1, 300)), first={name})
        explored.clear()
        report = session.verify(files, first={"entries.ts"})
        again = len(explored)
        assert timeless(report) == timeless(verify(files, options))
        spared += len(explored) - 2 * again
    assert spared > 100
