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
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from krepis.twin.contents import Contents, declares
from krepis.twin.findings import Report
from krepis.twin.folders import Folders, stamp_of
from krepis.twin.options import Options, Progress, SourceFile
from krepis.twin.typescript.cache import Cache
from krepis.twin.typescript.layout import Layout, Moves, layout, mentions, moved, moves
from krepis.twin.typescript.outline import Edit, Outline, carried_over, edit, outline
from krepis.twin.typescript.program import read_text
from krepis.twin.typescript.project_schema import declaration_files, declaration_in, declaration_of
from krepis.twin.typescript.results import (
    FileResult,
    Memory,
    Phase,
    across_files,
    alone,
    inner_entries,
    merge,
    see_too,
    together,
)
from krepis.twin.typescript.values import Cancelled
from krepis.twin.typescript.verify import LASTING, Job
from krepis.twin.typescript.workers import RECURSION, Workers, rare_collections

FEW = 4
"""Files that are not worth a process."""
FEW_AGAIN = 16
"""The same in a session that has verified before: it has at hand what new processes would have to make again."""


@dataclass
class Known:
    """A result, what it was asked under (`salt`), and the files that it holds for as long as they do not change."""

    salt: str
    depends: frozenset[str]
    result: FileResult


@dataclass(frozen=True)
class _Complete:
    """A verification that was not cancelled: of which files, what the phases gave, and what the second was asked."""

    paths: list[str]
    first: dict[int, FileResult]
    two: dict[int, Phase]
    second: dict[int, FileResult]


