"""A verification that remembers: only what a change can affect is looked at again.

Strategy: a file has a result per phase (its entry points alone, then its pairs), which holds while the texts that
it was computed from are unchanged; results live here, and by content in the cache on disk. The second phase also
depends on which entry points are parts of others, which is known when the first is complete for all files.
Little work is done in this process, much in workers that are forked from it.
Deliberately absent: finding files, watching them, and when to verify.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from krepis.twin.findings import Report
from krepis.twin.options import Options, Progress, SourceFile
from krepis.twin.typescript.cache import Cache
from krepis.twin.typescript.project_schema import declaration_files, declaring_sources
from krepis.twin.typescript.values import Cancelled
from krepis.twin.typescript.verify import FileResult, Job, Phase, across_files, alone, inner_entries, merge, together
from krepis.twin.typescript.workers import RECURSION, Workers, rare_collections

FEW = 4
"""Files that are not worth a process."""


@dataclass
class Known:
    """A result, what it was asked under (`salt`), and the texts that it holds for."""

    salt: str
    depends: tuple[tuple[str, Any], ...]
    result: FileResult


class Session:
    """Verifies one program again and again, of which texts and files change."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._job: Job | None = None
        self._known: dict[tuple[str, bool], Known] = {}
        self._stamps: dict[str, Any] = {}
        self._declared: list[tuple[Path, Any]] = []

    def verify(
        self,
        files: Sequence[SourceFile],
        progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        first: Collection[str] = (),
    ) -> Report:
        """The report of `files` as they are now; those whose paths are in `first` are looked at before the others.

        When `cancelled` says so, what was found so far is kept, and the report has only that.
        """
        started = time.monotonic()
        sys.setrecursionlimit(max(RECURSION, sys.getrecursionlimit()))
        self._update(files)
        run = _Run(self, files, progress or (lambda p: None), cancelled or (lambda: False), first)
        try:
            results = run.phases()
        finally:
            run.close()
        return merge(results, len(files), time.monotonic() - started)

    def _update(self, files: Sequence[SourceFile]) -> None:
        """Takes over files and texts, and drops what was computed from others."""
        old = self._job
        now = {str(f.absolute): f.text for f in files}
        names = {str(f.absolute): f.path for f in files}
        stamps = {p: _stamp(p, now.get(p)) for p in {*now, *self._stamps}}
        declared = [(p, _stamp(str(p), None)) for p in _declarations(self._options)]
        changed = [p for p, stamp in stamps.items() if self._stamps.get(p) != stamp]
        texts = {p: text for p, text in now.items() if text is not None}
        migrated = old is not None and any(declaring_sources(changed, texts))
        if old is not None and names == old.shown and declared == self._declared and not migrated:
            old.files = list(files)
            old.program.texts = texts
            if changed:
                old.program.forget(changed)
                old.profiles.clear()
        else:
            self._job = Job(files, self._options)
            self._known.clear()
        self._stamps = stamps
        self._declared = declared

    def depends(self, result: FileResult, path: str) -> tuple[tuple[str, Any], ...]:
        """The texts that a result holds for."""
        for p in result.modules:
            if p not in self._stamps:
                self._stamps[p] = _stamp(p, None)
        return tuple((p, self._stamps[p]) for p in {path, *result.modules})

    def recall(self, path: str, second: bool, salt: str) -> FileResult | None:
        """A result that still holds."""
        known = self._known.get((path, second))
        if known is None or known.salt != salt or any(self._stamps.get(p) != stamp for p, stamp in known.depends):
            return None
        return known.result

    def remember(self, path: str, second: bool, salt: str, result: FileResult) -> None:
        """Keeps a result."""
        self._known[path, second] = Known(salt, self.depends(result, path), result)

    def cache(self, files: Sequence[SourceFile]) -> Cache | None:
        """The results on disk for the program as it is now."""
        if self._options.cache_dir is None:
            return None
        return Cache(self._options, files, [p for p, _ in self._declared])

    @property
    def job(self) -> Job:
        """The program as it is now."""
        assert self._job is not None
        return self._job


