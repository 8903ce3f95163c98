"""What the handlers of a program wait for: the operations of a call that runs alone.

A call is executed once for each of a few worlds (answers to questions about data); the one that ends with the most
operations is told, so that the early returns of failed checks do not hide what a request usually costs. Operations of
libraries with a model are known by the model's name (`pg`), others by the text of the call (`fetch()`).
Deliberately absent: how long anything takes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.analysis import MAX_PROFILE_WORLDS, fifo
from krepis.twin.typescript.canonical import Pattern
from krepis.twin.typescript.code import FunctionCode
from krepis.twin.typescript.entries import discover
from krepis.twin.typescript.oracle import chain
from krepis.twin.typescript.scenario import Entry, Execution, Scenario
from krepis.twin.typescript.values import Stop, forget_terms
from krepis.twin.typescript.verify import Job
from krepis.twin.typescript.workers import RECURSION
from krepis.twin.typescript.worlds import Worlds


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation that a handler awaits: the `package` of its model or "", `name` as in the program or the model."""

    package: str
    name: str


@dataclass(frozen=True, slots=True)
class Handler:
    """An entry point, what it waits for in this order, and the lines of the functions that ran: (file, first, last)."""

    file: str
    name: str
    operations: tuple[Operation, ...]
    functions: frozenset[tuple[str, int, int]]

    def ran(self, file: str, line: int) -> bool:
        """Whether a line is of one of its functions."""
        return any(f == file and first <= line <= last for f, first, last in self.functions)


class UnknownHandler(LookupError):
    """There is no such entry point; `known` are those of the file, None when it is no file of the program."""

    def __init__(self, file: str, name: str, known: Sequence[str] | None) -> None:
        super().__init__(file, name)
        self.file, self.name, self.known = file, name, known


def handlers(files: Sequence[SourceFile], options: Options, wanted: Iterable[tuple[Path, str]]) -> list[Handler]:
    """The handlers of (file, name of an entry point), in this order. Raises UnknownHandler."""
    sys.setrecursionlimit(max(RECURSION, sys.getrecursionlimit()))
    job = Job(files, options)
    entries: dict[Path, list[Entry]] = {}
    found = []
    for file, name in wanted:
        if str(file) not in job.shown:
            raise UnknownHandler(str(file), name, None)
        if file not in entries:
            forget_terms()
            entries[file] = discover(job.program, str(file))
        chosen = next((entry for entry in entries[file] if entry.name == name), None)
        if chosen is None:
            raise UnknownHandler(job.show(str(file)), name, [entry.name for entry in entries[file]])
        found.append(_handler(job, file, chosen))
    return found


def _handler(job: Job, file: Path, entry: Entry) -> Handler:
    longest: tuple[Operation, ...] = ()
    settled = False
    functions: set[tuple[str, int, int]] = set()
    for world in Worlds()(MAX_PROFILE_WORLDS):
        scenario = Scenario(job.program, [entry], Pattern("alone"))
        try:
            run = scenario.run(world, fifo)
        except (Stop, RecursionError):
            break
        if run is None:
            break
        functions.update(_lines(job, code) for code in _codes(run))
        operations = tuple(_operations(job, run))
        if (run.settled(0), len(operations)) > (settled, len(longest)):
            settled, longest = run.settled(0), operations
        scenario.close(run)
    functions.add(_lines(job, entry.code))
    return Handler(job.show(str(file)), entry.name, longest, frozenset(functions))


def _operations(job: Job, run: Execution) -> Iterable[Operation]:
    for name, frame, _ in run.machine.externals:
        if frame.root > 0:
            continue
        path = frame.code.module.path if frame.code is not None else ""
        yield Operation(Path(path).stem if path and job.program.is_model(path) else "", name)


def _codes(run: Execution) -> set[FunctionCode]:
    """The functions that read, wrote or waited, and those that called them: a race is in one of them."""
    frames = [access.frame for access in run.machine.log] + [frame for _, frame, _ in run.machine.externals]
    codes = {frame.code for inner in frames for frame in chain(inner) if frame.code is not None}
    return {code for code in codes if not run.machine.program.is_model(code.module.path)}


def _lines(job: Job, code: FunctionCode) -> tuple[str, int, int]:
    first = code.span[0]
    return job.show(code.module.path), first, first + code.module.text.count(b"\n", code.start, code.end)
