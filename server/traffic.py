"""A traffic file, `krepis simulate TRAFFIC.toml`: a deployment and the traffic that is expected, as a plan.

Each table is one list of keys below, from which reading, checking and the reference page are made. What is wrong is an
error that names the file, the line and what to write. Times are written with a unit (`"2ms"`), and what varies as a
distribution: `"2ms"`, `{ mean = "2ms" }`, `{ from = "1ms", to = "3ms" }` or `{ median = "2ms", p99 = "20ms" }`.
Deliberately absent: the program (`server/simulated.py` asks the front end about handlers).
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from krepis.server.config import ConfigError
from krepis.twin.simulation import (
    MICROSECOND,
    MILLISECOND,
    SECOND,
    Dependency,
    Keys,
    Law,
    Outage,
    Piece,
    Plan,
    Route,
    Stream,
    Tenant,
)

_UNITS: Final = {
    "ns": 1,
    "us": MICROSECOND,
    "ms": MILLISECOND,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 86400 * SECOND,
}
_PART: Final = re.compile(rf"(\d+(?:\.\d+)?)\s*({'|'.join(_UNITS)})(?![a-z])")
_TIME: Final = re.compile(rf"(?:\s*{_PART.pattern})+\s*")
_DAYS_MAX: Final = 366
_P99: Final = 2.3263478740408408  # of the standard normal distribution
_MAX_PIECES: Final = 100_000
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
CLIENTS: Final = ("keep-alive", "close", "pipelining", "slow")
ARRIVALS: Final = ("poisson", "constant")


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a table: the kind of its value, its default as the reference page shows it, and what it means."""

    key: str
    kind: str
    default: str
    text: str
    least: int = 1
    most: int = 1_000_000_000


