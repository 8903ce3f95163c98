"""One program in, the program after a verified repair out."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from krepis.twin.fixes import edited, verified
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify

ROOT = Path("/project")
OPTIONS = Options(root=ROOT, jobs=1, time_limit_s=600.0)


def offered(text: str) -> dict[str, str]:
    """The program after each verified repair of its first finding, by kind, best first."""
    files = (SourceFile("a.ts", ROOT / "a.ts", dedent(text)),)
    loud = [f for f in verify(files, OPTIONS).findings if f.severity in ("error", "warning")]
    assert loud
    out: dict[str, str] = {}
    for repair in verified(loud[0], files, OPTIONS):
        after = edited(files, repair)
        assert after is not None
        out.setdefault(repair.kind, after[0].text or "")
    return out


def check(before: str, kind: str, *changes: tuple[str, str]) -> None:
    """The best repair is of a kind and replaces some texts, each found once, by others; nothing else changes."""
    want = dedent(before)
    for old, new in changes:
        assert want.count(old) == 1, old
        want = want.replace(old, new)
    got = offered(before)
    assert next(iter(got), None) == kind, list(got)
    assert got[kind] == want


def check_best(before: str, kind: str, *changes: tuple[str, str]) -> None:
    """The same, without looking for other repairs."""
    want = dedent(before)
    for old, new in changes:
        assert want.count(old) == 1, old
        want = want.replace(old, new)
    files = (SourceFile("a.ts", ROOT / "a.ts", dedent(before)),)
    loud = [f for f in verify(files, OPTIONS).findings if f.severity in ("error", "warning")]
    (repair,) = verified(loud[0], files, OPTIONS, limit=1)
    after = edited(files, repair)
    assert after is not None and repair.kind == kind
    assert after[0].text == want
