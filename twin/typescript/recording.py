"""Replay tokens: one execution of one scenario as a short text, and that execution again.

Strategy: an execution is a function of the program, the calls, the pattern of their arguments, the answers to
questions about unknown data, and which of the events that could happen did. A token holds all but the program, of
which it holds a digest. Of the answers it keeps those that the execution would not give by itself, found by running
it again until both logs are the same: a token that does not replay is never given out.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import Any

from krepis.twin.findings import KINDS, SEVERITIES, Kind, Severity
from krepis.twin.typescript.cache import own_version
from krepis.twin.typescript.canonical import Pattern
from krepis.twin.typescript.entries import OTHER, discover
from krepis.twin.typescript.machine import Frame, World
from krepis.twin.typescript.program import Program
from krepis.twin.typescript.scenario import Entry, Execution, Scenario
from krepis.twin.typescript.values import UNDEFINED, BigInt, Symbol, Term, raw, term

MAX_ROUNDS = 8
"""Times that an execution is run again to find which answers it needs."""
MAX_TOKEN = 64_000
"""Characters of a token."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class ReplayError(Exception):
    """A token that is of another program than is at hand, with the reason for people."""


class NotAToken(Exception):
    """Text that is no token."""


@dataclass(frozen=True)
class Recording:
    """An execution without its program. `answers` are the questions that need to be answered in a certain way."""

    entries: tuple[Entry, ...]
    pattern: Pattern
    choices: tuple[int, ...]
    serial: bool
    reject_at: int
    answers: dict[Term, bool]


def record(scenario: Scenario, run: Execution) -> Recording | None:
    """What replays `run`; None when nothing that a token can hold does."""
    answered = run.machine.world.answers
    needed: dict[Term, bool] = {}
    wanted = _trace(run)
    pattern = copy(scenario.pattern)
    pattern.ceilings = frozenset()  # a token has the answers instead
    for last in (*([False] * MAX_ROUNDS), True):
        if last:
            needed = dict(answered)
        kept = Recording(
            tuple(scenario.entries),
            pattern,
            tuple(run.choices),
            run.machine.serial,
            run.machine.reject_at,
            dict(needed),
        )
        again = perform(scenario.program, kept)
        if again is None:
            return None
        Scenario.close(again)
        if _trace(again) == wanted:
            return kept
        wrong = {q: answered[q] for q, yes in again.machine.world.answers.items() if answered.get(q, yes) != yes}
        if last or not wrong.keys() - needed.keys():
            needed = dict(answered)
        needed.update(wrong)
    return None


def _trace(run: Execution) -> list[Any]:
    return [(a.kind, a.loc, a.root, a.event, a.site, _plain(a.value)) for a in run.machine.log]


def _plain(value: Any) -> Any:
    """A value that is the same in two executions when it is equal; of others, their class."""
    v = raw(value)
    return v if v is None or v is UNDEFINED or isinstance(v, Term | str | int | float) else v.__class__


def perform(program: Program, recording: Recording) -> Execution | None:
    """The execution again, as far as its choices fit the program."""
    choices = iter(recording.choices)

    def choose(run: Execution, ready: list[Any]) -> Any:
        n = next(choices, -1)
        return ready[n] if 0 <= n < len(ready) else None

    scenario = Scenario(program, list(recording.entries), recording.pattern)
    world = World(recording.answers)
    return scenario.run(world, choose, serial=recording.serial, reject_at=recording.reject_at)


# ---------------------------------------------------------------------- tokens


@dataclass(frozen=True)
class Shown:
    """What an execution is told as: a kind of finding, the places that it is reported at, the accesses that show it.

    A place is an access of the log, a number of frames outwards from it, and a site there.
    """

    kind: Kind
    severity: Severity
    detail: str
    places: tuple[tuple[int, int, int], ...]
    about: tuple[int, ...]


def place_of(run: Execution, frame: Frame, site: int) -> tuple[int, int, int] | None:
    """The place of a site in an activation."""
    for a in run.machine.log:
        f: Frame | None = a.frame
        depth = 0
        while f is not None:
            if f is frame:
                return a.index, depth, site
            f, depth = f.parent, depth + 1
    return None


def frame_at(run: Execution, place: tuple[int, int, int]) -> Frame:
    """The activation of a place. Raises LookupError."""
    frame: Frame | None = run.machine.log[place[0]].frame
    for _ in range(place[1]):
        frame = frame.parent if frame is not None else None
    if frame is None:
        raise LookupError(place)
    return frame


def token_of(recording: Recording, run: Execution, shown: Shown, rooted: Callable[[str], str]) -> str:
    """The token of an execution; "" when it has none."""
    terms = _Terms({path: rooted(path) for path in run.machine.modules})
    try:
        packed = [
            digest(run, rooted),
            [
                [_short(rooted(e.home)), _short(rooted(e.code.module.path)), e.code.index, int(e.how.endswith(OTHER))]
                for e in recording.entries
            ],
            "".join(_DIGITS[n] for n in recording.choices),
            int(recording.serial),
            recording.reject_at,
            [KINDS.index(shown.kind), SEVERITIES.index(shown.severity), shown.detail, shown.places, shown.about],
            [terms.packed(q) * 2 + yes for q, yes in recording.answers.items()],
            _packed_pattern(recording.pattern, terms),
            terms.made,
        ]
    except (TypeError, IndexError):
        return ""
    text = json.dumps(packed, separators=(",", ":")).encode()
    token = base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")
    return token if len(token) <= MAX_TOKEN else ""


