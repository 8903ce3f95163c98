"""Work-done progress, for work that takes long enough to be worth a bar."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from krepis.twin.options import Progress
from lsprotocol import types

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer

AFTER_S: Final = 0.5
"""Seconds of work before a bar appears."""
EVERY_S: Final = 0.1
"""Seconds between two reports."""
_numbers = itertools.count(1)


class WorkProgress:
    """A bar that the server asks for, and that the user can cancel. Tokens are strings: some clients want them so."""

    def __init__(self, server: KrepisServer, title: str, cancel: Callable[[], object]) -> None:
        self._server, self._title, self._cancel = server, title, cancel
        self._token = f"krepis/{next(_numbers)}"
        self._shown = False
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time() + AFTER_S
        self._next: Progress | None = None
        self._timer: asyncio.TimerHandle | None = None

    def report(self, progress: Progress) -> None:
        """The work got on; the last of what came too early to be shown is shown when it is time."""
        self._next = progress
        if self._timer is None:
            self._timer = self._loop.call_at(self._due, self._show)

    def _show(self) -> None:
        progress, self._timer = self._next, None
        assert progress is not None
        self._due = self._loop.time() + EVERY_S
        percentage = 100 * progress.done // progress.total if progress.total else 0
        if not self._shown:
            self._shown = True
            self._server.progresses[self._token] = self._cancel
            create = types.WorkDoneProgressCreateParams(self._token)
            self._server.protocol.send_request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, create)
            self._say(types.WorkDoneProgressBegin(self._title, cancellable=True, percentage=percentage))
        self._say(types.WorkDoneProgressReport(cancellable=True, message=progress.what, percentage=percentage))

    def end(self) -> None:
        """The work is done, or was given up."""
        if self._timer is not None:
            self._timer.cancel()
        if self._shown:
            del self._server.progresses[self._token]
            self._say(types.WorkDoneProgressEnd())

    def _say(self, value: object) -> None:
        self._server.protocol.notify(types.PROGRESS, types.ProgressParams(self._token, value))