SIMULATION: Final = (
    Key("duration", "time", "required", "How much virtual time is simulated."),
    Key("seed", "integer", "1", "What chance is derived from: equal seeds give equal reports.", 0, 2**63 - 1),
    Key("windows", "integer", "120", "In how many parts of the time the report shows what happened.", 1, 2000),
    Key("project", "string", '"."', "The files and folders of the program, relative to this file, with `handler`s."),
)
SERVER: Final = (
    Key("workers", "integer", "1", "Processes that share the port, each with an event loop.", 1, 64),
    Key("connections", "integer", "10000", "Connections open at once in a worker; further ones get a 503.", 1, 60000),
    Key("running", "integer", "256", "Requests of all tenants that run at once in a worker."),
    Key("handler-timeout", "time", '"30s"', "For a handler to answer; then its client gets a 504."),
    Key("idle-timeout", "time", '"60s"', "After which a connection without a request is closed."),
    Key("request-cost", "time", '"6us"', "CPU time of the kernel and the SDK for one request."),
)
DEPENDENCY: Final = (
    Key("latency", "distribution", "required", "How long an operation takes."),
    Key("concurrency", "integer", "no limit", "Operations at once, as of a pool; others wait.", 1, 1_000_000),
    Key("failures", "share", "0", "The share of operations that fail, from 0 to 1; the handler then answers a 500."),
    Key("timeout", "time", "none", "Operations that would take longer fail then."),
    Key("retries", "integer", "0", "How often a failed operation is tried again.", 0, 100),
    Key("outages", "tables", "[]", "Tables with `from`, `until`, `failures` (1) and `slower` (1), a factor."),
    Key("calls", "strings", "its name", "Libraries with a model (`pg`) or beginnings of calls (`fetch`) that are it."),
)
OUTAGE: Final = (
    Key("from", "time", "required", "When it begins."),
    Key("until", "time", "required", "When it ends."),
    Key("failures", "share", "1", "The share of operations that fail meanwhile."),
    Key("slower", "number", "1", "How many times as long operations take meanwhile."),
)
KEYS: Final = (
    Key("count", "integer", "required", "How many there are.", 1, 1_000_000),
    Key("skew", "number", "0", "0: all alike; with more, the first are asked for more often (Zipf)."),
)
ROUTE: Final = (
    Key("cpu", "distribution", '"200us"', "CPU time of the handler, in equal parts around what it awaits."),
    Key("awaits", "awaits", "of `handler`", "Dependencies that it awaits in this order; a list in it: all at once."),
    Key("handler", "string", "none", "`FILE:NAME` of the entry point, as `krepis verify` names it."),
    Key("key", "string", "none", "The `[keys.NAME]` that its requests are about: only equal ones can race."),
    Key("request-bytes", "integer", "0", "Of the body of a request.", 0, 1 << 20),
    Key("response-bytes", "integer", "200", "Of the body of a response.", 0, 1 << 20),
)
TENANT: Final = (
    Key("weight", "integer", "1", "Its share of the event loop when others wait too.", 1, 1000),
    Key("running", "integer", "100", "Requests that run at once in a worker.", 1, 30_000),
    Key("queued", "integer", "1000", "Requests that wait for that; further ones get a 503.", 0, 30_000),
    Key("rate", "integer", "none", "Requests let in per second and worker; further ones get a 429."),
    Key("burst", "integer", "`rate`", "How many at once, when there were none for a while."),
    Key("connections", "integer", "none", "Connections open at once in a worker; requests of further ones get a 503."),
)
TRAFFIC: Final = (
    Key("tenant", "string", "the only one", "Whose requests they are."),
    Key("routes", "weights", "all, alike", 'How often each route is asked for: `{ "GET /a" = 9, "POST /b" = 1 }`.'),
    Key("rate", "rate", "required", "Requests per second, or points between which it changes: `[{ at, rate }, ...]`."),
    Key("bursts", "table", "none", "More of them now and then: `{ every, length, rate }`."),
    Key("arrivals", "string", '"poisson"', f"{' or '.join(ARRIVALS)}: at random, or at equal distances."),
    Key("clients", "string", '"keep-alive"', f"{', '.join(CLIENTS)}: how they use connections."),
    Key("connections", "integer", "64", "Connections that these clients have; further requests wait.", 1, 60000),
    Key("pipeline", "integer", "8", "Requests at once on a connection of pipelining clients.", 2, 63),
    Key("bytes-per-second", "number", "1000", "How fast slow clients send and read."),
    Key("latency", "time", '"0ms"', "Of the network, one way."),
    Key("timeout", "time", '"30s"', 'After which a client gives up; `"0s"`: never.'),
)
BURSTS: Final = (
    Key("every", "time", "required", "From the beginning of one to the beginning of the next."),
    Key("length", "time", "required", "How long one lasts."),
    Key("rate", "number", "required", "Requests per second that are added."),
)
POINT: Final = (
    Key("at", "time", "required", "When."),
    Key("rate", "number", "required", "Requests per second then."),
)
TABLES: Final[Mapping[str, tuple[Key, ...]]] = {
    "simulation": SIMULATION,
    "server": SERVER,
    "dependencies.NAME": DEPENDENCY,
    "dependencies.NAME.outages": OUTAGE,
    "keys.NAME": KEYS,
    'routes."METHOD /PATH"': ROUTE,
    "tenants.NAME": TENANT,
    "[traffic]": TRAFFIC,
}


@dataclass(frozen=True, slots=True)
class Traffic:
    """A plan, and what it says of the program: the paths of the project, the entry point of each route that names one
    (file, name), which routes say themselves what they await, and which calls are a dependency's."""

    plan: Plan
    project: tuple[Path, ...]
    handlers: Mapping[str, tuple[Path, str]]
    explicit: frozenset[str]
    calls: Mapping[str, tuple[str, ...]]


Path_ = tuple[str | int, ...]
"""Where a value is: keys, and numbers of tables in a list."""


