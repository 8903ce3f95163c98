"""Repairs of a whole report: find the best verified one of each finding, apply, verify again, go on.

Texts change in memory only; the caller writes them. After each repair the program is verified again, so that a
later one starts from what the earlier ones left, and never meets it as a conflict.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from krepis.server.run import text_of
from krepis.twin.findings import Finding, Fix, Note, Report
from krepis.twin.options import Options, SourceFile

MAX_REPAIRS = 500
"""Repairs of one run."""
SUGGEST_S = 30.0
"""Seconds that looking for the repairs that a report lists may take."""

Check = Callable[[Sequence[SourceFile]], Report]


@dataclass(frozen=True, slots=True)
class Repaired:
    """What came of it: texts, the report on them, and what was done and could not be done, for people."""

    files: tuple[SourceFile, ...]
    report: Report
    done: tuple[tuple[Finding, str], ...]
    left: tuple[Finding, ...]


def repair_all(
    report: Report,
    files: Sequence[SourceFile],
    options: Options,
    check: Check,
    wanted: Callable[[Finding], bool] = lambda finding: True,
) -> Repaired:
    """Apply the best verified repair of every `wanted` finding of severity error or warning, one after the other."""
    from krepis.twin.fixes import edited, verified  # slow to import

    current = tuple(files)
    done: list[tuple[Finding, str]] = []
    hopeless: set[str] = set()
    while len(done) < MAX_REPAIRS:
        finding = next((f for f in _grave(report) if f.fingerprint not in hopeless and wanted(f)), None)
        if finding is None:
            break
        repairs = verified(finding, current, options, limit=1)
        after = edited(current, repairs[0]) if repairs else None
        if after is None:
            hopeless.add(finding.fingerprint)
            continue
        changed = check(after)
        if changed.failures or finding.fingerprint in {f.fingerprint for f in changed.findings}:
            hopeless.add(finding.fingerprint)  # it held among the files around it, not in the whole program
            continue
        if len(_grave(changed)) >= len(_grave(report)):
            hopeless.add(finding.fingerprint)
            continue
        current, report = after, changed
        done.append((finding, repairs[0].title))
    return Repaired(current, report, tuple(done), tuple(_grave(report)))


def suggest(report: Report, files: Sequence[SourceFile], options: Options) -> Report:
    """`report` with the verified repairs of its findings, as far as `SUGGEST_S` allows; a note says where."""
    from krepis.twin.fixes import verified  # slow to import

    end = time.monotonic() + SUGGEST_S
    findings: list[Finding] = []
    notes: list[Note] = []
    for finding in report.findings:
        if finding in _grave(report):
            repairs = verified(finding, files, options, cancelled=lambda: time.monotonic() > end)
            finding = replace(finding, fixes=tuple(Fix(r.title, True) for r in repairs))
            if time.monotonic() > end:
                message = f"repairs were looked for during {SUGGEST_S:g} seconds; there may be more"
                notes.append(Note(finding.file, finding.line, "bounded", message))
        findings.append(finding)
    return replace(report, findings=tuple(findings), notes=(*report.notes, *notes)).sorted()


def _grave(report: Report) -> list[Finding]:
    return [f for f in report.findings if f.severity in ("error", "warning")]


def changes(before: Sequence[SourceFile], after: Sequence[SourceFile]) -> Iterator[tuple[Path, str, str]]:
    """The files that differ: where they lie, and their texts."""
    for old, new in zip(before, after, strict=True):
        if text_of(old) != text_of(new):
            yield old.absolute, text_of(old), text_of(new)


def as_diff(before: Sequence[SourceFile], after: Sequence[SourceFile]) -> str:
    """The changes as a unified diff that `patch -p1` takes."""
    out: list[str] = []
    for old, new in zip(before, after, strict=True):
        a, b = text_of(old).splitlines(keepends=True), text_of(new).splitlines(keepends=True)
        for line in difflib.unified_diff(a, b, f"a/{old.path}", f"b/{new.path}"):
            out.append(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n")
    return "".join(out)
