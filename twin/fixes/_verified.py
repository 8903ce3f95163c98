"""Which repairs hold: every candidate is applied in memory, and the edited program verified again.

A repair is verified when, in the edited program,

* every edited file parses, and Krepis does not fail on it;
* no finding of severity error or warning is there that was not there before, and the one to be repaired is gone;
* the entry points are the same, and each still changes and causes all that it did (`EntryPoint.acts`), except what
  the recipe says that it makes private to a call: an edit that takes the code out of the verifier's sight, or
  that deletes the write, is not a repair;
* no bound was met in an edited file that was not met before, except for three calls of one entry point: those are
  tried only where two show nothing, and so not before.

Findings are matched by fingerprint, and where the acting line moved into another function, by its text.
Only files that matter are verified: those that the finding names, what they import and what imports them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from krepis.twin.edits import Repair, apply
from krepis.twin.findings import Finding, Report
from krepis.twin.fixes._case import case_of
from krepis.twin.fixes._recipes import drafts
from krepis.twin.fixes._source import read_code
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.program import Program, read_text
from krepis.twin.typescript.verify import verify

MAX_CANDIDATES = 24
"""Candidates tried for one finding."""
MAX_IMPORTERS = 40
"""Files that import the finding's file are verified too, when there are not more."""
MORE_EFFORT = 8
"""How much more is explored of a repair that meets a bound: what is right takes longer to see than what is wrong."""
TIME_LIMIT_S = 5.0
"""The most seconds for one entry point, less where the options say so."""
_IMPORT = re.compile(r"""(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*["']([^"'\n]+)["']""")
_THREE_CALLS = re.compile(r" of (.+) with \1 with \1 were explored")


@dataclass(frozen=True, slots=True)
class _Program:
    """Texts that are verified together, and what the verification says."""

    files: tuple[SourceFile, ...]
    report: Report


def verified(
    finding: Finding,
    files: Sequence[SourceFile],
    options: Options,
    *,
    limit: int = 3,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Repair, ...]:
    """The first `limit` repairs of `finding` that hold, best first; fewer when `cancelled` says so."""
    options = replace(options, time_limit_s=min(TIME_LIMIT_S, options.time_limit_s), jobs=1, cache_dir=None)
    before = _before(finding, files, options)
    if before is None:
        return ()
    found: list[Repair] = []
    seen: set[frozenset[object]] = set()
    case = case_of(finding, before.files)
    if case is None:
        return ()
    for draft in drafts(case):
        repair = draft.repair(finding.fingerprint)
        if repair is None or (key := frozenset(repair.edits)) in seen:
            continue
        seen.add(key)
        if len(seen) > MAX_CANDIDATES or (cancelled is not None and cancelled()):
            break
        if _holds(finding, repair, before, options, draft.private):
            found.append(repair)
            if len(found) >= limit:
                break
    return tuple(found)


def holds(finding: Finding, repair: Repair, files: Sequence[SourceFile], options: Options) -> bool:
    """Whether a repair, whoever made it, is verified."""
    before = _before(finding, files, options)
    return before is not None and _holds(finding, repair, before, options, frozenset())


def edited(files: Sequence[SourceFile], repair: Repair) -> tuple[SourceFile, ...] | None:
    """The files with a repair applied to their texts; None when it does not fit."""
    out = []
    for file in files:
        edits = [e for e in repair.edits if e.path == file.absolute]
        if edits:
            try:
                file = replace(file, text=apply(text_of(file), edits))
            except (OSError, ValueError):
                return None
        out.append(file)
    return tuple(out)


def text_of(file: SourceFile) -> str:
    """The text of a file; raises OSError."""
    return file.text if file.text is not None else read_text(file.absolute)


def _holds(finding: Finding, repair: Repair, before: _Program, options: Options, private: frozenset[str]) -> bool:
    after = edited(before.files, repair)
    if after is None or after == before.files:
        return False
    touched = {file.path for file, old in zip(after, before.files, strict=True) if file != old}
    if any(file.path in touched and read_code(file) is None for file in after):
        return False
    for effort in (1, MORE_EFFORT):
        report = verify(after, replace(options, effort=effort))
        lost = _acts(before.report, report) - private
        if report.failures or lost or not _gone(finding, before, _Program(after, report)):
            return False
        if not _bounds(report, touched) - _bounds(before.report, touched):
            return True
    return False


def _bounds(report: Report, paths: set[str]) -> Counter[str]:
    """The bounds that were met in some files."""
    met = (n.message for n in report.notes if n.kind == "bounded" and n.file in paths)
    return Counter(message for message in met if not _THREE_CALLS.search(message))