class _Document:
    """The file, and where things are in it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self.text = file.read_text(encoding="utf-8")
            self.values = tomllib.loads(self.text)
        except OSError as error:
            raise ConfigError(f"{file}: {error.strerror}") from error
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{file}: this is no TOML: {error}") from error
        except RecursionError as error:
            raise ConfigError(f"{file}: nested too deeply") from error

    def wrong(self, path: Path_, problem: str) -> ConfigError:
        """The error at a place."""
        line = self._line(path)
        return ConfigError(f"{self.file}{f':{line}' if line else ''}: {_shown(path)}: {problem}")

    def _line(self, path: Path_) -> int | None:
        """The line of a key, or of the innermost table around it that has a line of its own."""
        inside: Path_ = ()
        seen: dict[str, int] = {}
        best: tuple[int, int] | None = None
        for number, line in enumerate(self.text.splitlines(), start=1):
            if re.match(r"\s*\[", line):
                inside = _header(line, seen) or inside
                depth = len(inside)
            else:
                key = re.match(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))\s*[=.]""", line)
                depth = len(inside) + 1
                if not key or (*inside, key[1] or key[2] or key[3]) != path[:depth]:
                    continue
            if inside == path[: len(inside)] and depth <= len(path) and (best is None or depth > best[0]):
                best = depth, number
        return best[1] if best else None


def _header(line: str, seen: dict[str, int]) -> Path_ | None:
    """The path of a table's header."""
    try:
        value: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    path: list[str | int] = []
    while value:
        if isinstance(value, list):
            name = _shown(tuple(path))
            seen[name] = seen.get(name, -1) + 1
            path.append(seen[name])
            value = value[0]
        else:
            ((key, value),) = value.items()
            path.append(key)
    return tuple(path)


def _shown(path: Path_) -> str:
    parts = [f"[{p + 1}]" if isinstance(p, int) else p if re.fullmatch(r"[\w-]+", p) else f'"{p}"' for p in path]
    return ".".join(parts).replace(".[", "[")


class _Table:
    """A table whose keys are checked."""

    def __init__(self, document: _Document, path: Path_, value: object, known: Sequence[Key]) -> None:
        self.document, self.path = document, path
        if not isinstance(value, dict):
            raise document.wrong(path, "must be a table")
        self.values: dict[str, Any] = value
        self._known = {key.key: key for key in known}
        for name in value:
            if name not in self._known:
                raise self.wrong(name, f"there is no such key; {_hint(name, list(self._known))}")
        for key in known:
            if key.default == "required" and key.key not in value:
                raise document.wrong(path, f"has no {key.key}; write {key.key} = {_EXAMPLES[key.kind]}")

    def wrong(self, name: str, problem: str) -> ConfigError:
        return self.document.wrong((*self.path, name), problem)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def integer(self, name: str, default: int) -> int:
        value, key = self.values.get(name, default), self._known[name]
        if name in self.values and (type(value) is not int or not key.least <= value <= key.most):
            raise self.wrong(name, f"must be a whole number from {key.least} to {key.most}")
        return int(value)

    def number(self, name: str, default: float = 0.0) -> float:
        value = self.values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise self.wrong(name, "must be a number of at least 0")
        return float(value)

    def share(self, name: str, default: float) -> float:
        value = self.number(name, default)
        if value > 1:
            raise self.wrong(name, "must be a share from 0 to 1")
        return value

    def string(self, name: str, default: str = "") -> str:
        value = self.values.get(name, default)
        if not isinstance(value, str) or (name in self.values and not value):
            raise self.wrong(name, "must be a string")
        return value

    def one_of(self, name: str, choices: Iterable[str], default: str) -> str:
        value, known = self.string(name, default), list(choices)
        if value not in known:
            raise self.wrong(name, f"{value!r} is unknown; {_hint(value, known)}")
        return value

    def strings(self, name: str, default: Sequence[str]) -> tuple[str, ...]:
        value = self.values.get(name, list(default))
        if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
            raise self.wrong(name, "must be a list of strings")
        return tuple(value)

    def time(self, name: str, default: int) -> int:
        return _time(self, name, self.values[name]) if name in self.values else default

    def law(self, name: str, default: Law) -> Law:
        return _law(self, name, self.values[name]) if name in self.values else default

    def tables(self, name: str, known: Sequence[Key]) -> list[_Table]:
        value = self.values.get(name, [])
        if not isinstance(value, list):
            raise self.wrong(name, "must be a list of tables")
        return [_Table(self.document, (*self.path, name, i), one, known) for i, one in enumerate(value)]


