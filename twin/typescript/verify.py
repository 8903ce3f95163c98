"""What verifying one file gives, and how the results of files become a report.

Strategy: one piece of work per file and phase: its entry points alone (in units), then the pairs that conflict.
Each depends on the texts of the modules that it loaded. Results are merged in the order of the files, so that
equal inputs give equal reports. Which files have to be looked at, and where, is for session.py.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from krepis.twin.findings import EntryPoint, Finding, Note, Report, Summary
from krepis.twin.options import Options, Progress, SourceFile, root_relative
from krepis.twin.typescript.analysis import (
    Bounds,
    Places,
    Profile,
    Spent,
    UnitResult,
    armed,
    explore_across,
    explore_all,
    interesting,
    meeting_places,
    profile_all,
    touching,
)
from krepis.twin.typescript.entries import discover
from krepis.twin.typescript.explain import act_text, finding_of
from krepis.twin.typescript.program import Program
from krepis.twin.typescript.scenario import Entry
from krepis.twin.typescript.values import Cancelled, Stop, forget_terms

MAX_ALONE = 80
"""Executions of one entry point alone in a small program."""
MIN_ALONE = 8
"""The same in a large one."""
TOTAL_ALONE = 8_000
"""Executions shared among the files of a program, as far as `MIN_ALONE` allows."""
MAX_EXECUTIONS = 150
"""Executions spent on one pair of entry points of a small program."""
MIN_EXECUTIONS = 40
"""The same in a large one."""
TOTAL_EXECUTIONS = 16_000
"""Executions shared among all pairs, as far as `MIN_EXECUTIONS` allows."""
MAX_ACROSS = 40
"""Pairs of entry points of different files."""
KEPT_MODULES = 1_500
"""Lowered modules that a worker keeps."""


Key = tuple[str, int]
"""A function: module path and index."""
Where = tuple[str, int, str]
"""An entry point as reports have it: file, line, name."""
Across = tuple[Key, str, Key]
"""An entry point of a file, another file, and an entry point of that."""


@dataclass
class FileResult:
    """What one phase of verifying one file gave; everything in it is plain data.

    After the first phase `calls` says which functions each entry point runs, and `pairs` how many pairs of them
    conflict; the second phase explores the pairs. `spent` are the figures of entry points, of other files too.
    """

    path: str
    findings: list[Finding]
    notes: list[Note]
    entry_points: list[EntryPoint]
    functions: int = 0
    scenarios: int = 0
    states: int = 0
    traces: int = 0
    modules: tuple[str, ...] = ()
    calls: tuple[tuple[Key, tuple[Key, ...]], ...] = ()
    within: tuple[tuple[Key, tuple[Key, ...]], ...] = ()
    touching: tuple[tuple[Key, tuple[Key, ...]], ...] = ()
    places: tuple[tuple[Key, Places], ...] = ()
    spent: tuple[tuple[Where, Spent], ...] = ()
    pairs: int = 0
    failure: str = ""


@dataclass(frozen=True)
class Phase:
    """What is asked of every file: entry points alone (`inner` None), or pairs of those that are not `inner`.

    `alone` and `together` are how many executions an entry point alone and a pair may take; `across` are pairs
    with entry points of other files.
    """

    alone: int
    together: int = 0
    inner: frozenset[Key] | None = None
    across: tuple[Across, ...] = ()


class Job:
    """What all pieces of work share: the program, how paths are shown, and what a first phase left for a second."""

    def __init__(self, files: Sequence[SourceFile], options: Options) -> None:
        self.options = options
        self.files = list(files)
        self.shown = {str(f.absolute): f.path for f in files}
        self.profiles: dict[str, list[list[Profile]]] = {}
        texts = {str(f.absolute): f.text for f in files if f.text is not None}
        self.program = Program([str(f.absolute) for f in files], options.root, options.models, texts)

    def work(self, index: int, phase: Phase) -> FileResult:
        """One phase of the file number `index`."""
        return verify_file(self, self.files[index], phase)

    def show(self, path: str) -> str:
        """A module path as reports show it."""
        found = self.shown.get(path)
        if found is not None:
            return found
        with contextlib.suppress(ValueError):
            return Path(os.path.relpath(path)).as_posix()
        return path

    def rooted(self, path: str) -> str:
        """A module path as fingerprints use it."""
        return root_relative(SourceFile(self.show(path), Path(path)), self.options)


def verify_file(job: Job, source: SourceFile, phase: Phase) -> FileResult:
    """One phase of one file. A failure of Krepis itself is reported, not raised; raises Cancelled."""
    result = FileResult(source.path, [], [], [])
    program = job.program
    if program.size() > KEPT_MODULES:
        program.forget_oldest(KEPT_MODULES // 2)
    program.touched = set()
    try:
        _verify_file(job, source, phase, result)
    except Cancelled:
        raise
    except Exception as error:
        if os.environ.get("KREPIS_DEBUG"):
            raise
        result.failure = f"{type(error).__name__}: {error}"
    except (MemoryError, RecursionError, Stop) as error:
        if os.environ.get("KREPIS_DEBUG"):
            raise
        result.failure = type(error).__name__
    result.modules = tuple(sorted(p for p in program.touched if not program.is_model(p)))
    program.used(program.touched)
    return result


def _verify_file(job: Job, source: SourceFile, phase: Phase, result: FileResult) -> None:
    program = job.program
    path = str(source.absolute)
    code = program.module(path)
    first = phase.inner is None
    if code is None:
        if first:
            result.notes.append(Note(source.path, 1, "skipped", program.failed.get(path, "could not be read")))
        return
    if first:
        result.functions = sum(1 for f in code.functions if f.kind not in ("module", "field")) - len(code.conditions)
        for problem in code.problems:
            result.notes.append(Note(source.path, max(1, problem.line), problem.kind, problem.message))
    found = UnitResult()
    kept = job.profiles.pop(path, None)
    if kept is None or phase.inner is None:
        kept, points = _profiles(job, path, found, phase.alone)
    if phase.inner is None:
        result.entry_points = points
        result.calls = tuple(sorted((_key(p.entry), tuple(sorted(p.calls))) for unit in kept for p in unit))
        result.within = tuple(sorted((_key(p.entry), tuple(sorted(p.within or ()))) for unit in kept for p in unit))
        result.touching = tuple((_key(p.entry), touching(p)) for unit in kept for p in unit)
        result.places = tuple((_key(p.entry), meeting_places(p)) for unit in kept for p in unit if not p.hangs)
        result.pairs = sum(1 for unit in kept for _ in chain(interesting(unit), armed(unit)))
        if result.pairs:
            job.profiles[path] = kept
        _report(job, source, found, result, {})
        return
    inner = phase.inner
    counts: dict[str, int] = {}
    options = job.options
    bounds = Bounds(options.time_limit_s, phase.together, options.max_states, options.calls)
    for unit in kept:
        found = UnitResult()
        outer = [p for p in unit if _key(p.entry) not in inner]
        explore_all(program, outer, found, bounds)
        _report(job, source, found, result, counts)
    if phase.across:
        own = {_key(p.entry): p.entry for unit in kept for p in unit}
        pairs = [
            (own[key], e)
            for key, other_path, other in phase.across
            for e in discover(program, other_path)
            if key in own and _key(e) == other
        ]
        found = UnitResult()
        explore_across(program, pairs, found, bounds)
        _report(job, source, found, result, counts)


def alone(files: int) -> int:
    """Executions of one entry point alone in a program of so many files."""
    return _step(TOTAL_ALONE // max(1, files), MIN_ALONE, MAX_ALONE)


def together(pairs: int) -> int:
    """Executions of one pair in a program of so many pairs."""
    return _step(TOTAL_EXECUTIONS // max(1, pairs), MIN_EXECUTIONS, MAX_EXECUTIONS)


def _step(n: int, least: int, most: int) -> int:
    """`n` within its bounds, in coarse steps, so that an edit seldom changes what the other files were given."""
    step = most
    while step > n and step > least:
        step = max(least, step * 2 // 3)
    return step


def _profiles(job: Job, path: str, found: UnitResult, effort: int) -> tuple[list[list[Profile]], list[EntryPoint]]:
    """The entry points of a file, and what each does alone: they may all meet."""
    forget_terms()
    entries = discover(job.program, path)
    profiles = profile_all(job.program, entries, found, job.options.time_limit_s, effort)
    acts = {_key(p.entry): tuple(sorted({text for a in p.acts if (text := act_text(a))})) for p in profiles}
    points = [EntryPoint(job.show(e.code.module.path), e.code.span[0], e.name, acts.get(_key(e), ())) for e in entries]
    return [profiles], points


def _report(job: Job, source: SourceFile, found: UnitResult, result: FileResult, counts: dict[str, int]) -> None:
    """Adds what was found; `counts` tells findings apart that are otherwise equal."""
    result.scenarios += found.scenarios
    result.states += found.states
    result.traces += found.traces
    spent = [((job.show(e.code.module.path), e.code.span[0], e.name), figures) for e, figures in found.spent.items()]
    result.spent = tuple(sorted((*result.spent, *spent)))
    for anomaly in found.anomalies:
        f = finding_of(anomaly, job.show, job.rooted)
        n = counts.get(f.fingerprint, 0)
        counts[f.fingerprint] = n + 1
        result.findings.append(finding_of(anomaly, job.show, job.rooted, n) if n else f)
    for where, line, message in found.bounds:
        result.notes.append(Note(job.show(where) if where else source.path, max(1, line), "bounded", message))
    for where, line, message in found.unsupported:
        result.notes.append(Note(job.show(where), max(1, line), "unsupported", message))


def _key(entry: Entry) -> Key:
    return entry.code.module.path, entry.code.index


def inner_entries(results: Sequence[FileResult]) -> frozenset[Key]:
    """Entry points that need no exploration of their own.

    Those that another one runs under its protection are explored as parts of it; those that do all that matters
    inside another one that is explored on its own, and knows of itself what it works on, add nothing to it.
    """
    calls = {key: set(called) for r in results for key, called in r.calls}
    sheltered = {c for key, called in calls.items() for c in called if c != key and c in calls and key not in calls[c]}
    inside = {key: keys for r in results for key, keys in r.within}
    touched = {key: set(codes) for r in results for key, codes in r.touching}

    def covers(inner: Key, outer: Key) -> bool:
        return inner != outer and inner in calls and inner not in sheltered and touched[outer] <= touched[inner]

    redundant = {key for key, keys in inside.items() if any(covers(c, key) for c in keys)}
    return frozenset(sheltered | redundant)


def across_files(
    results: Sequence[FileResult], files: Sequence[SourceFile], inner: frozenset[Key]
) -> dict[int, tuple[Across, ...]]:
    """Pairs of entry points of different files whose own code meets in memory or locks, by the file of the first."""
    number = {f.path: i for i, f in enumerate(files)}
    users: dict[str, list[tuple[int, Key, bool, frozenset[str]]]] = {}
    for r in results:
        for key, places in r.places:
            if key not in inner:
                for name, changed, modules in places:
                    users.setdefault(name, []).append((number[r.path], key, changed, frozenset(modules)))
    pairs = {
        (i, key, j, other)
        for known in users.values()
        for n, (i, key, changed, modules) in enumerate(known)
        for j, other, rival, others in known[n + 1 :]
        if i != j and (changed or rival) and not modules & others
    }
    out: dict[int, tuple[Across, ...]] = {}
    for i, key, j, other in sorted(pairs)[:MAX_ACROSS]:
        out[i] = (*out.get(i, ()), (key, str(files[j].absolute), other))
    return out


def digest_of(path: str) -> str:
    """A hash of the text of a file; empty when it cannot be read."""
    try:
        return hashlib.blake2b(Path(path).read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return ""


def verify(
    files: Sequence[SourceFile],
    options: Options,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Verifies `files` as one program. Equal inputs give equal reports, except the time."""
    from krepis.twin.typescript.session import Session

    return Session(options).verify(files, progress, cancelled)