def _packed_pattern(p: Pattern, terms: _Terms) -> list[Any]:
    different = None if p.different is None else sorted(p.different)
    keys = [[terms.packed(ident), list(paths)] for ident, paths in p.keys.items()]
    return [p.name, different, p.swapped, sorted(p.same), keys]


def _unpacked_pattern(packed: Any, terms: list[Any]) -> Pattern:
    name, different, swapped, same, keys = packed
    pattern = Pattern(name, None if different is None else frozenset(different), swapped, frozenset(same))
    pattern.keys = {terms[i]: tuple(paths) for i, paths in keys}
    return pattern


def _short(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=3).hexdigest()


def digest(run: Execution, rooted: Callable[[str], str]) -> str:
    """What names the program of an execution: Krepis's own version and what counts of the modules that were loaded."""
    program = run.machine.program
    h = hashlib.blake2b(own_version(), digest_size=5)
    for path in sorted(p for p in run.machine.modules if not program.is_model(p)):
        code = program.module(path)
        h.update(rooted(path).encode("utf-8", "surrogatepass") + b"\0")
        h.update(code.layout_digest if code is not None else b"")
    return h.hexdigest()


class _Terms:
    """A table of values, each made of earlier ones; paths of modules as they are from the root."""

    def __init__(self, paths: dict[str, str]) -> None:
        self.paths = paths
        self.made: list[Any] = []
        self.number: dict[Any, int] = {}

    def packed(self, x: Any) -> int:
        """The number of a value in the table. Raises TypeError for what has no text."""
        key = (x.__class__, x)
        found = self.number.get(key)
        if found is not None:
            return found
        item: Any
        if isinstance(x, Term):
            item = [x.op, *map(self.packed, x.args)]
        elif isinstance(x, Symbol | BigInt):
            raise TypeError(x)
        elif isinstance(x, tuple):
            item = [0, *map(self.packed, x)]
        elif isinstance(x, frozenset):
            item = [1, *map(self.packed, sorted(x, key=self._alone))]
        elif x is UNDEFINED:
            item = [2]
        elif isinstance(x, str) and x in self.paths:
            item = [3, self.packed(self.paths[x])]
        elif x is None or isinstance(x, str | int | float):
            item = x
        else:
            raise TypeError(x)
        self.made.append(item)
        self.number[key] = len(self.made) - 1
        return len(self.made) - 1

    def _alone(self, x: Any) -> str:
        """A value as text, the same in every process."""
        table = _Terms(self.paths)
        table.packed(x)
        return json.dumps(table.made)


def _unpacked(made: list[Any], paths: dict[str, str]) -> list[Any]:
    out: list[Any] = []
    for item in made:
        if not isinstance(item, list):
            out.append(item)
            continue
        head, *rest = item
        parts = [out[i] for i in rest]
        if head == 0:
            out.append(tuple(parts))
        elif head == 1:
            out.append(frozenset(parts))
        else:
            out.append(UNDEFINED if head == 2 else paths.get(parts[0], "") if head == 3 else term(head, *parts))
    return out


# ---------------------------------------------------------------------- back again


@dataclass(frozen=True)
class Found:
    """What a token says, looked up in a program."""

    recording: Recording
    shown: Shown
    digest: str


def find(token: str, program: Program, rooted: Callable[[str], str]) -> Found:
    """Looks a token up among the files of a program. Raises NotAToken or ReplayError."""
    try:
        wanted, calls, choices, serial, reject_at, shown, answers, pattern, made = _parsed(token)
        terms = _unpacked(made, {rooted(path): path for path in program.files})
        patterns = _unpacked_pattern(pattern, terms)
        answered = {terms[n // 2]: bool(n % 2) for n in answers}
        taken = tuple(_DIGITS.index(c) for c in choices)
        kind, severity, detail, places, about = shown
        told = Shown(
            KINDS[kind],
            SEVERITIES[severity],
            str(detail),
            tuple((int(a), int(b), int(c)) for a, b, c in places),
            tuple(map(int, about)),
        )
        sought = [(str(home), str(module), int(index), bool(other)) for home, module, index, other in calls]
    except (ValueError, TypeError, LookupError, AttributeError, zlib.error, RecursionError):
        raise NotAToken from None
    by_name = {_short(rooted(path)): path for path in program.files}
    entries = []
    for home, module, index, other in sought:
        entry = next(
            (
                e
                for e in (discover(program, by_name[home]) if home in by_name else ())
                if _short(rooted(e.code.module.path)) == module
                and e.code.index == index
                and e.how.endswith(OTHER) == other
            ),
            None,
        )
        if entry is None:
            raise ReplayError("the token is of another program: these files do not have the functions that it calls")
        entries.append(entry)
    return Found(Recording(tuple(entries), patterns, taken, bool(serial), int(reject_at), answered), told, str(wanted))


def _parsed(token: str) -> Any:
    text = token.strip()
    if not text or len(text) > MAX_TOKEN:
        raise ValueError
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    unpacker = zlib.decompressobj()
    unpacked = unpacker.decompress(data, MAX_TOKEN * 8)
    if not unpacker.eof:
        raise ValueError
    return json.loads(unpacked)