class Session:
    """Verifies one program again and again, of which texts and files change."""

    def __init__(self, options: Options, contents: Contents | None = None, folders: Folders | None = None) -> None:
        self._options = options
        self._contents = contents or Contents(options.cache_dir)
        self._job: Job | None = None
        self._files: Sequence[SourceFile] = ()
        self._known: dict[tuple[str, bool], Known] = {}
        self._stamps: dict[str, Any] = {}
        self._disk: int | None = None
        self._folders = folders or Folders()
        self._declared: dict[Path, tuple[Any, bytes]] = {}
        self._declaring: dict[str, bytes] = {}
        self._shown: dict[str, list[FileResult]] = {}
        self._waiting: set[str] = set()
        self._busy: Callable[[], Collection[int]] = tuple
        self.few = FEW
        self._last: _Complete | None = None
        self._dropped: set[str] = set()
        self._unsaved: set[tuple[str, bool]] = set()
        self._layouts: dict[str, tuple[Any, Layout | None]] = {}
        self._outlines: dict[str, tuple[Any, Outline | None]] = {}
        self._memory = Memory()
        self._soon: list[str] = []

    def verify(
        self,
        files: Sequence[SourceFile],
        progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        first: Collection[str] = (),
        disk: int | None = None,
    ) -> Report:
        """The report of `files` as they are now; those whose paths are in `first` are looked at before the others.

        When `cancelled` says so, what was found so far is kept, and the report has only that. A `disk` that is the
        one of the verification before says that nothing there has changed since.
        """
        started = time.monotonic()
        sys.setrecursionlimit(max(RECURSION, sys.getrecursionlimit()))
        progress = progress or (lambda p: None)
        self._update(files, disk)
        self._soon = [str(f.absolute) for f in files if f.path in first]
        results = self._held([str(f.absolute) for f in files])
        if results is not None:
            self._waiting.clear()
            progress(Progress(2 * len(files), 2 * len(files), "done"))
        else:
            run = _Run(self, files, progress, cancelled or (lambda: False), first)
            self._busy = run.busy
            try:
                results = run.phases()
            finally:
                self._busy = tuple
                run.close()
        self._contents.save()
        self.few = FEW_AGAIN
        return merge(results, len(files), time.monotonic() - started, self._memory)

    def soon(self, paths: Sequence[str]) -> None:
        """The files at these absolute paths are likely to be edited, the last of them first."""
        self._soon = list(paths)

    def prepare(self, wanted: Callable[[], bool]) -> None:
        """Loads what files need that are likely to be edited, and makes their parts, until something is `wanted`."""
        last = self._last
        if last is None:
            return
        job, number = self.job, {path: i for i, path in enumerate(last.paths)}
        job.program.cancelled = wanted
        try:
            with rare_collections():
                for path in self._soon[: -LASTING - 1 : -1]:
                    i = number.get(path)
                    if i is None or path in job.prepared or path in self._dropped:
                        continue
                    job.keep_parts(path)
                    work = job.worker()
                    work(i, Phase(alone(len(last.paths))))
                    if i in last.two:
                        work(i, replace(last.two[i], across=()))
                    job.prepared.add(path)
        except Cancelled:
            pass
        finally:
            job.program.cancelled = None
            job.profiles.clear()

    def write_moved(self, wanted: Callable[[], bool]) -> None:
        """Puts results that were only moved into the cache, until something else is `wanted`."""
        cache = self.cache(self._files) if self._unsaved and not wanted() else None
        if cache is None:
            return
        try:
            while self._unsaved and not wanted():
                key = self._unsaved.pop()
                known = self._known.get(key)
                if known is not None:
                    cache.put(key[0], known.salt, known.result)
        finally:
            cache.close()

    # what is known meanwhile

    def so_far(self) -> Report:
        """What is known: of each file its new results, else those that it had before, else what there is."""
        shown = [self._shown.get(str(f.absolute), ()) for f in self._files]
        results = [r[0] for r in shown if r] + [r[1] for r in shown if len(r) > 1]
        return merge(results, len(self._files), 0.0, self._memory)

    def results(self, path: str) -> Sequence[FileResult]:
        """What `so_far` has of the file at an absolute path."""
        return self._shown.get(path, ())

    @property
    def waiting(self) -> frozenset[str]:
        """The files, by absolute path, of which `so_far` does not have the last word."""
        return frozenset(self._waiting)

    @property
    def running(self) -> frozenset[str]:
        """The files, by absolute path, that are being looked at."""
        return frozenset(str(self._files[i].absolute) for i in self._busy())

    def expect(self, path: str) -> None:
        """There will be other results for a file."""
        self._waiting.add(path)

    def show(self, path: str, results: list[FileResult]) -> None:
        """The results of a file are complete."""
        self._shown[path] = results

    def show_first(self, path: str, result: FileResult) -> None:
        """A file whose pairs are still to come has something to show, unless it had before."""
        if len(self._shown.get(path, ())) < 2:
            self._shown[path] = [result]

    def settle(self, path: str) -> None:
        """Nothing is expected any more for a file."""
        self._waiting.discard(path)

    # what holds still

    def _update(self, files: Sequence[SourceFile], disk: int | None) -> None:
        """Takes over files and texts, and drops what was computed from others."""
        old = self._job
        texts = {str(f.absolute): f.text for f in files if f.text is not None}
        names = {str(f.absolute): f.path for f in files}
        stamps = {str(f.absolute): f.stamp if f.text is None and f.stamp else _stamp(f) for f in files}
        if old is not None:
            stamps |= {p: stamp_of(p) for p in old.shown.keys() - names.keys()}
        declared = self._declared
        if disk is None or disk != self._disk:
            stamps |= {p: stamp_of(p) for p in self._stamps.keys() - stamps.keys()}
            declared = {p: self._declaration(p) for p in _declarations(self._options, self._folders)}
        self._disk = disk
        touched = {p for p, stamp in stamps.items() if self._stamps.get(p) != stamp}
        shifts = self._shifts({p: stamps[p] for p in touched if p in names}, texts, names)
        changed = touched - shifts.keys()
        declaring = {p: digest for p, digest in self._declaring.items() if p in names and p not in touched}
        read = ((p, self._declares(p, texts.get(p), stamps[p])) for p in touched & names.keys())
        declaring |= {p: digest for p, digest in read if digest}
        migrated = declaring != self._declaring or _digests(declared) != _digests(self._declared)
        self._declaring = declaring
        known = {p: self._stamps.get(p) for p in changed}
        self._files = files
        self._stamps |= stamps
        stale = changed
        edits: dict[str, Edit] = {}
        if old is not None and names == old.shown and not migrated:
            shared = {p for p in changed if self._shared(p)} if len(changed) <= FEW else set()
            before = {p: self._outline(p, known[p]) for p in shared}
            old.files = list(files)
            old.program.texts = texts
            if touched:
                old.program.forget(touched)
                old.profiles.clear()
                found = {p: edit(was, self._outline(p, stamps[p])) for p, was in before.items() if was is not None}
                edits = {p: edited for p, edited in found.items() if edited is not None}
        else:
            self._last = None
            self._job = Job(files, self._options)
            self._shown = {p: results for p, results in self._shown.items() if p in names}
            self._waiting &= names.keys()
            self._waiting |= names.keys() - self._shown.keys()
            aliases = self._job.program.aliases
            if old is None or migrated or old.program.aliases != aliases:
                self._known.clear()
                self._waiting.update(names)
            else:
                stale = changed | self._importing(names.keys() - old.shown.keys(), texts, aliases)
        self._declared = declared
        for p, lines in shifts.items():
            self._move(p, names[p], lines)
        carried: dict[int, FileResult] = {}
        for key, held in [(key, held) for key, held in self._known.items() if not held.depends.isdisjoint(stale)]:
            result: FileResult | None = held.result
            for p in held.depends & stale:
                if result is not None:
                    result = carried_over(result, p, self.job.show(p), edits[p]) if p in edits and p != key[0] else None
            self._follow(key, result, carried)
        self._replace(carried)

    def _declares(self, path: str, text: str | None, stamp: Any) -> bytes:
        """A digest of what a source file declares, empty when it does not."""
        if text is None:
            if not self._contents.of(path, stamp).declares:
                return b""
            try:
                text = Path(path).read_bytes().decode("utf-8", "replace")
            except OSError:
                return b""
        return declaration_in(text) if declares(text.encode("utf-8", "replace")) else b""

    def _declaration(self, path: Path) -> tuple[Any, bytes]:
        """The stamp of a file that all results depend on, and a digest of what counts of it."""
        stamp, known = stamp_of(str(path)), self._declared.get(path)
        if known is not None and known[0] == stamp:
            return known
        if path.suffix in (".prisma", ".sql"):
            return stamp, declaration_of(path)
        return stamp, self._contents.of(str(path), stamp).digest.encode()

    def _shifts(
        self, stamps: Mapping[str, Any], texts: Mapping[str, str], names: Mapping[str, str]
    ) -> dict[str, Moves]:
        """The files among those with other stamps of which only lines moved that do not count."""
        out: dict[str, Moves] = {}
        old = self._job
        for p, stamp in stamps.items():
            if old is not None and old.shown.get(p) == names[p]:
                before = self._layout(p, self._stamps.get(p), old.program.texts)
                found = moves(before, self._layout(p, stamp, texts)) if before is not None else None
                if found is not None:
                    out[p] = found
        return out

    def _layout(self, path: str, stamp: Any, texts: Mapping[str, str]) -> Layout | None:
        """The layout of the text of a stamp; None when that text is gone."""
        known = self._layouts.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        text = texts.get(path)
        if not isinstance(stamp, bytes):  # of what is on disk
            try:
                text = read_text(Path(path)) if stamp == stamp_of(path) else None
            except OSError:
                text = None
        found = layout(text, path) if text is not None else None
        self._layouts[path] = stamp, found
        return found

    def _shared(self, path: str) -> bool:
        """Whether results of other files depend on a file."""
        return any(path in known.depends and path != of for (of, _), known in self._known.items())

    def _outline(self, path: str, stamp: Any) -> Outline | None:
        """The outline of the text of a stamp, which the program has loaded, or is what is there now."""
        known = self._outlines.get(path)
        if known is None or known[0] != stamp:
            program = self.job.program
            there = isinstance(stamp, bytes) or path in program.loaded() or stamp == stamp_of(path)
            code = program.module(path) if there else None
            known = self._outlines[path] = stamp, outline(code) if code is not None else None
        return known[1]

    def _move(self, path: str, shown: str, lines: Moves) -> None:
        """Lines of a file moved, and nothing else: so do they in the results that name them."""
        news: dict[int, FileResult] = {}
        for key, known in list(self._known.items()):
            if path in known.depends:
                result = known.result
                self._follow(key, moved(result, shown, lines) if mentions(result, shown) else result, news)
        self._replace(news)

    def _follow(self, key: tuple[str, bool], result: FileResult | None, news: dict[int, FileResult]) -> None:
        """A result holds still, as `result`, which is in `news` if it is another; None when it does not hold."""
        known = self._known[key]
        if result is None:
            del self._known[key]
            self._waiting.add(key[0])
            self._dropped.add(key[0])
            return
        self._unsaved.add(key)
        if result is not known.result:
            news[id(known.result)] = result
            self._known[key] = replace(known, result=result)

    def _replace(self, news: Mapping[int, FileResult]) -> None:
        """Results, by their identities, that are told in other words from now on."""
        if news:
            for p, results in self._shown.items():
                if any(id(r) in news for r in results):
                    self._shown[p] = [news.get(id(r), r) for r in results]
            if self._last is not None:
                first, second = (
                    {i: news.get(id(r), r) for i, r in results.items()}
                    for results in (self._last.first, self._last.second)
                )
                self._last = replace(self._last, first=first, second=second)

    def last(self, paths: list[str]) -> tuple[_Complete, dict[int, FileResult], dict[int, FileResult]] | None:
        """The verification before of the same files, if it was complete, and which results of its phases hold."""
        last, dropped = self._last, self._dropped
        if last is None or last.paths != paths:
            return None
        first, second = (
            {i: r for i, r in results.items() if not r.failure and paths[i] not in dropped}
            for results in (last.first, last.second)
        )
        return last, first, second

    def _held(self, paths: list[str]) -> list[FileResult] | None:
        """The results of the verification before, of the same files, if all of them hold."""
        last = self._last
        if last is None or self._dropped or last.paths != paths:
            return None
        results = [*map(last.first.__getitem__, range(len(paths))), *map(last.second.__getitem__, sorted(last.second))]
        return None if any(r.failure for r in results) else results

    def begin(self) -> None:
        """The second phase is asked something else: until it is complete, nothing stands for what is shown."""
        self._last = None

    def complete(self, paths: list[str], *results: Any) -> None:
        """A verification was not cancelled."""
        self._last = _Complete(paths, *results)
        self._dropped.clear()
        self._waiting.clear()

    def _importing(
        self, new: Collection[str], texts: Mapping[str, str], aliases: Sequence[tuple[str, list[str]]]
    ) -> set[str]:
        """The modules that may mean one of the files `new` by something that they import."""
        modules = {p for known in self._known.values() for p in known.depends}
        if any("*" not in pattern or not t.endswith("*") for pattern, targets in aliases for t in targets):
            return modules if new else set()
        return {p for p in modules if imports_any(p, texts.get(p), new)}

    def recall(self, path: str, second: bool, salt: str) -> FileResult | None:
        """A result that still holds."""
        known = self._known.get((path, second))
        return known.result if known is not None and known.salt == salt else None

    def remember(self, path: str, second: bool, salt: str, result: FileResult) -> None:
        """Keeps a result."""
        result.modules = tuple(map(sys.intern, result.modules))
        result.entered = tuple(map(sys.intern, result.entered))
        for p in result.modules:
            if p not in self._stamps:
                self._stamps[p] = stamp_of(p)
        self._known[path, second] = Known(salt, frozenset((path, *result.modules)), result)

    def cache(self, files: Sequence[SourceFile]) -> Cache | None:
        """The results on disk for the program as it is now."""
        if self._options.cache_dir is None:
            return None
        declarations = [*_digests(self._declared).values(), *(d for _, d in sorted(self._declaring.items()))]
        return Cache(self._options, files, declarations, self._contents, self._stamps)

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
        self._own: tuple[int, ...] = ()
        self._pending: Counter[str] = Counter()
        self._count = options.jobs or os.cpu_count() or 1
        self._paths = [str(f.absolute) for f in files]
        order = [i for i, f in enumerate(files) if f.path in first]
        if session.few == FEW_AGAIN:
            for i in order:
                session.job.keep_parts(self._paths[i])
        self._urgent = len(order)
        self._order = order + [i for i, f in enumerate(files) if f.path not in first]

    def busy(self) -> Collection[int]:
        """The numbers of the files that are being looked at."""
        return self._workers.busy if self._workers is not None else self._own

    def close(self) -> None:
        """Ends the workers and writes the cache."""
        if self._workers is not None:
            self._workers.close()
        if self._cache is not None:
            self._cache.close()

    def phases(self) -> list[FileResult]:
        """The results of both phases, as far as they were not cancelled, in the order of the files."""
        session, total = self._session, len(self._files)
        budget = alone(total)
        last, held, held_too = session.last(self._paths) or (None, {}, {})
        kept = frozenset(held)
        if last is not None:
            self._early(last, budget, held, held_too)
        first = self._phase(dict.fromkeys(self._order, Phase(budget)), {}, 0, held)
        results = [first[i] for i in sorted(first)]
        if len(first) == total:
            if last is not None and all(_same_shape(r, last.first[i]) for i, r in first.items() if i not in kept):
                two = {i: last.two[i] for i in self._order if i in last.two}
            else:
                two = self._second(results, first, budget)
            if last is None or two != last.two:
                session.begin()
            held_too = {i: r for i, r in held_too.items() if last is not None and two.get(i) == last.two[i]}
            self._expect({i: phase for i, phase in two.items() if i not in held_too})
            for i, r in first.items():
                if i not in two and (last is None or i not in kept or i in last.two):
                    session.show(self._paths[i], [r])
                    self._settle(self._paths[i])
            second = self._phase(two, first, total, held_too)
            results += [second[i] for i in sorted(second)]
            if len(second) == len(two):
                session.complete(self._paths, first, two, second)
            self._progress(Progress(2 * total, 2 * total, "done"))
        return results

    def _early(
        self, last: _Complete, budget: int, held: dict[int, FileResult], held_too: dict[int, FileResult]
    ) -> None:
        """Both phases of the files that are wanted first, before the others: into `held` and `held_too`.

        The second is asked what it was asked before. It is asked again when the others' first shows that this has
        changed, or when the pair of another file concerns it.
        """
        paths = [self._paths[i] for i in self._order if i not in held]
        urgent = [i for i in self._order[: self._urgent] if i not in held]
        if not urgent or len(paths) == len(urgent):
            return
        first = self._phase(dict.fromkeys(urgent, Phase(budget)), {}, 0, {})
        held.update(first)
        two: dict[int, Phase] = {}
        for i, r in first.items():
            phase = last.two.get(i)
            if not _same_shape(r, last.first[i]) or (phase is not None and phase.across):
                continue
            if phase is None:
                self._session.show(self._paths[i], [r])
                self._session.settle(self._paths[i])
            else:
                two[i] = phase
        self._expect(two)
        held_too.update(self._phase(two, first, len(self._files), {}))

    def _second(self, results: list[FileResult], first: dict[int, FileResult], budget: int) -> dict[int, Phase]:
        """What the second phase is asked."""
        inner = inner_entries(results)
        effort = self._session.job.options.effort * together(sum(r.pairs for r in results))
        across = across_files(results, self._files, inner)
        return {
            i: Phase(budget, effort, inner & {key for key, _ in first[i].calls}, across.get(i, ()))
            for i in self._order
            if first[i].pairs or i in across
        }

    def _expect(self, two: dict[int, Phase]) -> None:
        """The second phase of these files is to come; a pair across files concerns both."""
        self._pending.update(p for i, phase in two.items() for p in self._concerned(i, phase))

    def _concerned(self, index: int, phase: Phase) -> set[str]:
        return {self._paths[index], *(other for _, other, _ in phase.across)}

    def _settle(self, path: str) -> None:
        if not self._pending[path]:
            self._session.settle(path)

    def _show(self, index: int, phase: Phase, results: list[FileResult]) -> None:
        """A piece of work is done."""
        if len(results) == 1:
            if results[0].pairs or any(places for _, places in results[0].places):
                self._session.show_first(self._paths[index], results[0])
            else:  # nothing else will be known of it
                self._session.show(self._paths[index], results)
                self._settle(self._paths[index])
            return
        self._session.show(self._paths[index], results)
        for path in self._concerned(index, phase):
            self._pending[path] -= 1
            self._settle(path)

    def _phase(
        self, asked: dict[int, Phase], before: dict[int, FileResult], base: int, held: dict[int, FileResult]
    ) -> dict[int, FileResult]:
        """The results of one phase, of which `held` are known, and shown, already."""
        out = held.copy()
        second = bool(before)
        missing: dict[int, Phase] = {}
        salts: dict[int, str] = {}  # by the identity of phases, of which most are one
        for i, phase in asked.items():
            if i in held:
                continue
            path, salt = self._paths[i], salts.get(id(phase)) or salts.setdefault(id(phase), _salt(phase))
            hit = self._session.recall(path, second, salt)
            if hit is None and self._cache is not None:
                hit = self._cache.get(path, salt)
                if hit is not None:
                    self._session.remember(path, second, salt, hit)
            if hit is not None and hit.path == self._files[i].path:
                out[i] = hit
                self._show(i, phase, [before[i], hit] if second else [hit])
            else:
                missing[i] = phase
                for concerned in self._concerned(i, phase):
                    self._session.expect(concerned)
        total = 2 * len(self._files)
        self._progress(Progress(base + len(out), total, "interleavings" if second else "entry points"))
        for i, r in self._work(missing):
            out[i] = r
            if second:  # it started from what the first phase had seen
                see_too(r, before[i])
            self._show(i, asked[i], [before[i], r] if second else [r])
            if not r.failure:
                path, salt = self._paths[i], _salt(asked[i])
                self._session.remember(path, second, salt, r)
                if self._cache is not None:
                    self._cache.put(path, salt, r)
            self._progress(Progress(base + len(out), total, self._files[i].path))
        return out

    def _work(self, missing: dict[int, Phase]) -> Iterator[tuple[int, FileResult]]:
        if not missing:
            return
        job = self._session.job
        work = job.worker()
        if self._count > 1 and len(missing) >= self._session.few:
            if self._workers is None:
                self._workers = Workers(min(self._count, len(missing)), work)
            yield from self._workers.run(missing, self._lost, self._cancelled)
            return
        job.program.cancelled = self._cancelled
        try:
            with rare_collections():
                for i, phase in missing.items():
                    self._own = (i,)
                    yield i, work(i, phase)
        except Cancelled:
            return
        finally:
            job.program.cancelled = None
            self._own = ()

    def _lost(self, index: int) -> FileResult:
        return FileResult(self._files[index].path, [], [], [], failure="the process that verified it died")


