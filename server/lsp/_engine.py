"""The engine as the language server uses it: one folder, some texts that are not saved, one report.

This is the only module that knows how the verifier is called; it runs in the worker process. A task is plain
data, so that it can be sent there. Its result is what `krepis verify` would say in that folder if all buffers were
saved: discovery, settings, suppression and baseline are the same functions. It is told as news: what differs from
what was said before, now and then while the work goes on, and at its end.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import is_not
from pathlib import Path
from typing import TYPE_CHECKING

from krepis.server.baseline import BaselineError, apply_baseline, read_baseline
from krepis.server.config import ConfigError, Settings
from krepis.server.discover import JAVASCRIPT, TYPESCRIPT, DiscoveryError, Seen, Selection, discover, shown
from krepis.server.lsp._indexing import Indexer
from krepis.server.lsp.status import EntryStatus, entries_of
from krepis.server.run import judged, options_of, text_of
from krepis.server.suppress import WORD
from krepis.twin.contents import Contents
from krepis.twin.edits import Edit, Repair
from krepis.twin.findings import Finding, Note, Report, Summary
from krepis.twin.options import Options, Progress, SourceFile

if TYPE_CHECKING:
    from krepis.twin.typescript.results import FileResult
    from krepis.twin.typescript.session import Session

NEWS_EVERY_S = 0.25
"""Seconds between two news of one verification, at least."""
if TYPE_CHECKING:
    from krepis.server.lsp._assist import Assistant

NEWS_SHARE = 20
"""The time between two news, in times that making them takes."""


@dataclass(frozen=True, slots=True)
class Task:
    """Verify `folder` with `settings`, or only `files` of it; `texts` stand for what is on disk.

    `first` are files whose results are wanted before the others'. `heard` is the number of the last news, `disk`
    counts what is known to have changed on disk.
    """

    folder: Path
    settings: Settings
    texts: Mapping[Path, str]
    files: tuple[Path, ...] = ()
    first: tuple[Path, ...] = ()
    heard: int = 0
    disk: int = 0


@dataclass(frozen=True, slots=True)
class FileView:
    """What is known of a file: its entry points, the findings in it, and the files that can change what they are."""

    entries: tuple[EntryStatus, ...] = ()
    findings: tuple[Finding, ...] = ()
    depends: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class News:
    """The files of which something else is known than after the news before, by the names that reports give them.

    None stands for a file of which there is nothing to say any more. `fresh` news are all that is known. Files in
    `waiting` will be in later news, those in `running` are being looked at.
    """

    number: int
    fresh: bool
    files: Mapping[str, FileView | None]
    waiting: frozenset[str] = frozenset()
    running: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Repairs:
    """Which repairs of a finding hold in the texts of `task`."""

    task: Task
    finding: Finding


@dataclass(frozen=True, slots=True)
class RepairAll:
    """The best repairs of all findings in `path`, each verified on top of those before it, in the texts of `task`."""

    task: Task
    path: Path


@dataclass(frozen=True, slots=True)
class Complete:
    """What a model writes in the file `path` with that text, at an offset in code points."""

    task: Task
    path: Path
    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class RepairByModel:
    """How a model repairs a finding in the texts of `task`."""

    task: Task
    finding: Finding


@dataclass(frozen=True, slots=True)
class Implement:
    """How a model writes the function around a line (from 1) of a file, in the texts of `task`."""

    task: Task
    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class Generate:
    """What a model, or else the catalogue, makes of a description in the project of `task`."""

    task: Task
    description: str


@dataclass(frozen=True, slots=True)
class Saved:
    """Something on disk is what `task` has already; the index is not."""

    task: Task


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of `task` was opened, as it is on disk: it is likely to be edited."""

    task: Task


Job = Task | Repairs | RepairAll | Complete | RepairByModel | Implement | Generate | Saved | Opened
"""What a worker can be asked."""


class Unavailable(Exception):
    """There is no model to ask; the message is for the user."""


Unusable = (ConfigError, BaselineError, Unavailable)
"""Errors whose messages are for the user."""


TRUSTED_S = 30.0
"""Seconds for which nothing on disk is looked at when nobody says that it has changed."""


class Cancelled(Exception):
    """The task was given up; what was found so far is in the cache."""


@dataclass(frozen=True, slots=True)
class Context:
    """How a job talks while it runs: it reports, asks whether it is wanted still, and warns the user."""

    progress: Callable[[Progress], None]
    news: Callable[[News], None]
    cancelled: Callable[[], bool]
    warn: Callable[[str], None]


@dataclass
class _Folder:
    """What is kept of a folder for as long as its settings are the same."""

    options: Options
    selection: Selection
    session: Session
    seen: Seen
    indexer: Indexer
    said: dict[str, FileView]
    number: int = -1
    disk: int = -1
    told: tuple[int, tuple[Path, ...], Settings] | None = None
    looked: float = 0.0
    found: tuple[tuple[SourceFile, ...], tuple[Note, ...]] = ((), ())
    depends: dict[str, tuple[Sequence[FileResult], frozenset[str]]] = field(default_factory=dict)


