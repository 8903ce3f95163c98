"""What the worker for help from a model does: completions, repairs, implementations, and features.

It is a process of its own beside the two that verify, so that neither the event loop nor a verification waits for a
model; it owns the inference process. A task that is cancelled is told to the model at once.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from krepis.server.agents.complete import Memory, Place, Suggestion, complete
from krepis.server.agents.feature import Wish, feature
from krepis.server.agents.implement import implement
from krepis.server.agents.journal import Journal
from krepis.server.agents.messages import Cancellation, OnText, Source, SourceError
from krepis.server.agents.places import place_at
from krepis.server.agents.repair import Outcome, repair_by_model
from krepis.server.agents.source import open_source
from krepis.server.agents.types import type_check
from krepis.server.config import AiSettings
from krepis.server.discover import shown
from krepis.server.lsp._engine import (
    Cancelled,
    Complete,
    Context,
    Engine,
    Generate,
    Implement,
    RepairByModel,
    Unavailable,
    smallest_edit,
)
from krepis.server.run import options_of, text_of
from krepis.twin.edits import Edit
from krepis.twin.options import Progress, SourceFile

WATCH_EVERY_S = 0.02
"""Seconds between two looks whether a task has been cancelled."""


@dataclass(frozen=True, slots=True)
class Written:
    """Edits that a model wrote and that passed everything, and how to call them."""

    edits: tuple[Edit, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Made:
    """New files with their texts, edits of files that are there, and where they come from."""

    files: tuple[tuple[Path, str], ...]
    edits: tuple[Edit, ...]
    label: str


class Assistant:
    """The source in use, and what it has answered."""

    def __init__(self) -> None:
        self._settings: AiSettings | None = None
        self._source: Source | None = None
        self._memory = Memory()

    def source(self, settings: AiSettings) -> Source:
        """The source that the settings stand for. Raises SourceError."""
        if self._source is None or settings != self._settings:
            if self._source is not None:
                self._source.close()
            self._source, self._settings, self._memory = open_source(settings), settings, Memory()
        return self._source

    def complete(self, engine: Engine, job: Complete, context: Context) -> Suggestion | None:
        os.chdir(job.task.folder)
        file = SourceFile(shown(job.path, job.task.folder), job.path)
        place = Place(file, job.text, job.offset)
        with contextlib.suppress(KeyError):
            return self._memory.get(place)
        with _watched(context) as cancellation:
            try:
                source = self.source(job.task.settings.ai)
                files = engine.files(job.task, context)
                options = replace(options_of(job.task.settings, context.warn), cache_dir=None)
                found = complete(place, files, options, source, cancellation)
            except SourceError as error:
                raise Unavailable(str(error)) from error
        if cancellation.cancelled:
            raise Cancelled
        self._memory.put(place, found)
        return found

    def repair(self, engine: Engine, job: RepairByModel, context: Context) -> Written | None:
        os.chdir(job.task.folder)
        settings = job.task.settings
        with _watched(context) as cancellation:
            try:
                source = Journal(self.source(settings.ai), settings.root)
                outcome = repair_by_model(
                    job.finding,
                    engine.files(job.task, context),
                    options_of(settings, context.warn),
                    source,
                    settings.ai.attempts,
                    types=type_check(settings.root),
                    cancellation=cancellation,
                    log=source.telling(_told(context)[0]),
                )
            except SourceError as error:
                raise Unavailable(str(error)) from error
        return _written(outcome, cancellation)

    def implement(self, engine: Engine, job: Implement, context: Context) -> Written | None:
        os.chdir(job.task.folder)
        settings = job.task.settings
        files = engine.files(job.task, context)
        file = next((file for file in files if file.absolute == job.path), None)
        place = place_at(file, job.line) if file is not None else None
        if place is None or not place.open:
            raise Unavailable("there is no function without a body here")
        log, on_text = _told(context)
        with _watched(context) as cancellation:
            try:
                source = Journal(self.source(settings.ai), settings.root)
                outcome = implement(
                    place,
                    files,
                    options_of(settings, context.warn),
                    source,
                    settings.ai.attempts,
                    types=type_check(settings.root),
                    cancellation=cancellation,
                    log=source.telling(log),
                    on_text=on_text,
                )
            except SourceError as error:
                raise Unavailable(str(error)) from error
        return _written(outcome, cancellation)

    def generate(self, engine: Engine, job: Generate, context: Context) -> Made:
        os.chdir(job.task.folder)
        settings, root = job.task.settings, job.task.folder
        files = engine.files(job.task, context)
        options = replace(options_of(settings, context.warn), root=root)
        wish = Wish(job.description, files, options, None, settings.ai.attempts, type_check(settings.root))
        log, on_text = _told(context)
        source: Journal | None = None
        try:
            source = Journal(self.source(settings.ai), settings.root)
            log = source.telling(log)
        except SourceError as error:
            log(str(error))
        with _watched(context) as cancellation:
            outcome = feature(wish, source, cancellation=cancellation, log=log, on_text=on_text)
        if cancellation.cancelled:
            raise Cancelled
        if outcome.offer is None:
            raise Unavailable(outcome.problem)
        texts = {file.path: text_of(file) for file in files}
        new: list[tuple[Path, str]] = []
        edits: list[Edit] = []
        label = outcome.offer.label
        for path, data in sorted(outcome.offer.files.items()):
            try:
                text = data.decode()
            except UnicodeDecodeError:  # the SDK's package, which an edit cannot hold
                label += f"; then run `krepis sdk {outcome.offer.folder}`"
                continue
            if path in texts:
                edits.append(smallest_edit(root / path, texts[path], text))
            else:
                new.append((root / path, text))
        return Made(tuple(new), tuple(edits), label)


def _written(outcome: Outcome, cancellation: Cancellation) -> Written | None:
    if cancellation.cancelled:
        raise Cancelled
    proposal = outcome.proposal
    return Written(proposal.repair.edits, proposal.label) if proposal is not None else None


def _told(context: Context) -> tuple[Callable[[str], None], OnText]:
    """Tells what is being done, and how much has been written, as progress."""
    done, written, doing = 0, 0, ""

    def log(line: str) -> None:
        nonlocal done, written, doing
        done, written, doing = done + 1, 0, line
        context.progress(Progress(done, 0, line))

    def on_text(text: str) -> bool:
        nonlocal written
        written += len(text)
        context.progress(Progress(done, 0, f"{doing}: {written} characters"))
        return True

    return log, on_text


@contextlib.contextmanager
def _watched(context: Context) -> Iterator[Cancellation]:
    """A cancellation that follows the task's."""
    cancellation, over = Cancellation(), threading.Event()

    def watch() -> None:
        while not over.wait(WATCH_EVERY_S):
            if context.cancelled():
                cancellation.cancel()
                return

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield cancellation
    finally:
        over.set()