_EXAMPLES: Final = {
    "time": '"1h"',
    "distribution": '{ median = "2ms", p99 = "20ms" }',
    "integer": "100",
    "number": "100",
    "rate": "100",
}


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}" if known else "there is none"


def _time(table: _Table, name: str, value: object) -> int:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise table.wrong(name, f'must be a time with a unit, as "250ms" or "1h30m"; units are {", ".join(_UNITS)}')
    made = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))
    if made > _DAYS_MAX * _UNITS["d"]:
        raise table.wrong(name, f"must be at most {_DAYS_MAX} days")
    return round(made)


_LAWS: Final[Mapping[tuple[str, ...], Callable[..., Law]]] = {
    ("mean",): lambda mean: Law("exponential", mean),
    ("from", "to"): lambda low, high: Law("uniform", low, high),
    ("median", "p99"): lambda median, p99: Law("lognormal", median, math.log(p99 / median) / _P99),
}


def _law(table: _Table, name: str, value: object) -> Law:
    if isinstance(value, str):
        return Law("constant", _time(table, name, value))
    made = _LAWS.get(tuple(sorted(value))) if isinstance(value, dict) else None
    if not isinstance(value, dict) or made is None:
        raise table.wrong(
            name, 'must be a time or a distribution: "2ms", { mean }, { from, to } or { median, p99 }, each a time'
        )
    times = [_time(table, name, value[key]) for key in sorted(value)]
    if len(times) == 2 and (times[0] > times[1] or (times[0] == 0 and "median" in value)):
        raise table.wrong(name, "the first time must be the lesser, and a median above 0")
    return made(*times)


def read_traffic(file: Path) -> Traffic:
    """The plan of a file. Raises ConfigError."""
    document = _Document(file)
    parts = ("simulation", "server", "dependencies", "keys", "routes", "tenants", "traffic")
    for name in document.values:
        if name not in parts:
            raise document.wrong((name,), f"there is no such table; {_hint(name, parts)}")
    if "simulation" not in document.values:
        raise ConfigError(f'{file}: there is no [simulation]: write it with a duration, as duration = "1h"')
    top = _Table(document, ("simulation",), document.values["simulation"], SIMULATION)
    duration = top.time("duration", 0)
    if duration < MILLISECOND:
        raise top.wrong("duration", "must be at least 1ms")
    server = _Table(document, ("server",), document.values.get("server", {}), SERVER)
    dependencies = [_dependency(table) for table in _named(document, "dependencies", DEPENDENCY)]
    keys = [Keys(str(t.path[1]), t.integer("count", 1), t.number("skew")) for t in _named(document, "keys", KEYS)]
    tables = _named(document, "routes", ROUTE)
    if not tables:
        raise ConfigError(f'{file}: there are no routes: write a table [routes."GET /path"] for each')
    names = [d.name for d in dependencies]
    routes = [_route(table, names, [k.name for k in keys]) for table in tables]
    tenants = [_tenant(table) for table in _named(document, "tenants", TENANT)] or [Tenant("default")]
    traffic = _Table(document, (), {"traffic": document.values.get("traffic", [])}, (Key("traffic", "tables", "", ""),))
    streams = [
        _stream(table, duration, [t.name for t in tenants], [r.name for r in routes])
        for table in traffic.tables("traffic", TRAFFIC)
    ]
    if not streams:
        raise ConfigError(f"{file}: there is no traffic: write [[traffic]] with a rate for each kind of client")
    plan = Plan(
        duration=duration,
        routes=tuple(routes),
        streams=tuple(streams),
        tenants=tuple(tenants),
        dependencies=tuple(dependencies),
        keys=tuple(keys),
        seed=top.integer("seed", 1),
        workers=server.integer("workers", 1),
        connections=server.integer("connections", 10_000),
        running=server.integer("running", 256),
        handler_ms=_milliseconds(server, "handler-timeout", 30 * SECOND),
        idle_ms=_milliseconds(server, "idle-timeout", 60 * SECOND),
        request_cost=server.time("request-cost", 6 * MICROSECOND),
        windows=top.integer("windows", 120),
    )
    base = file.resolve().parent
    return Traffic(
        plan,
        (base / top.string("project", "."),),
        {f"{table.path[1]}": _entry(table, base) for table in tables if "handler" in table},
        frozenset(str(table.path[1]) for table in tables if "awaits" in table),
        {str(t.path[1]): t.strings("calls", [str(t.path[1])]) for t in _named(document, "dependencies", DEPENDENCY)},
    )


