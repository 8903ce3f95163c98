"""A program that is verified: what all pieces of work on it share, and the function that does all of it.

Which files have to be looked at, and where, is for session.py, what a piece of work does for one_file.py.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from krepis.twin.findings import Report
from krepis.twin.options import Options, Progress, SourceFile, root_relative
from krepis.twin.typescript.program import Program
from krepis.twin.typescript.results import FileResult, Phase

if TYPE_CHECKING:
    from krepis.twin.typescript.analysis import Profile, UnitParts

LASTING = 16
"""Files whose parts are kept, the last of those that were wanted first."""


class Job:
    """What all pieces of work share: the program, how paths are shown, and what a first phase left for a second.

    `prepared` are the files, by absolute path, of which all parts that can be kept are.
    """

    def __init__(self, files: Sequence[SourceFile], options: Options) -> None:
        self.options = options
        self.files = list(files)
        self.shown = {str(f.absolute): f.path for f in files}
        self.profiles: dict[str, list[list[Profile]]] = {}
        self.prepared: set[str] = set()
        self._parts: dict[str, UnitParts | None] = {}
        texts = {str(f.absolute): f.text for f in files if f.text is not None}
        self.program = Program([str(f.absolute) for f in files], options.root, options.models, texts)

    def worker(self) -> Callable[[int, Phase], FileResult]:
        """What does a piece of work: one phase of the file of a number."""
        from krepis.twin.typescript.one_file import verify_file  # slow to import

        return lambda index, phase: verify_file(self, self.files[index], phase)

    def keep_parts(self, path: str) -> None:
        """From now on the parts of a file's verdict are kept, so that its next text need not be explored whole."""
        self._parts[path] = self._parts.pop(path, None)
        while len(self._parts) > LASTING:
            oldest = next(iter(self._parts))
            del self._parts[oldest]
            self.prepared.discard(oldest)

    def parts(self, path: str) -> UnitParts | None:
        """The parts of a file's verdict, if they are kept."""
        if path not in self._parts:
            return None
        found = self._parts[path]
        if found is None:
            from krepis.twin.typescript.analysis import unit_parts

            found = self._parts[path] = unit_parts()
        return found

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


def verify(
    files: Sequence[SourceFile],
    options: Options,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Verifies `files` as one program. Equal inputs give equal reports, except the time."""
    from krepis.twin.typescript.session import Session

    return Session(options).verify(files, progress, cancelled)
