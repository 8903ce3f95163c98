"""`verify`: from source files to a report. The one function that the command line and the editor share.

Strategy: one job per file (its entry points, in units), spread over worker processes; each job depends on the
texts of the modules that it loaded, which is what its cached result is keyed by. Results are merged in the
order of the files, so that equal inputs give equal reports.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from krepis.twin.findings import EntryPoint, Finding, Note, Report, Summary
from krepis.twin.options import Options, Progress, SourceFile, root_relative
from krepis.twin.typescript.analysis import UnitResult, explore_all, interesting, profile_all
from krepis.twin.typescript.cache import Cache
from krepis.twin.typescript.entries import discover
from krepis.twin.typescript.explain import finding_of
from krepis.twin.typescript.program import Program, read_text
from krepis.twin.typescript.scenario import Entry
from krepis.twin.typescript.values import Stop, forget_terms

RECURSION = 6_000
"""Python frames that simulated calls may use."""
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
KEPT_MODULES = 1_500
"""Lowered modules that a worker keeps."""


Key = tuple[str, int]
"""A function: module path and index."""


@dataclass
class FileResult:
    """What one phase of verifying one file gave; everything in it is plain data.

    After the first phase `calls` says which functions each entry point runs, and `pairs` how many pairs of them
    conflict; the second phase explores the pairs.
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
    pairs: int = 0
    failure: str = ""