def _named(document: _Document, name: str, known: Sequence[Key]) -> list[_Table]:
    """The tables `[name.NAME]`."""
    value = document.values.get(name, {})
    if not isinstance(value, dict):
        raise document.wrong((name,), f"must be tables: [{name}.NAME]")
    return [_Table(document, (name, key), one, known) for key, one in value.items()]


def _milliseconds(table: _Table, name: str, default: int) -> int:
    value = table.time(name, default)
    if not MILLISECOND <= value <= 86400 * SECOND:
        raise table.wrong(name, "must be from 1ms to 1d")
    return value // MILLISECOND


def _dependency(table: _Table) -> Dependency:
    outages = []
    for one in table.tables("outages", OUTAGE):
        start, end = one.time("from", 0), one.time("until", 0)
        if end <= start:
            raise one.wrong("until", "must come after from")
        outages.append(Outage(start, end, one.share("failures", 1.0), one.number("slower", 1.0)))
    return Dependency(
        str(table.path[1]),
        table.law("latency", Law("constant", 0)),
        table.integer("concurrency", 1_000_000),
        table.share("failures", 0.0),
        table.time("timeout", 0),
        table.integer("retries", 0),
        tuple(outages),
    )


def _route(table: _Table, dependencies: Sequence[str], keys: Sequence[str]) -> Route:
    name = str(table.path[1])
    method, _, pattern = name.partition(" ")
    if method not in _METHODS or not pattern.startswith("/") or len(pattern) > 255 or not pattern.isascii():
        raise table.document.wrong(table.path, f'a route is called as "GET /path"; methods are {", ".join(_METHODS)}')
    return Route(
        method,
        pattern,
        table.law("cpu", Law("constant", 200 * MICROSECOND)),
        _awaits(table, dependencies),
        table.integer("request-bytes", 0),
        table.integer("response-bytes", 200),
        table.one_of("key", keys, "") if "key" in table else None,
    )


