"""What `krepis simulate` does with a traffic file: the program is asked about handlers, then the plan is simulated, and
the verifier's findings in those handlers are compared with which of them overlapped."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from krepis.server.config import ConfigError, find_settings
from krepis.server.discover import shown
from krepis.server.run import judged, options_of, selected, text_of
from krepis.server.traffic import Traffic
from krepis.twin.findings import Finding, Kind
from krepis.twin.options import Options, Progress, SourceFile
from krepis.twin.simulation import Plan, Result
from krepis.twin.simulation.report import Meeting, Race
from krepis.twin.typescript.operations import Handler, Operation, UnknownHandler, handlers

RACES: Final[frozenset[Kind]] = frozenset(
    {
        "lost-update",
        "check-then-act",
        "stale-read",
        "write-skew",
        "init-race",
        "order-violation",
        "deadlock",
        "invariant",
    }
)
"""What needs two calls at once."""


@dataclass(frozen=True, slots=True)
class Program:
    """The project of a traffic file, and its handlers by route."""

    files: tuple[SourceFile, ...]
    options: Options
    handlers: Mapping[str, Handler]


def program_of(traffic: Traffic, current: Path, warn: Callable[[str], None]) -> Program | None:
    """The program, when a route names a handler. Raises ConfigError, DiscoveryError."""
    if not traffic.handlers:
        return None
    settings = find_settings(traffic.project[0] if traffic.project[0].is_dir() else traffic.project[0].parent)
    found = selected(settings, [shown(path, current) for path in traffic.project], current)
    options = options_of(settings, warn)
    try:
        known = handlers(found.files, options, traffic.handlers.values())
    except UnknownHandler as error:
        raise ConfigError(_unknown(error, current)) from error
    return Program(found.files, options, dict(zip(traffic.handlers, known, strict=True)))


def _unknown(error: UnknownHandler, current: Path) -> str:
    if error.known is None:
        return f"{shown(Path(error.file), current)} is no file of the project: say in [simulation] which folder it is"
    listed = ", ".join(repr(name) for name in error.known) or "no entry points"
    return f"{error.file} has no entry point {error.name!r}; it has {listed}"


def awaited(traffic: Traffic, program: Program) -> tuple[Plan, list[str]]:
    """The plan in which routes with a handler await what it does, and notes about what belongs to no dependency."""
    notes: list[str] = []
    routes = []
    for route in traffic.plan.routes:
        handler = program.handlers.get(route.name)
        if handler is None or route.name in traffic.explicit:
            routes.append(route)
            continue
        awaits, other = [], set()
        for operation in handler.operations:
            name = _dependency(operation, traffic.calls)
            if name is None:
                other.add(operation.package or operation.name)
            else:
                awaits.append((name,))
        routes.append(replace(route, awaits=tuple(awaits)))
        if other:
            listed = ", ".join(sorted(other))
            notes.append(f"{route.name} awaits {listed}, which is the call of no dependency: it takes no time here.")
    return replace(traffic.plan, routes=tuple(routes)), notes


def _dependency(operation: Operation, calls: Mapping[str, tuple[str, ...]]) -> str | None:
    for name, known in calls.items():
        if any(operation.package == one or operation.name.startswith(one) for one in known):
            return name
    return None


def races_of(program: Program, result: Result, progress: Callable[[Progress], None] | None) -> list[Race]:
    """The races that the verifier finds in the handlers, and how often this traffic overlapped what they need."""
    from krepis.twin.typescript.verify import verify  # slow to import

    report = verify(program.files, program.options, progress)
    report = judged(report, {file.path: text_of(file) for file in program.files}, {})
    return [
        race
        for finding in report.findings
        if finding.kind in RACES
        for race in (_race(finding, program.handlers, result.overlaps),)
        if race is not None
    ]


def _race(finding: Finding, known: Mapping[str, Handler], overlaps: Mapping[tuple[str, str], int]) -> Race | None:
    acting = _running(known, finding.file, finding.line)
    if not acting:
        return None
    rivals = _running(known, finding.rival.file, finding.rival.line) if finding.rival else acting
    pairs = sorted({tuple(sorted((a, b))) for a in acting for b in rivals})
    meetings = [Meeting(a, b, overlaps[a, b] + (overlaps[b, a] if a != b else 0)) for a, b in pairs]
    return Race(finding.rule, finding.severity, finding.file, finding.line, finding.message, tuple(meetings))


def _running(known: Mapping[str, Handler], file: str, line: int) -> Sequence[str]:
    return [route for route, handler in known.items() if handler.ran(file, line)]
