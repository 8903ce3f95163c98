"""Repairs: what is proposed is written like the code around it, and only what holds is offered."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from krepis.twin.findings import Finding
from krepis.twin.fixes import Edit, Repair, apply, edited, holds, verified
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify

ROOT = Path("/project")
OPTIONS = Options(root=ROOT, jobs=1, time_limit_s=600.0)

WALLET = """\
    import { charge } from './bank';

    const balances = new Map<string, number>();

    export async function credit(id: string): Promise<number> {
      const before = balances.get(id) ?? 0;
      await charge(id);
      balances.set(id, before + 1);
      return before + 1;
    }
    """


def found(text: str) -> tuple[tuple[SourceFile, ...], Finding]:
    files = (SourceFile("a.ts", ROOT / "a.ts", dedent(text)),)
    loud = [f for f in verify(files, OPTIONS).findings if f.severity in ("error", "warning")]
    assert len(loud) == 1, loud
    return files, loud[0]


def repaired(text: str, kind: str) -> str:
    """The program after the verified repair of a kind."""
    files, finding = found(text)
    repairs = verified(finding, files, OPTIONS)
    repair = next((r for r in repairs if r.kind == kind), None)
    assert repair is not None, [r.kind for r in repairs]
    after = edited(files, repair)
    assert after is not None
    return after[0].text or ""


def replaced(files: tuple[SourceFile, ...], finding: Finding, old: str, new: str) -> bool:
    """Whether replacing a text balances as a repair."""
    text = files[0].text or ""
    at = text.index(old)
    edit = Edit(files[0].absolute, at, at + len(old), new)
    return holds(finding, Repair("by hand", "by-hand", (edit,), finding.fingerprint), files, OPTIONS)


def test_a_keyed_mutex_goes_from_the_read_to_the_end() -> None:
    text = repaired(WALLET, "keyed-mutex")
    assert text.endswith(
        dedent(
            """\
            export async function credit(id: string): Promise<number> {
              return inTurn(`balances:${id}`, async () => {
                const before = balances.get(id) ?? 0;
                await charge(id);
                balances.set(id, before + 1);
                return before + 1;
              });
            }
            """
        )
    )
    assert text.count("async function inTurn<T>") == 1


def test_line_ends_and_characters_beyond_the_plane_are_kept() -> None:
    text = repaired("// \U0001f600\n" + dedent(WALLET), "keyed-mutex")
    assert text.startswith("// \U0001f600\n")
    files = (SourceFile("a.ts", ROOT / "a.ts", dedent(WALLET).replace("\n", "\r\n")),)
    (finding,) = verify(files, OPTIONS).findings
    after = edited(files, verified(finding, files, OPTIONS)[0])
    assert after is not None and "\n" not in (after[0].text or "").replace("\r\n", "")


def test_a_release_moves_into_finally() -> None:
    text = repaired(
        """\
        import { Mutex } from 'async-mutex';
        import { load } from './load';

        const mutex = new Mutex();
        const names: string[] = [];

        export async function add(id: string): Promise<number> {
          const release = await mutex.acquire();
          names.push(await load(id));
          release();
          return names.length;
        }
        """,
        "release-in-finally",
    )
    assert text.endswith(
        dedent(
            """\
            export async function add(id: string): Promise<number> {
              const release = await mutex.acquire();
              try {
                names.push(await load(id));
                return names.length;
              } finally {
                release();
              }
            }
            """
        )
    )


def test_the_entry_of_a_set_is_given_back_in_finally() -> None:
    text = repaired(
        """\
        import { fetchRefs } from './git';

        const syncing = new Set<string>();

        export async function sync(repo: string): Promise<boolean> {
          if (syncing.has(repo)) return false;
          syncing.add(repo);
          await fetchRefs(repo);
          syncing.delete(repo);
          return true;
        }
        """,
        "release-in-finally",
    )
    assert text.endswith("    return true;\n  } finally {\n    syncing.delete(repo);\n  }\n}\n")


def test_moving_the_read_by_hand_is_a_repair() -> None:
    files, finding = found(WALLET)
    moved = "await charge(id);\n  const before = balances.get(id) ?? 0;\n"
    assert replaced(files, finding, "const before = balances.get(id) ?? 0;\n  await charge(id);\n", moved)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  balances.set(id, before + 1);\n", ""),  # the write is gone
        ("balances.set(id, before", "balances.set(id + Math.random(), before"),  # another entry is written
        ("  await charge(id);\n", ""),  # the effect is gone
        ("export async", "async"),  # the entry point is gone
        ("  const before =", "  throw new Error();\n  const before ="),  # never gets there
        ("{\n  const before", "{\n  if (balances.size >= 0) return 0;\n  const before"),
        ("return before + 1;\n}", "return before + 1;"),  # does not parse
    ],
)
def test_what_blinds_the_verifier_is_no_repair(old: str, new: str) -> None:
    files, finding = found(WALLET)
    assert not replaced(files, finding, old, new)


def test_overlapping_edits_are_refused() -> None:
    path = ROOT / "a.ts"
    with pytest.raises(ValueError, match="overlaps"):
        apply("abcdef", [Edit(path, 0, 3, "x"), Edit(path, 2, 4, "y")])
    assert apply("a\U0001f600c", [Edit(path, 2, 3, "d"), Edit(path, 0, 0, "z")]) == "za\U0001f600d"


def test_a_cancelled_search_offers_nothing() -> None:
    files, finding = found(WALLET)
    assert verified(finding, files, OPTIONS, cancelled=lambda: True) == ()