class Engine:
    """What the worker keeps between jobs."""

    @cached_property
    def assistant(self) -> Assistant:
        """Who talks to a model."""
        from krepis.server.lsp._assist import Assistant  # only the process that needs it loads it

        return Assistant()

    def __init__(self) -> None:
        self._folders: dict[Path, _Folder] = {}

    def _folder(self, task: Task, context: Context) -> _Folder:
        from krepis.twin.typescript.session import Session  # slow to import

        options, selection = options_of(task.settings, context.warn), _selection(task.settings)
        known = self._folders.get(task.folder)
        if known is None or (known.options, known.selection) != (options, selection):
            contents = Contents(options.cache_dir)
            seen = Seen(contents)
            session = Session(options, contents, seen.folders)
            known = self._folders[task.folder] = _Folder(
                options, selection, session, seen, Indexer(options.root, contents), {}
            )
        return known

    def verify(self, task: Task, context: Context) -> News:
        """The answer to a task. Raises Cancelled, or Unusable for what a user has to repair."""
        os.chdir(task.folder)  # reports name files from here
        folder = self._folder(task, context)
        files, notes = _program(folder, task)
        if folder.number != task.heard:  # what was said was not heard, or by another process
            folder.said, folder.number = {}, -1
        due = time.monotonic() + NEWS_EVERY_S
        urgent = {str(path) for path in task.first}

        def moved(progress: Progress) -> None:
            nonlocal due
            context.progress(progress)
            started = time.monotonic()
            waiting = folder.session.waiting if urgent else ()
            if urgent and waiting and urgent.isdisjoint(waiting):  # any of the others may take seconds
                urgent.clear()
                due = started
            if started >= due:
                context.news(_news(folder, task, _judged(folder, task, files, notes, folder.session.so_far()), files))
                due = time.monotonic() + max(NEWS_EVERY_S, NEWS_SHARE * (time.monotonic() - started))

        report = self._report(folder, task, files, notes, replace(context, progress=moved))
        return _news(folder, task, report, files)

    def report(self, task: Task, files: Sequence[SourceFile], context: Context) -> Report:
        """What is found in `files` under the settings of a task. Raises Cancelled or Unusable."""
        return self._report(self._folder(task, context), task, files, (), context)

    def rest(self, wanted: Callable[[], bool]) -> None:
        """Does what can wait, until something is `wanted`."""
        for folder in self._folders.values():
            folder.session.write_moved(wanted)
            folder.session.prepare(wanted)
            folder.indexer.update(folder.found[0], wanted)

    def opened(self, task: Task) -> None:
        """The open files of a task are looked at when there is time, so that an edit of them finds what it needs."""
        known = self._folders.get(task.folder)
        if known is not None:
            known.session.soon([str(path) for path in task.texts])

    def files(self, task: Task, context: Context) -> tuple[SourceFile, ...]:
        """The files of a task with their texts. Raises Unusable."""
        return _program(self._folder(task, context), task)[0]

    @staticmethod
    def _report(
        folder: _Folder, task: Task, files: Sequence[SourceFile], notes: Sequence[Note], context: Context
    ) -> Report:
        if not files:
            return Report(Summary())
        first = {shown(path, task.folder) for path in task.first}
        report = folder.session.verify(files, context.progress, context.cancelled, first, folder.disk)
        if context.cancelled():
            raise Cancelled
        return _judged(folder, task, files, notes, report)


def _judged(folder: _Folder, task: Task, files: Sequence[SourceFile], notes: Sequence[Note], report: Report) -> Report:
    """What the settings make of a report."""
    report = judged(replace(report, notes=(*report.notes, *notes)), _commented(folder, files), task.settings.rules)
    if task.settings.baseline is not None:
        known = read_baseline(task.settings.baseline)
        name = shown(task.settings.baseline, task.folder)
        report = apply_baseline(report, known, name, frozenset(f.path for f in files)).sorted()
    return report


def _commented(folder: _Folder, files: Sequence[SourceFile]) -> dict[str, str]:
    """The texts that may hold suppression comments."""
    return {
        file.path: text_of(file)
        for file in files
        if (
            WORD in file.text
            if file.text is not None
            else folder.seen.contents.of(str(file.absolute), file.stamp).ignores
        )
    }


def _news(folder: _Folder, task: Task, report: Report, files: Sequence[SourceFile]) -> News:
    """What has changed since the last news."""
    absolute = {file.path: str(file.absolute) for file in files}
    entries: dict[str, list[EntryStatus]] = {}
    for entry in entries_of(report):
        entries.setdefault(entry.file, []).append(entry)
    findings: dict[str, list[Finding]] = {}
    for finding in report.findings:
        findings.setdefault(finding.file, []).append(finding)
    views = {
        name: FileView(
            tuple(entries.get(name, ())),
            tuple(findings.get(name, ())),
            _depends(folder, absolute[name]) if name in absolute else frozenset(),
        )
        for name in {*entries, *findings}
    }
    changed: dict[str, FileView | None] = {n: view for n, view in views.items() if folder.said.get(n) != view}
    changed.update(dict.fromkeys(folder.said.keys() - views.keys()))
    fresh = folder.number == -1
    folder.said, folder.number = views, task.heard + 1 if fresh else folder.number + 1
    waiting, running = folder.session.waiting, folder.session.running
    return News(
        folder.number,
        fresh,
        changed,
        frozenset(name for name in views if absolute.get(name) in waiting),
        frozenset(name for name in views if absolute.get(name) in running),
    )