def _same_shape(a: FileResult, b: FileResult) -> bool:
    """Whether the second phase is asked the same after two results of a file."""
    return (a.calls, a.within, a.places, a.pairs) == (b.calls, b.within, b.places, b.pairs)


def _declarations(options: Options, folders: Folders) -> list[Path]:
    """What all results of a program depend on besides its files: schemas, path aliases, the user's models."""
    models = sorted(p for folder in options.models for p in folder.glob("*.ts"))
    return [*declaration_files(options.root, folders), options.root / "tsconfig.json", *models]


def _digests(declared: Mapping[Path, tuple[Any, bytes]]) -> dict[Path, bytes]:
    return {path: digest for path, (_, digest) in declared.items()}


def _stamp(file: SourceFile) -> Any:
    """What tells one text of a file from another, cheaply."""
    if file.text is not None:
        return hashlib.blake2b(file.text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return stamp_of(str(file.absolute))


def imports_any(path: str, text: str | None, new: Collection[str]) -> bool:
    """Whether a module may mean one of the files `new` by something that it imports: by the last part of its path."""
    if not new:
        return False
    try:
        source = Path(path).read_bytes() if text is None else text.encode("utf-8", "surrogatepass")
    except OSError:
        return False
    return _importing(frozenset(new)).search(source) is not None


@lru_cache(maxsize=1)
def _importing(new: Collection[str]) -> re.Pattern[bytes]:
    names = set()
    for path in map(Path, new):
        stem = path.name.split(".")[0]
        names.add(stem)
        if stem == "index":  # the folder is enough, or what `@scope/name` stands for, or dots
            names |= {path.parent.name, path.parent.parent.name, ".", ".."}
    words = b"|".join(re.escape(name.encode("utf-8", "surrogateescape")) for name in sorted(names))
    return re.compile(rb"[\"'`/](?:" + words + rb")(?:\.[\w.]+)?/?[\"'`]")


def _salt(phase: Phase) -> str:
    if phase.inner is None:
        return f"1:{phase.alone}"
    inner = repr((sorted(phase.inner), phase.across)).encode("utf-8", "backslashreplace")
    return f"2:{phase.alone}:{phase.together}:{hashlib.blake2b(inner, digest_size=8).hexdigest()}"