def _awaits(table: _Table, dependencies: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    value = table.values.get("awaits", [])
    if not isinstance(value, list):
        raise table.wrong("awaits", 'must be a list of dependencies, as ["postgres", ["redis", "mail"]]')
    groups = [one if isinstance(one, list) else [one] for one in value]
    for one in (one for group in groups for one in group):
        if one not in dependencies:
            raise table.wrong("awaits", f"there is no [dependencies.{one}]; {_hint(str(one), dependencies)}")
    if sum(map(len, groups)) > 64 or not all(groups):
        raise table.wrong("awaits", "must have at most 64 dependencies, and no empty list")
    return tuple(tuple(group) for group in groups)


def _entry(table: _Table, base: Path) -> tuple[Path, str]:
    file, _, name = table.string("handler").partition(":")
    if not name:
        raise table.wrong("handler", 'must be FILE:NAME, as "src/routes.ts:POST /orders"')
    if not (base / file).is_file():
        raise table.wrong("handler", f"there is no file {file}")
    return (base / file).resolve(), name


def _tenant(table: _Table) -> Tenant:
    if "burst" in table and "rate" not in table:
        raise table.wrong("burst", "is for a rate, and there is none")
    return Tenant(
        str(table.path[1]),
        table.integer("weight", 1),
        table.integer("running", 100),
        table.integer("queued", 1000),
        table.integer("rate", 0) or None,
        table.integer("burst", 0) or None,
        table.integer("connections", 0) or None,
    )


def _stream(table: _Table, duration: int, tenants: Sequence[str], routes: Sequence[str]) -> Stream:
    if "tenant" not in table and len(tenants) > 1:
        raise table.document.wrong(table.path, f"has no tenant; there are {', '.join(tenants)}")
    kind = table.one_of("clients", CLIENTS, "keep-alive")
    for key, needs in (("pipeline", "pipelining"), ("bytes-per-second", "slow")):
        if key in table and kind != needs:
            raise table.wrong(key, f'is for clients = "{needs}"')
    speed = table.number("bytes-per-second", 1000.0)
    if speed < 1:
        raise table.wrong("bytes-per-second", "must be at least 1")
    return Stream(
        table.one_of("tenant", tenants, tenants[0]),
        _mix(table, routes),
        _pieces(table, duration),
        table.one_of("arrivals", ARRIVALS, "poisson") == "constant",
        table.integer("connections", 64),
        table.integer("pipeline", 8) if kind == "pipelining" else 1,
        kind == "close",
        table.time("latency", 0),
        table.time("timeout", 30 * SECOND),
        speed if kind == "slow" else 0.0,
    )


def _mix(table: _Table, routes: Sequence[str]) -> tuple[tuple[str, float], ...]:
    value = table.values.get("routes", dict.fromkeys(routes, 1))
    if not isinstance(value, dict) or not value:
        raise table.wrong("routes", 'must be a table of routes and their weights, as { "GET /path" = 1 }')
    for name, weight in value.items():
        if name not in routes:
            raise table.wrong("routes", f'there is no [routes."{name}"]; {_hint(name, routes)}')
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight < 1e9:
            raise table.wrong("routes", f"the weight of {name!r} must be a number above 0")
    return tuple((name, float(weight)) for name, weight in value.items())


def _pieces(table: _Table, duration: int) -> tuple[Piece, ...]:
    """The rate over time: points, between which it changes evenly, and bursts on top."""
    points = [(0, 0.0)]
    if isinstance(table.values["rate"], list):
        points = [(point.time("at", 0), point.number("rate")) for point in table.tables("rate", POINT)]
        if not points or points != sorted(points, key=lambda point: point[0]):
            raise table.wrong("rate", "must have points in the order of their times")
    else:
        points = [(0, table.number("rate"))]
    cuts = {0, duration, *(at for at, _ in points if at < duration)}
    bursts: _Table | None = None
    every = length = 0
    if "bursts" in table:
        bursts = _Table(table.document, (*table.path, "bursts"), table.values["bursts"], BURSTS)
        every, length = bursts.time("every", 0), bursts.time("length", 0)
        if not 0 < length <= every or duration // every > _MAX_PIECES:
            raise table.wrong("bursts", f"must last for at most `every`, and be at most {_MAX_PIECES}")
        cuts.update(at for start in range(0, duration, every) for at in (start, min(start + length, duration)))
    more = bursts.number("rate") if bursts else 0.0
    edges = sorted(cuts)
    made = []
    for start, end in pairwise(edges):
        added = more if bursts and start % every < length else 0.0
        made.append(Piece(start, end, _rate(points, start, True) + added, _rate(points, end, False) + added))
    return tuple(made)


def _rate(points: Sequence[tuple[int, float]], at: int, after: bool) -> float:
    """The rate just after a time, or just before it."""
    before = [p for p in points if p[0] < at or (after and p[0] == at)]
    later = [p for p in points if p[0] > at or (not after and p[0] == at)]
    if not before or not later:
        return (before or later)[-1 if before else 0][1]
    (t0, r0), (t1, r1) = before[-1], later[0]
    return r0 + (r1 - r0) * (at - t0) / (t1 - t0)