def _depends(folder: _Folder, path: str) -> frozenset[str]:
    """The files that the results of a file depend on."""
    results = folder.session.results(path)
    known = folder.depends.get(path)
    if known is None or len(known[0]) != len(results) or any(map(is_not, known[0], results)):
        known = folder.depends[path] = results, frozenset((path, *(m for r in results for m in r.modules)))
    return known[1]


def _selection(settings: Settings) -> Selection:
    return Selection(settings.root, TYPESCRIPT + (JAVASCRIPT if settings.javascript else ()), settings.exclude)


def perform(engine: Engine, job: Job, context: Context) -> object:
    """The answer to a job."""
    match job:
        case Task():
            return engine.verify(job, context)
        case Saved():
            engine.files(job.task, context)
            return ()
        case Opened():
            engine.opened(job.task)
            return ()
        case Repairs():
            return repairs(engine, job, context)
        case RepairAll():
            return repair_all(engine, job, context)
        case Complete():
            return engine.assistant.complete(engine, job, context)
        case RepairByModel():
            return engine.assistant.repair(engine, job, context)
        case Implement():
            return engine.assistant.implement(engine, job, context)
        case Generate():
            return engine.assistant.generate(engine, job, context)


def repair_all(engine: Engine, job: RepairAll, context: Context) -> tuple[Edit, ...]:
    """One edit for each file that changes, from the texts as they are. Raises Cancelled."""
    from krepis.server import repair  # slow to import

    os.chdir(job.task.folder)
    files = engine.files(job.task, context)
    path = shown(job.path, job.task.folder)
    repaired = repair.repair_all(
        engine.report(job.task, files, context),
        files,
        options_of(job.task.settings, context.warn),
        lambda now: engine.report(job.task, now, context),
        lambda finding: finding.file == path,
    )
    return tuple(smallest_edit(*change) for change in repair.changes(files, repaired.files))


def _shared(a: str, b: str) -> int:
    """How many characters two texts have in common at their start."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def smallest_edit(path: Path, before: str, after: str) -> Edit:
    """The smallest single edit that makes one text the other; a byte order mark is not counted."""
    start = _shared(before, after)
    same = _shared(before[start:][::-1], after[start:][::-1])
    mark = before.startswith("\ufeff")
    return Edit(path, start - mark, len(before) - same - mark, after[start : len(after) - same])


def repairs(engine: Engine, job: Repairs, context: Context) -> tuple[Repair, ...]:
    """The repairs that hold, best first. Raises Cancelled."""
    from krepis.twin.fixes import verified  # slow to import

    os.chdir(job.task.folder)
    files = engine.files(job.task, context)
    options = options_of(job.task.settings, context.warn)
    found = verified(job.finding, files, options, cancelled=context.cancelled)
    if context.cancelled():
        raise Cancelled
    return found


def _program(folder: _Folder, task: Task) -> tuple[tuple[SourceFile, ...], tuple[Note, ...]]:
    """The files of a task with their texts, and notes about what was left out. Raises Unusable."""
    now = time.monotonic()
    told = task.disk, task.files, task.settings
    if told != folder.told or now - folder.looked > TRUSTED_S:
        folder.found = _discovered(task, folder)
        folder.told, folder.looked, folder.disk = told, now, folder.disk + 1
    chosen, notes = folder.found
    sources = [
        replace(file, text=task.texts[file.absolute]) if file.absolute in task.texts else file for file in chosen
    ]
    there = {file.absolute for file in chosen}
    for path in task.texts:  # files that were never saved
        if path not in there and path.name.endswith(folder.selection.suffixes) and not path.exists():
            sources.append(SourceFile(shown(path, task.folder), path, task.texts[path]))
    return tuple(sorted(sources, key=lambda file: file.path)), notes


def _discovered(task: Task, folder: _Folder) -> tuple[tuple[SourceFile, ...], tuple[Note, ...]]:
    settings = task.settings
    for models in settings.models:
        if not models.is_dir():
            raise ConfigError(f"{settings.file}: no such folder of models: {str(models)!r}")
    if task.files:
        return tuple(SourceFile(shown(file, task.folder), file) for file in task.files), ()
    wanted = [shown(path, task.folder) for path in settings.paths] or ["."]
    try:
        found = discover(wanted, task.folder, folder.selection, folder.seen)
    except DiscoveryError:  # an empty folder is not an error in an editor
        return (), ()
    return found.files, found.notes
