"""What the worker for help from a model does: completions, and repairs that a model writes.

It is a process of its own beside the two that verify, so that neither the event loop nor a verification waits for a
model; it owns the inference process. A task that is cancelled is told to the model at once.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from krepis.server.agents.complete import Memory, Place, Suggestion, complete
from krepis.server.agents.messages import Cancellation, Source, SourceError
from krepis.server.agents.repair import repair_by_model
from krepis.server.agents.source import open_source
from krepis.server.agents.types import type_check
from krepis.server.config import AiSettings
from krepis.server.discover import shown
from krepis.server.lsp._engine import Cancelled, Complete, Context, Engine, RepairByModel, Unavailable
from krepis.server.run import options_of
from krepis.twin.edits import Edit
from krepis.twin.options import SourceFile

WATCH_EVERY_S = 0.02
"""Seconds between two looks whether a task has been cancelled."""


@dataclass(frozen=True, slots=True)
class Written:
    """Edits that a model wrote and that passed everything, and how to call them."""

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
                outcome = repair_by_model(
                    job.finding,
                    engine.files(job.task, context),
                    options_of(settings, context.warn),
                    self.source(settings.ai),
                    settings.ai.attempts,
                    types=type_check(settings.root),
                    cancellation=cancellation,
                    log=context.warn,
                )
            except SourceError as error:
                raise Unavailable(str(error)) from error
        if cancellation.cancelled:
            raise Cancelled
        proposal = outcome.proposal
        return Written(proposal.repair.edits, proposal.label) if proposal is not None else None


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