class _Run:
    """One verification."""

    def __init__(
        self,
        session: Session,
        files: Sequence[SourceFile],
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
        first: Collection[str],
    ) -> None:
        self._session = session
        self._files = files
        self._progress = progress
        self._cancelled = cancelled
        options = session.job.options
        self._cache = session.cache(files)
        self._workers: Workers[FileResult] | None = None
        self._count = options.jobs or os.cpu_count() or 1
        order = [i for i, f in enumerate(files) if f.path in first]
        self._order = order + [i for i, f in enumerate(files) if f.path not in first]

    def close(self) -> None:
        """Ends the workers and writes the cache."""
        if self._workers is not None:
            self._workers.close()
        if self._cache is not None:
            self._cache.close()

    def phases(self) -> list[FileResult]:
        """The results of both phases, as far as they were not cancelled, in the order of the files."""
        total = len(self._files)
        budget = alone(total)
        one = {i: Phase(budget) for i in self._order}
        first = self._phase(one, {}, 0)
        results = [first[i] for i in sorted(first)]
        if len(first) == total:
            inner = inner_entries(results)
            effort = together(sum(r.pairs for r in results))
            across = across_files(results, self._files, inner)
            two = {
                i: Phase(budget, effort, inner & {key for key, _ in first[i].calls}, across.get(i, ()))
                for i in self._order
                if first[i].pairs or i in across
            }
            second = self._phase(two, first, total)
            results += [second[i] for i in sorted(second)]
            self._progress(Progress(2 * total, 2 * total, "done"))
        return results

    def _phase(self, asked: dict[int, Phase], before: dict[int, FileResult], base: int) -> dict[int, FileResult]:
        out: dict[int, FileResult] = {}
        second = bool(before)
        missing: dict[int, Phase] = {}
        for i, phase in asked.items():
            path, salt = str(self._files[i].absolute), _salt(phase)
            hit = self._session.recall(path, second, salt)
            if hit is None and self._cache is not None:
                hit = self._cache.get(path, salt)
                if hit is not None:
                    self._session.remember(path, second, salt, hit)
            if hit is not None and hit.path == self._files[i].path:
                out[i] = hit
            else:
                missing[i] = phase
        total = 2 * len(self._files)
        self._progress(Progress(base + len(out), total, "interleavings" if second else "entry points"))
        for i, r in self._work(missing):
            out[i] = r
            if second:  # it started from what the first phase had seen
                r.modules = tuple(sorted({*r.modules, *before[i].modules}))
            if not r.failure:
                path, salt = str(self._files[i].absolute), _salt(asked[i])
                self._session.remember(path, second, salt, r)
                if self._cache is not None:
                    self._cache.put(path, salt, r)
            self._progress(Progress(base + len(out), total, self._files[i].path))
        return out

    def _work(self, missing: dict[int, Phase]) -> Iterator[tuple[int, FileResult]]:
        job = self._session.job
        if self._count > 1 and len(missing) >= FEW:
            if self._workers is None:
                self._workers = Workers(min(self._count, len(missing)), job.work)
            yield from self._workers.run(missing, self._lost, self._cancelled)
            return
        job.program.cancelled = self._cancelled
        try:
            for i, phase in missing.items():
                with rare_collections():
                    result = job.work(i, phase)
                yield i, result
        except Cancelled:
            return
        finally:
            job.program.cancelled = None

    def _lost(self, index: int) -> FileResult:
        return FileResult(self._files[index].path, [], [], [], failure="the process that verified it died")


def _declarations(options: Options) -> list[Path]:
    """What all results of a program depend on besides its files: schemas, path aliases, the user's models."""
    models = sorted(p for folder in options.models for p in folder.glob("*.ts"))
    return [*declaration_files(options.root), options.root / "tsconfig.json", *models]


def _stamp(path: str, text: str | None) -> Any:
    """What tells one text of a file from another, cheaply."""
    if text is not None:
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    try:
        info = os.stat(path)
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size, info.st_ino


def _salt(phase: Phase) -> str:
    if phase.inner is None:
        return f"1:{phase.alone}"
    inner = repr((sorted(phase.inner), phase.across)).encode("utf-8", "backslashreplace")
    return f"2:{phase.alone}:{phase.together}:{hashlib.blake2b(inner, digest_size=8).hexdigest()}"
