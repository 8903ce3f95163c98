"""One phase of one file: its entry points alone, then the pairs that conflict."""

from __future__ import annotations

import os
from itertools import chain

from krepis.twin.findings import EntryPoint, Note
from krepis.twin.options import SourceFile
from krepis.twin.typescript.analysis import (
    Bounds,
    Profile,
    UnitResult,
    armed,
    explore_across,
    explore_all,
    interesting,
    meeting_places,
    profile_all,
    self_stuck,
    touching,
)
from krepis.twin.typescript.entries import discover
from krepis.twin.typescript.explain import act_text, finding_of
from krepis.twin.typescript.program import Program
from krepis.twin.typescript.results import WHOLE, FileResult, Key, Phase, numbers
from krepis.twin.typescript.scenario import Entry
from krepis.twin.typescript.values import Cancelled, Stop, forget_terms
from krepis.twin.typescript.verify import Job

KEPT_MODULES = 1_500
"""Lowered modules that a worker keeps."""


def verify_file(job: Job, source: SourceFile, phase: Phase) -> FileResult:
    """One phase of one file. A failure of Krepis itself is reported, not raised; raises Cancelled."""
    result = FileResult(source.path, [], [], [])
    program = job.program
    if program.size() > KEPT_MODULES:
        program.forget_oldest(KEPT_MODULES // 2)
    program.begin()
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
    result.modules, result.entered = _seen(program)
    program.used(program.touched)
    return result


def _seen(program: Program) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The modules that something was asked of, and which of their functions."""
    entered: dict[str, set[int]] = {p: set() for p in program.touched if not program.is_model(p)}
    for code in program.entered:
        if code.module.path in entered:
            entered[code.module.path].add(code.index)
    modules = tuple(sorted(entered))
    return modules, tuple(WHOLE if p in program.whole else numbers(entered[p]) for p in modules)


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
    parts = job.parts(path)
    found = UnitResult(parts=parts)
    kept = job.profiles.pop(path, None)
    if kept is None or phase.inner is None:
        kept, keys, points = _profiles(job, path, found, phase.alone)
    if phase.inner is None:
        result.keys, result.entry_points = keys, points
        result.calls = tuple(sorted((_key(p.entry), tuple(sorted(p.calls))) for unit in kept for p in unit))
        result.within = tuple(sorted((_key(p.entry), tuple(sorted(p.within or ()))) for unit in kept for p in unit))
        result.touching = tuple((_key(p.entry), touching(p)) for unit in kept for p in unit)
        result.places = tuple((_key(p.entry), meeting_places(p)) for unit in kept for p in unit if not p.hangs)
        result.pairs = sum(1 for unit in kept for _ in chain(interesting(unit), armed(unit), self_stuck(unit)))
        if result.pairs:
            job.profiles[path] = kept
        _report(job, source, found, result, {})
        return
    inner = phase.inner
    counts: dict[str, int] = {}
    options = job.options
    bounds = Bounds(options.time_limit_s, phase.together, options.max_states, options.calls)
    for unit in kept:
        found = UnitResult(parts=parts)
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


def _profiles(
    job: Job, path: str, found: UnitResult, effort: int
) -> tuple[list[list[Profile]], tuple[Key, ...], list[EntryPoint]]:
    """The entry points of a file, and what each does alone: they may all meet."""
    forget_terms()
    entries = discover(job.program, path)
    profiles = profile_all(job.program, entries, found, job.options.time_limit_s, effort)
    acts = {_key(p.entry): tuple(sorted({text for a in p.acts if (text := act_text(a))})) for p in profiles}
    points = [EntryPoint(job.show(e.code.module.path), e.code.span[0], e.name, acts.get(_key(e), ())) for e in entries]
    return [profiles], tuple(map(_key, entries)), points


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
