"""Comments and empty lines move results, and nothing else."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from krepis.twin.findings import Report
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.layout import layout, moves
from krepis.twin.typescript.session import Session
from krepis.twin.typescript.verify import verify

UTIL = """/** Settles. */
export async function settle(): Promise<void> {
  await fetch('https://bank.test/settle');
}
"""
BANK = """import { settle } from './util';
const balances = new Map<string, number>();
const text = `a

b`;
export class Bank {
  total = 0;

  async credit(id: string, amount: number): Promise<void> {
    const before = balances.get(id) ?? 0;
    await settle();
    balances.set(id, before + amount);
  }
}
export async function all(): Promise<void> {
  if (!balances.has(text)) {
    await Promise.all(['a', 'b'].map(async (id) => {
      await settle();
    }));
    balances.set(text, 1);
  }
}
"""
PLAIN = ["", "  ", "// prose, of any kind: isn't it.", "/* one */", "/* two\n\n lines */", "  // é, \U0001f600?"]
CODE = [
    "// tx.update(a)",
    "/** @invariant this.total >= 0 */",
    "// await it",
    "// { transaction }",
    "x();",
    "/* a */ x();",
]


def timeless(report: Report) -> Report:
    return replace(report, summary=replace(report.summary, seconds=0.0))


@pytest.mark.parametrize("comment", PLAIN[:5])
def test_prose_does_not_count(comment: str) -> None:
    before = layout(BANK, "a.ts")
    assert before is not None
    after = layout(BANK.replace("export class", f"{comment}\nexport class"), "a.ts")
    found = moves(before, after)
    by = comment.count("\n") + 1
    assert found is not None and {now - line for line, now in found.items()} == {0, by}
    assert 4 in found, "a line of a literal counts, though it is empty"


@pytest.mark.parametrize("line", CODE)
def test_what_may_be_code_counts(line: str) -> None:
    assert moves(layout(BANK, "a.ts"), layout(BANK.replace("export class", f"{line}\nexport class"), "a.ts")) is None


def test_what_ends_a_tagged_comment_counts() -> None:
    tagged = BANK.replace("  async credit", "  /** @entry */\n  async credit")
    assert moves(layout(tagged, "a.ts"), layout(tagged.replace("/\n  async", "/\n  // x\n  async"), "a.ts")) is None
    documented = tagged.replace("@entry", "@param {string} id")
    assert moves(layout(documented, "a.ts"), layout(documented.replace("/\n  async", "/\n  // x\n  async"), "a.ts"))
    assert layout("const a = ;", "a.ts") is None
    assert moves(layout("a\r\nb", "a.ts"), layout("a\r\n\r\nb", "a.ts")) is not None


@pytest.mark.parametrize("saved", [False, True])
def test_a_comment_moves_results_to_where_a_fresh_run_has_them(tmp_path: Path, *, saved: bool) -> None:
    chance = random.Random(5)
    texts = {"bank.ts": BANK, "util.ts": UTIL}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    files = [SourceFile(name, tmp_path / name) for name in sorted(texts)]
    options = Options(tmp_path, jobs=1, cache_dir=tmp_path / "cache")
    session = Session(options)
    assert session.verify(files).findings
    for _ in range(6):
        name = chance.choice(sorted(texts))
        lines = texts[name].splitlines(keepends=True)
        inserted = chance.choice(PLAIN[:5]) + "\n"
        at = chance.choice([n for n, line in enumerate(lines) if line.lstrip().startswith(("export", "if", "async"))])
        texts[name] = "".join([*lines[:at], inserted, *lines[at:]])
        if saved:
            (tmp_path / name).write_text(texts[name])
        else:
            files = [replace(f, text=texts[f.path]) for f in files]
        looked: list[str] = []
        report = session.verify(files, lambda p, looked=looked: looked.append(p.what))  # type: ignore[misc]
        assert timeless(report) == timeless(verify(files, replace(options, cache_dir=None)))
        if not saved:
            assert not {"bank.ts", "util.ts"}.intersection(looked)
    session.write_moved(lambda: False)
    looked = []
    again = Session(options).verify(files, lambda p: looked.append(p.what))
    assert timeless(again) == timeless(report) and not {"bank.ts", "util.ts"}.intersection(looked)


def test_what_is_wanted_first_has_its_last_word_before_others_are_looked_at(tmp_path: Path) -> None:
    names = ["bank.ts", *(f"user{n}.ts" for n in range(5))]
    users = BANK.replace("export const", "const")
    for name in names:
        (tmp_path / name).write_text(users.replace("'./util'", "'./bank'") if name != "bank.ts" else BANK + UTIL[15:])
    (tmp_path / "util.ts").write_text(UTIL)
    files = [SourceFile(name, tmp_path / name) for name in [*names, "util.ts"]]
    session = Session(Options(tmp_path, jobs=1))
    session.verify(files)
    for text in (BANK.replace("before + amount", "before + 2 * amount"), BANK.replace("    await settle();\n", "", 1)):
        edited = [replace(f, text=text + UTIL[15:]) if f.path == "bank.ts" else f for f in files]
        told: list[tuple[str, bool]] = []
        report = session.verify(
            edited,
            lambda p, told=told: told.append((p.what, str(tmp_path / "bank.ts") in session.waiting)),  # type: ignore[misc]
            first={"bank.ts"},
        )
        assert timeless(report) == timeless(verify(edited, Options(tmp_path, jobs=1)))
        order = [what for what, _ in told]
        if "2 *" in text:
            assert not told[order.index("user0.ts")][1] and order.index("user0.ts") > order.index("bank.ts")
