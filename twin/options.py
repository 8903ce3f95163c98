"""What a verification is asked: files, options, and how it tells its progress.

Plain immutable values, shared by the command line, the language server and the front end, so that none of
them depends on another. Deliberately absent: reading settings or finding files (`krepis.server`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one verification.

    `root` is the absolute folder of the project: where `tsconfig.json`, database schemas and migrations are
    looked for, and what fingerprints are relative to. `max_states` bounds each scenario, `time_limit_s`
    (seconds) each entry point; what a bound cuts off becomes a note. `calls` run concurrently in a scenario.
    `jobs` is the most worker processes, None for one per core. `models` are folders with the user's own
    library models. `cache_dir` None keeps nothing. `effort` is how many times the usual number of executions a pair
    of entry points may take.
    """

    root: Path
    max_states: int = 200_000
    time_limit_s: float = 10.0
    calls: Literal[2, 3] = 2
    jobs: int | None = None
    models: tuple[Path, ...] = ()
    cache_dir: Path | None = None
    effort: int = 1


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to verify: where it lies, and `path` as reports show it (from the current folder, with `/`).

    `text`, when given, stands for what the file holds on disk: an unsaved buffer, an edit to be tried. `stamp`, when
    given, differs whenever the file on disk does, so that nobody has to look again.
    """

    path: str
    absolute: Path
    text: str | None = None
    stamp: tuple[int, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` pieces of work are finished; `what` names the phase or the piece, for people."""

    done: int
    total: int
    what: str


def root_relative(source: SourceFile, options: Options) -> str:
    """The path that fingerprints use: from the root, with `/`; `source.path` for a file outside it."""
    if source.absolute.is_relative_to(options.root):
        return source.absolute.relative_to(options.root).as_posix()
    return source.path