def merge(results: list[FileResult], files: int, seconds: float) -> Report:
    """One report from the results of the files; an anomaly seen from two files is reported once."""
    findings: dict[tuple[str, int, str], Finding] = {}
    notes: list[Note] = []
    failures: list[Note] = []
    points: list[EntryPoint] = []
    spent: dict[Where, Spent] = {}
    for r in results:
        for f in r.findings:
            key = (f.file, f.line, f.kind)
            old = findings.get(key)
            if old is None or (len(f.steps), f.schedule) < (len(old.steps), old.schedule):
                findings[key] = f
        notes.extend(r.notes)
        points.extend(r.entry_points)
        for where, (states, traces, took) in r.spent:
            known = spent.get(where, (0, 0, 0.0))
            spent[where] = known[0] + states, known[1] + traces, known[2] + took
        if r.failure:
            failures.append(Note(r.path, 1, "skipped", r.failure))
    summary = Summary(
        files=files,
        functions=sum(r.functions for r in results),
        entry_points=len(points),
        scenarios=sum(r.scenarios for r in results),
        states=sum(r.states for r in results),
        traces=sum(r.traces for r in results),
        seconds=round(seconds, 3),
    )
    entries = tuple(_with_figures(e, spent.get((e.file, e.line, e.name), (0, 0, 0.0))) for e in points)
    return Report(summary, tuple(findings.values()), tuple(notes), tuple(failures), entry_points=entries).sorted()


def _with_figures(e: EntryPoint, spent: Spent) -> EntryPoint:
    return EntryPoint(e.file, e.line, e.name, e.acts, spent[0], spent[1], round(1000 * spent[2]))