class Job:
    """What the workers share: the program and how paths are shown."""

    def __init__(self, files: Sequence[SourceFile], options: Options) -> None:
        self.options = options
        self.files = list(files)
        self.shown = {str(f.absolute): f.path for f in files}
        self.effort = MAX_EXECUTIONS
        self.alone = max(MIN_ALONE, min(MAX_ALONE, TOTAL_ALONE // max(1, len(files))))
        self.inner: frozenset[Key] | None = None
        texts = {str(f.absolute): f.text for f in files if f.text is not None}
        self.program = Program([str(f.absolute) for f in files], options.root, options.models, texts)

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


_job: Job | None = None


def _init_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(RECURSION)


def _work(index: int) -> tuple[int, FileResult]:
    assert _job is not None
    return index, verify_file(_job, _job.files[index], _job.inner)


def verify_file(job: Job, source: SourceFile, inner: frozenset[Key] | None) -> FileResult:
    """One phase of one file: entry points alone, or (`inner` given) pairs of those that no other entry point runs.

    A failure of Krepis itself is reported, not raised.
    """
    result = FileResult(source.path, [], [], [])
    program = job.program
    if len(program.loaded()) > KEPT_MODULES:
        program.forget()
        gc.collect()
    program.touched = set()
    try:
        _verify_file(job, source, inner, result)
    except Exception as error:
        if os.environ.get("KREPIS_DEBUG"):
            raise
        result.failure = f"{type(error).__name__}: {error}"
    except (MemoryError, RecursionError, Stop) as error:
        result.failure = type(error).__name__
    result.modules = tuple(sorted(p for p in program.touched if not program.is_model(p)))
    return result


def _verify_file(job: Job, source: SourceFile, inner: frozenset[Key] | None, result: FileResult) -> None:
    program = job.program
    path = str(source.absolute)
    code = program.module(path)
    first = inner is None
    if code is None:
        if first:
            result.notes.append(Note(source.path, 1, "skipped", program.failed.get(path, "could not be read")))
        return
    if first:
        result.functions = sum(1 for f in code.functions if f.kind not in ("module", "field"))
        for problem in code.problems:
            result.notes.append(Note(source.path, max(1, problem.line), problem.kind, problem.message))
    forget_terms()
    units: dict[str, list[Entry]] = {}
    for e in discover(program, path):
        units.setdefault(e.unit, []).append(e)
        if first:
            result.entry_points.append(EntryPoint(job.show(e.code.module.path), e.code.span[0], e.name))
    calls: dict[Key, tuple[Key, ...]] = {}
    within: dict[Key, tuple[Key, ...]] = {}
    counts: dict[str, int] = {}
    for members in units.values():
        found = UnitResult()
        profiles = profile_all(program, members, found, job.options.time_limit_s, job.alone)
        if inner is None:
            for p in profiles:
                calls[_key(p.entry)] = tuple(sorted(p.calls))
                within[_key(p.entry)] = tuple(sorted(p.within or ()))
            result.pairs += sum(1 for _ in interesting(profiles))
        else:
            found = UnitResult()
            explore_all(
                program,
                [p for p in profiles if _key(p.entry) not in inner],
                found,
                job.options.time_limit_s,
                job.effort,
            )
        result.scenarios += found.scenarios
        result.states += found.states
        result.traces += found.traces
        for anomaly in found.anomalies:
            f = finding_of(anomaly, job.show, job.rooted)
            n = counts.get(f.fingerprint, 0)
            counts[f.fingerprint] = n + 1
            result.findings.append(finding_of(anomaly, job.show, job.rooted, n) if n else f)
        for where, line, message in found.bounds:
            result.notes.append(Note(job.show(where) if where else source.path, max(1, line), "bounded", message))
        for where, line, message in found.unsupported:
            result.notes.append(Note(job.show(where), max(1, line), "unsupported", message))
    result.calls = tuple(sorted(calls.items()))
    result.within = tuple(sorted(within.items()))


def _key(entry: Entry) -> Key:
    return entry.code.module.path, entry.code.index


def inner_entries(results: Sequence[FileResult]) -> frozenset[Key]:
    """Entry points that need no exploration of their own.

    Those that another one runs under its protection are explored as parts of it; those that do all that matters
    inside another one that is explored on its own add nothing to it.
    """
    calls = {key: set(called) for r in results for key, called in r.calls}
    sheltered = {c for key, called in calls.items() for c in called if c != key and c in calls and key not in calls[c]}
    inside = {key: keys for r in results for key, keys in r.within}
    redundant = {key for key, keys in inside.items() if any(c in calls and c not in sheltered for c in keys)}
    return frozenset(sheltered | redundant)


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
    started = time.monotonic()
    sys.setrecursionlimit(max(RECURSION, sys.getrecursionlimit()))
    cache = Cache(options, files) if options.cache_dir is not None else None
    total = len(files)
    results: list[FileResult] = []
    job = Job(files, options)
    stopped = False

    def phase(todo: list[int], inner: frozenset[Key] | None, salt: str, base: int) -> dict[int, FileResult]:
        nonlocal stopped
        out: dict[int, FileResult] = {}
        missing: list[int] = []
        for i in todo:
            hit = cache.get(str(files[i].absolute), salt) if cache is not None else None
            if hit is not None and hit.path == files[i].path:
                out[i] = hit
            else:
                missing.append(i)
        if progress is not None:
            progress(Progress(base + len(out), 2 * total, "entry points" if inner is None else "interleavings"))
        for i, r in _run(job, missing, inner):
            out[i] = r
            if cache is not None and not r.failure:
                cache.put(str(files[i].absolute), salt, r)
            if progress is not None:
                progress(Progress(base + len(out), 2 * total, files[i].path))
            if cancelled is not None and cancelled():
                stopped = True
                break
        return out

    first = phase(list(range(total)), None, "1", 0)
    results += [first[i] for i in sorted(first)]
    if not stopped:
        inner = inner_entries(results)
        pairs = sum(r.pairs for r in results)
        job.effort = max(MIN_EXECUTIONS, min(MAX_EXECUTIONS, TOTAL_EXECUTIONS // max(1, pairs)))
        salt = hashlib.blake2b(
            repr((sorted(inner), job.effort)).encode("utf-8", "backslashreplace"), digest_size=8
        ).hexdigest()
        second = phase([i for i in sorted(first) if first[i].pairs], inner, salt, total)
        results += [second[i] for i in sorted(second)]
    if progress is not None:
        progress(Progress(2 * total, 2 * total, "done"))
    if cache is not None:
        cache.close()
    return merge(results, len(files), time.monotonic() - started)


def _run(job: Job, todo: list[int], inner: frozenset[Key] | None) -> Iterator[tuple[int, FileResult]]:
    """Runs the jobs, in this process when there is little to do."""
    global _job
    if not todo:
        return
    workers = min(job.options.jobs or os.cpu_count() or 1, len(todo))
    if workers <= 1 or len(todo) < 4:
        for i in todo:
            yield i, verify_file(job, job.files[i], inner)
        return
    job.inner = inner
    _job = job
    context = multiprocessing.get_context("fork")
    chunk = max(1, min(4, len(todo) // (workers * 8)))
    with context.Pool(workers, _init_worker) as pool:
        yield from pool.imap_unordered(_work, todo, chunksize=chunk)
    _job = None


def merge(results: list[FileResult], files: int, seconds: float) -> Report:
    """One report from the results of the files; an anomaly seen from two files is reported once."""
    findings: dict[tuple[str, int, str], Finding] = {}
    notes: list[Note] = []
    failures: list[Note] = []
    points: list[EntryPoint] = []
    for r in results:
        for f in r.findings:
            key = (f.file, f.line, f.kind)
            old = findings.get(key)
            if old is None or (len(f.steps), f.schedule) < (len(old.steps), old.schedule):
                findings[key] = f
        notes.extend(r.notes)
        points.extend(r.entry_points)
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
    report = Report(summary, tuple(findings.values()), tuple(notes), tuple(failures), entry_points=tuple(points))
    return replace(report).sorted()


__all__ = ["Any", "FileResult", "digest_of", "read_text", "verify", "verify_file"]
