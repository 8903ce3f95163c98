"""Work behind many conditions: it is run whatever they are, and what did not run is said.

Every program has a counter that is read, then something is awaited, then the counter is written; in the safe
version it is read after that.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from krepis.twin.findings import Report
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify

HEAD = """
interface Api { load(k: string): Promise<number>; banned(u: string): Promise<boolean>; on(f: string): Promise<boolean> }
declare const api: Api;
const counts = new Map<string, number>();
"""
RACY = "const had = counts.get(e.user) ?? 0; const more = await api.load(e.user); counts.set(e.user, had + more);"
SAFE = "const more = await api.load(e.user); const had = counts.get(e.user) ?? 0; counts.set(e.user, had + more);"
KINDS = [
    "!e.anonymous",
    "e.user",
    "!(await api.banned(e.user))",
    "e.amount > 0",
    "!process.env.READ_ONLY",
    "await api.on('points')",
    "e.kind !== 'refund'",
    "!e.note || e.note.length < 200",
    "!(await api.banned(e.country))",
    "e.currency === 'EUR'",
    "!e.dryRun",
    "!(await api.on('maintenance'))",
]


def nested(n: int, work: str) -> str:
    """The work under `n` conditions."""
    opened = "".join(f"  if ({KINDS[i % len(KINDS)].replace('e.', f'e.p{i}.', 1)}) {{\n" for i in range(n))
    return f"export async function handle(e: any) {{\n{opened}{work}\n{'}' * n}\n}}"


def left(n: int, work: str) -> str:
    """The work after `n` guards that leave."""
    guards = "".join(f"  if (!({KINDS[i % len(KINDS)]})) throw new Error('{i}');\n" for i in range(n))
    return f"export async function handle(e: any) {{\n{guards}{work}\n}}"


def chosen(n: int, work: str) -> str:
    """The work in the last case of `n`."""
    cases = "".join(f"    case 'k{i}': await api.load('k{i}'); break;\n" for i in range(n))
    return (
        f"export async function handle(e: any) {{\n  switch (e.kind) {{\n{cases}    case 'last': {{ {work}\n  }} }}\n}}"
    )


def otherwise(n: int, work: str) -> str:
    """The work when none of `n` conditions holds, in a function of its own, in a conditional expression."""
    choice = "".join(f"e.f{i} ? await api.load('k{i}') : " for i in range(n))
    add = f"async function add(e: any) {{ {work} }}"
    return f"{add}\nexport async function handle(e: any) {{ return {choice}await add(e); }}"


def configured(n: int, work: str) -> str:
    """The work under conditions, where the module asks more of its environment."""
    asked = "".join(f"const s{i} = process.env.S{i} ? 1 : 2;\n" for i in range(n))
    return f"{asked}export async function handle(e: any) {{ if (!e.a) {{ if (!e.b) {{ if (!e.c) {{ {work} }} }} }} }}"


def limited(n: int, work: str) -> str:
    """The work under conditions, after something else that is shared."""
    opened = "".join(f"  if (!e.p{i}) {{\n" for i in range(n))
    return (
        "const seen = new Map<string, number>();\nexport async function handle(e: any) {\n"
        "  seen.set(e.ip, (seen.get(e.ip) ?? 0) + 1);\n  if (seen.get(e.ip)! > 100) throw new Error('slow down');\n"
        f"{opened}{work}\n{'}' * n}\n}}"
    )


def verified(tmp_path: Path, text: str) -> Report:
    path = tmp_path / "a.ts"
    path.write_text(HEAD + text, encoding="utf-8")
    report = verify([SourceFile("a.ts", path)], Options(root=tmp_path, jobs=1, time_limit_s=600.0))
    assert not report.failures
    return report


@pytest.mark.parametrize("n", [6, 8, 12])
@pytest.mark.parametrize("shape", [nested, left, chosen, otherwise, configured, limited])
def test_behind_conditions(shape: object, n: int, tmp_path: Path) -> None:
    assert callable(shape)
    racy = verified(tmp_path, shape(n, RACY))
    assert [f.kind for f in racy.findings] == ["lost-update"]
    assert not [note for note in racy.notes if "did not run" in note.message]
    assert not verified(tmp_path, shape(n, SAFE)).findings


def test_what_did_not_run_is_said(tmp_path: Path) -> None:
    opened = "".join(f"  if (!e.p{i}) {{\n" for i in range(60))
    report = verified(tmp_path, f"export async function handle(e: any) {{\n{opened}{RACY}\n{'}' * 60}\n}}")
    (entry,) = report.entry_points
    (note,) = [n for n in report.notes if n.kind == "bounded"]
    assert (note.file, note.line) == (entry.file, entry.line)
    assert note.message.startswith("1 branch of handle did not run")
    assert report.summary.bounded == 1