def _gone(finding: Finding, before: _Program, after: _Program) -> bool:
    """Whether the finding is gone and no new one is there."""
    old = _loud(before)
    new = _loud(after)
    if finding.fingerprint in {f.fingerprint for f, _ in new}:
        return False
    known = {f.fingerprint for f, _ in old}
    rest = Counter(text for f, text in old if f.fingerprint not in {g.fingerprint for g, _ in new})
    rest -= Counter(text for f, text in old if f.fingerprint == finding.fingerprint)
    return not Counter(text for f, text in new if f.fingerprint not in known) - rest


def fresh(before: Sequence[SourceFile], old: Report, after: Sequence[SourceFile], new: Report) -> tuple[Finding, ...]:
    """The findings of severity error or warning that an edit of any kind brought."""
    were = _loud(_Program(tuple(before), old))
    are = _loud(_Program(tuple(after), new))
    known = {f.fingerprint for f, _ in were}
    moved = Counter(text for f, text in were if f.fingerprint not in {g.fingerprint for g, _ in are})
    found = []
    for finding, text in are:
        if finding.fingerprint in known:
            continue
        if moved[text]:
            moved[text] -= 1
        else:
            found.append(finding)
    return tuple(found)


def _loud(program: _Program) -> list[tuple[Finding, tuple[str, str, str, str]]]:
    """Findings that count, each with what it is known by when its function is another one."""
    texts = {f.path: text_of(f).splitlines() for f in program.files}
    out: list[tuple[Finding, tuple[str, str, str, str]]] = []
    for f in program.report.findings:
        if f.severity in ("error", "warning"):
            lines = texts.get(f.file, [])
            text = "".join(lines[f.line - 1].split()) if f.line <= len(lines) else ""
            out.append((f, (f.kind, f.file, f.function.rsplit(" in ", 1)[-1], text)))
    return out


def _acts(before: Report, after: Report) -> frozenset[str]:
    """What entry points no longer do; their names, when some are no longer explored."""
    new = {(e.file, e.name): set(e.acts) for e in after.entry_points}
    lost: set[str] = set()
    for e in before.entry_points:
        if (e.file, e.name) not in new:
            lost.add(f"entry {e.name}")
        lost |= set(e.acts) - new.get((e.file, e.name), set())
    return frozenset(lost)


def _before(finding: Finding, files: Sequence[SourceFile], options: Options) -> _Program | None:
    """The smallest program that shows the finding, verified; None when none does."""
    try:
        everything = tuple(replace(f, text=text_of(f)) for f in files)
    except OSError:
        return None
    tried: set[int] = set()
    for some in (_related(finding, everything, options), everything):
        if len(some) not in tried:
            tried.add(len(some))
            report = _verified_once(some, options)
            if any(f.fingerprint == finding.fingerprint for f in report.findings):
                return _Program(some, report)
    return None


@lru_cache(maxsize=16)
def _verified_once(files: tuple[SourceFile, ...], options: Options) -> Report:
    return verify(files, options)


def _related(finding: Finding, files: tuple[SourceFile, ...], options: Options) -> tuple[SourceFile, ...]:
    """The files that the finding names, and what is around them."""
    places = (finding.read, finding.act, finding.rival)
    named = {finding.file, *(s.file for s in finding.steps), *(p.file for p in places if p is not None)}
    return related(named, files, options)


def related(named: Set[str], files: Sequence[SourceFile], options: Options) -> tuple[SourceFile, ...]:
    """The files of some shown paths, what they import, and, if they are few, what imports them; texts are given."""
    known = {str(f.absolute): f for f in files}
    program = Program(list(known), options.root, options.models, {p: f.text or "" for p, f in known.items()})
    imports = {p: _imports(p, f, program) & known.keys() for p, f in known.items()}
    start = {p for p, f in known.items() if f.path in named}
    importers = {p: {q for q, of in imports.items() if p in of} for p in known}
    around = _closure(start, importers)
    if len(around) > MAX_IMPORTERS:
        around = start
    wanted = _closure(around, imports)
    return tuple(f for p, f in known.items() if p in wanted)


def _imports(path: str, file: SourceFile, program: Program) -> set[str]:
    found = (program.resolve(m, path) for m in _IMPORT.findall(file.text or ""))
    return {str(Path(p)) for p in found if p is not None}


def _closure(start: set[str], edges: dict[str, set[str]]) -> set[str]:
    seen = set(start)
    todo = list(start)
    while todo:
        for other in edges.get(todo.pop(), ()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return seen
