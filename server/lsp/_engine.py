"""The engine as the language server uses it: one folder, some texts that are not saved, one report.

This is the only module that knows how the verifier is called; it runs in the worker process. A task is plain
data, so that it can be sent there. Its result is what `krepis verify` would say in that folder if all buffers were
saved: discovery, settings, suppression and baseline are the same functions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from krepis.server.baseline import BaselineError, apply_baseline, read_baseline
from krepis.server.config import ConfigError, Settings
from krepis.server.discover import JAVASCRIPT, TYPESCRIPT, DiscoveryError, Selection, discover, shown
from krepis.server.run import judged, options_of
from krepis.twin.findings import Finding, Note, Report, Summary
from krepis.twin.fixes import Edit, Repair
from krepis.twin.options import Options, Progress, SourceFile

if TYPE_CHECKING:
    from krepis.twin.typescript.session import Session


@dataclass(frozen=True, slots=True)
class Task:
    """Verify `folder` with `settings`, or only `files` of it; `texts` stand for what is on disk.

    `first` are files whose results are wanted before the others'.
    """

    folder: Path
    settings: Settings
    texts: Mapping[Path, str]
    files: tuple[Path, ...] = ()
    first: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """The answer to a task: the report, and the file that each name in it means."""

    report: Report
    files: Mapping[str, Path]


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


Job = Task | Repairs | RepairAll
"""What a worker can be asked."""
Unusable = (ConfigError, BaselineError)
"""Errors whose messages are for the user."""


class Cancelled(Exception):
    """The task was given up; what was found so far is in the cache."""


@dataclass(frozen=True, slots=True)
class Context:
    """How a job talks while it runs: it reports, asks whether it is wanted still, and warns the user."""

    progress: Callable[[Progress], None]
    cancelled: Callable[[], bool]
    warn: Callable[[str], None]


class Engine:
    """What the worker keeps between jobs: a session per folder, for as long as its settings are the same."""

    def __init__(self) -> None:
        self._sessions: dict[Path, tuple[Options, Session]] = {}

    def _session(self, folder: Path, options: Options) -> Session:
        from krepis.twin.typescript.session import Session  # slow to import

        known = self._sessions.get(folder)
        if known is None or known[0] != options:
            known = self._sessions[folder] = options, Session(options)
        return known[1]

    def verify(self, task: Task, context: Context) -> Verified:
        """The answer to a task. Raises Cancelled, or Unusable for what a user has to repair."""
        os.chdir(task.folder)  # reports name files from here
        files, notes = program(task)
        if not files:
            return Verified(Report(Summary()), {})
        report = self.report(task, files, notes, context)
        return Verified(report, {file.path: file.absolute for file in files})

    def report(self, task: Task, files: Sequence[SourceFile], notes: Sequence[Note], context: Context) -> Report:
        """What is found in `files` under the settings of a task. Raises Cancelled or Unusable."""
        session = self._session(task.folder, options_of(task.settings, context.warn))
        first = {shown(path, task.folder) for path in task.first}
        report = session.verify(files, context.progress, context.cancelled, first)
        if context.cancelled():
            raise Cancelled
        report = judged(replace(report, notes=(*report.notes, *notes)), files, task.settings.rules)
        if task.settings.baseline is not None:
            known = read_baseline(task.settings.baseline)
            name = shown(task.settings.baseline, task.folder)
            report = apply_baseline(report, known, name, frozenset(f.path for f in files)).sorted()
        return report


def perform(engine: Engine, job: Job, context: Context) -> Verified | tuple[Repair, ...] | tuple[Edit, ...]:
    """The answer to a job."""
    if isinstance(job, Task):
        return engine.verify(job, context)
    return repairs(job, context) if isinstance(job, Repairs) else repair_all(engine, job, context)


def repair_all(engine: Engine, job: RepairAll, context: Context) -> tuple[Edit, ...]:
    """One edit for each file that changes, from the texts as they are. Raises Cancelled."""
    from krepis.server import repair  # slow to import

    os.chdir(job.task.folder)
    files, _notes = program(job.task)
    path = shown(job.path, job.task.folder)
    repaired = repair.repair_all(
        engine.report(job.task, files, (), context),
        files,
        options_of(job.task.settings, context.warn),
        lambda now: engine.report(job.task, now, (), context),
        lambda finding: finding.file == path,
    )
    return tuple(_edit(*change) for change in repair.changes(files, repaired.files))


def _shared(a: str, b: str) -> int:
    """How many characters two texts have in common at their start."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _edit(path: Path, before: str, after: str) -> Edit:
    """The smallest single edit that makes one text the other; a byte order mark is not counted."""
    start = _shared(before, after)
    same = _shared(before[start:][::-1], after[start:][::-1])
    mark = before.startswith("\ufeff")
    return Edit(path, start - mark, len(before) - same - mark, after[start : len(after) - same])


def repairs(job: Repairs, context: Context) -> tuple[Repair, ...]:
    """The repairs that hold, best first. Raises Cancelled."""
    from krepis.twin.fixes import verified  # slow to import

    os.chdir(job.task.folder)
    files, _notes = program(job.task)
    options = options_of(job.task.settings, context.warn)
    found = verified(job.finding, files, options, cancelled=context.cancelled)
    if context.cancelled():
        raise Cancelled
    return found


def program(task: Task) -> tuple[tuple[SourceFile, ...], tuple[Note, ...]]:
    """The files of a task with their texts, and notes about what was left out."""
    settings = task.settings
    for folder in settings.models:
        if not folder.is_dir():
            raise ConfigError(f"{settings.file}: no such folder of models: {str(folder)!r}")
    notes: tuple[Note, ...] = ()
    suffixes = TYPESCRIPT + (JAVASCRIPT if settings.javascript else ())
    if task.files:
        chosen = {file: SourceFile(shown(file, task.folder), file) for file in task.files}
    else:
        wanted = [shown(path, task.folder) for path in settings.paths] or ["."]
        try:
            found = discover(wanted, task.folder, Selection(settings.root, suffixes, settings.exclude))
            chosen, notes = {file.absolute: file for file in found.files}, found.notes
        except DiscoveryError:  # an empty folder is not an error in an editor
            chosen = {}
    for path in task.texts:  # files that were never saved
        if path not in chosen and path.name.endswith(suffixes) and not path.exists():
            chosen[path] = SourceFile(shown(path, task.folder), path)
    sources = (replace(file, text=task.texts.get(path)) for path, file in chosen.items())
    return tuple(sorted(sources, key=lambda file: file.path)), notes
