"""What verifying one file gives, and how the results of files become a report.

Strategy: one piece of work per file and phase: its entry points alone (in units), then the pairs that conflict.
Each depends on the texts of the modules that it loaded. Results are merged in the order of the files, so that
equal inputs give equal reports. Deliberately absent: the verifier, which takes long to import, and is not needed
where all results are known.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from krepis.twin.findings import EntryPoint, Finding, Note, Report, Summary
from krepis.twin.options import SourceFile

if TYPE_CHECKING:
    from krepis.twin.typescript.analysis import Places, Spent

MAX_ALONE = 80
"""Executions of one entry point alone in a small program."""
MIN_ALONE = 8
"""The same in a large one."""
TOTAL_ALONE = 8_000
"""Executions shared among the files of a program, as far as `MIN_ALONE` allows."""
MAX_EXECUTIONS = 150
"""Executions spent on one pair of entry points of a small program."""
MIN_EXECUTIONS = 40
"""The same in a large one."""
TOTAL_EXECUTIONS = 16_000
"""Executions shared among all pairs, as far as `MIN_EXECUTIONS` allows."""
MAX_ACROSS = 40
"""Pairs of entry points of different files."""


WHOLE = "*"
"""In place of functions: all of a text."""
Key = tuple[str, int]
"""A function: module path and index."""
Where = tuple[str, int, str]
"""An entry point as reports have it: file, line, name."""
Across = tuple[Key, str, Key]
"""An entry point of a file, another file, and an entry point of that."""


@dataclass
class FileResult:
    """What one phase of verifying one file gave; everything in it is plain data.

    After the first phase `keys` are those of the entry points, in their order, `calls` says which functions each
    runs, and `pairs` how many pairs of them conflict; the second phase explores the pairs. `spent` are the figures
    of entry points, of other files too.
    `modules` are those that it depends on, in order, `entered` the functions of each that ran: their numbers as text,
    or `WHOLE` when it read all of the text.
    """

    path: str
    findings: list[Finding]
    notes: list[Note]
    entry_points: list[EntryPoint]
    keys: tuple[Key, ...] = ()
    functions: int = 0
    scenarios: int = 0
    states: int = 0
    traces: int = 0
    modules: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()
    calls: tuple[tuple[Key, tuple[Key, ...]], ...] = ()
    within: tuple[tuple[Key, tuple[Key, ...]], ...] = ()
    touching: tuple[tuple[Key, tuple[Key, ...]], ...] = ()
    places: tuple[tuple[Key, Places], ...] = ()
    spent: tuple[tuple[Where, Spent], ...] = ()
    pairs: int = 0
    failure: str = ""


def numbers(functions: Collection[int]) -> str:
    """Functions of a module as `entered` has them."""
    return " ".join(map(str, sorted(functions)))


def see_too(result: FileResult, other: FileResult) -> None:
    """A result depends on what another depends on."""
    seen = dict(zip(result.modules, result.entered, strict=True))
    for path, entered in zip(other.modules, other.entered, strict=True):
        own = seen.setdefault(path, entered)
        if own != entered:
            both = WHOLE in (own, entered)
            seen[path] = WHOLE if both else numbers({*map(int, own.split()), *map(int, entered.split())})
    result.modules = tuple(sorted(seen))
    result.entered = tuple(seen[path] for path in result.modules)


@dataclass(frozen=True)
class Phase:
    """What is asked of every file: entry points alone (`inner` None), or pairs of those that are not `inner`.

    `alone` and `together` are how many executions an entry point alone and a pair may take; `across` are pairs
    with entry points of other files.
    """

    alone: int
    together: int = 0
    inner: frozenset[Key] | None = None
    across: tuple[Across, ...] = ()


def alone(files: int) -> int:
    """Executions of one entry point alone in a program of so many files."""
    return _step(TOTAL_ALONE // max(1, files), MIN_ALONE, MAX_ALONE)


def together(pairs: int) -> int:
    """Executions of one pair in a program of so many pairs."""
    return _step(TOTAL_EXECUTIONS // max(1, pairs), MIN_EXECUTIONS, MAX_EXECUTIONS)


def _step(n: int, least: int, most: int) -> int:
    """`n` within its bounds, in coarse steps, so that an edit seldom changes what the other files were given."""
    step = most
    while step > n and step > least:
        step = max(least, step * 2 // 3)
    return step


def inner_entries(results: Sequence[FileResult]) -> frozenset[Key]:
    """Entry points that need no exploration of their own.

    Those that another one runs under its protection are explored as parts of it; those that do all that matters
    inside another one that is explored on its own, and knows of itself what it works on, add nothing to it.
    """
    sheltered = _sheltered(results)
    return frozenset(sheltered | _covering(results, sheltered).keys())


def _sheltered(results: Sequence[FileResult]) -> set[Key]:
    """The entry points that another one runs under its protection."""
    calls = {key: called for r in results for key, called in r.calls}
    return {c for key, called in calls.items() for c in called if c != key and c in calls and key not in calls[c]}


def _covering(results: Sequence[FileResult], sheltered: set[Key]) -> dict[Key, list[Key]]:
    """Of entry points those inside which they do all that matters, and which know what they work on."""
    touched = {key: codes for r in results for key, codes in r.touching}

    def covers(inner: Key, outer: Key) -> bool:
        known = inner != outer and inner in touched and inner not in sheltered
        return known and set(touched[outer]) <= set(touched[inner])

    found = ((key, [c for c in inside if covers(c, key)]) for r in results for key, inside in r.within if inside)
    return {key: inside for key, inside in found if inside}


def across_files(
    results: Sequence[FileResult], files: Sequence[SourceFile], inner: frozenset[Key]
) -> dict[int, tuple[Across, ...]]:
    """Pairs of entry points of different files whose own code meets in memory or locks, by the file of the first."""
    number = {f.path: i for i, f in enumerate(files)}
    users: dict[str, list[tuple[int, Key, bool, frozenset[str]]]] = {}
    for r in results:
        for key, places in r.places:
            if key not in inner:
                for name, changed, modules in places:
                    users.setdefault(name, []).append((number[r.path], key, changed, frozenset(modules)))
    pairs = {
        (i, key, j, other)
        for known in users.values()
        for n, (i, key, changed, modules) in enumerate(known)
        for j, other, rival, others in known[n + 1 :]
        if i != j and (changed or rival) and not modules & others
    }
    out: dict[int, tuple[Across, ...]] = {}
    for i, key, j, other in sorted(pairs)[:MAX_ACROSS]:
        out[i] = (*out.get(i, ()), (key, str(files[j].absolute), other))
    return out


class Memory:
    """What follows from parts of results which most edits leave as they are."""

    def __init__(self) -> None:
        self._asked: tuple[object, ...] = ()
        self._covering: dict[Key, list[Key]] = {}

    def covering(self, results: Sequence[FileResult]) -> dict[Key, list[Key]]:
        """Of entry points those that were explored in their place."""
        asked = [r.calls for r in results], [r.within for r in results], [r.touching for r in results]
        if asked != self._asked:
            self._asked, self._covering = asked, _covering(results, _sheltered(results))
        return self._covering


def merge(results: list[FileResult], files: int, seconds: float, memory: Memory | None = None) -> Report:
    """One report from the results of the files; an anomaly seen from two files is reported once."""
    findings: dict[tuple[str, int, str], Finding] = {}
    callers: dict[tuple[str, int], set[tuple[str, int, str]]] = {}
    notes: list[Note] = []
    failures: list[Note] = []
    points: list[EntryPoint] = []
    spent: dict[Where, Spent] = {}
    for r in results:
        for f in r.findings:
            key = (f.file, f.line, f.kind)
            old = findings.get(key)
            if old is None or (len(f.steps), f.schedule) < (len(old.steps), old.schedule):
                findings[key] = f
            for place in {(s.file, s.line) for s in f.steps if s.action == "call"} or {(f.file, f.line)}:
                callers.setdefault(place, set()).add(key)
        notes.extend(r.notes)
        points.extend(r.entry_points)
        for where, (states, traces, took) in r.spent:
            known = spent.get(where, (0, 0, 0.0))
            spent[where] = known[0] + states, known[1] + traces, known[2] + took
        if r.failure:
            failures.append(Note(r.path, 1, "skipped", r.failure))
    summary = Summary(
        files=files,
        functions=sum(r.functions for r in results),
        entry_points=len(points),
        scenarios=sum(r.scenarios for r in results),
        states=sum(r.states for r in results),
        traces=sum(r.traces for r in results),
        seconds=round(seconds, 3),
    )
    told = {key: next((c for c in findings.values() if _follows(f, c)), f) for key, f in findings.items()}
    bounded = {(n.file, n.line) for n in notes if n.kind == "bounded"}
    covering = _covering_places(results, (memory or Memory()).covering(results))
    entries = []
    for e in points:
        states, traces, seconds_of = spent.get((e.file, e.line, e.name), (0, 0, 0.0))
        places = ((e.file, e.line), *covering.get((e.file, e.line), ()))
        fails = sorted({told[key].fingerprint for place in places for key in callers.get(place, ())})
        figures = states, traces, round(1000 * seconds_of)
        cut = not bounded.isdisjoint(places)
        entries.append(EntryPoint(e.file, e.line, e.name, e.acts, *figures, tuple(fails), cut))
    own = tuple(f for key, f in findings.items() if told[key] is f)
    return Report(summary, own, tuple(notes), tuple(failures), entry_points=tuple(entries)).sorted()


def _covering_places(
    results: Sequence[FileResult], covering: Mapping[Key, Sequence[Key]]
) -> dict[tuple[str, int], list[tuple[str, int]]]:
    """Where the entry points are that were explored in place of those at a file and line."""
    places = {key: (e.file, e.line) for r in results for key, e in zip(r.keys, r.entry_points, strict=True)}
    return {places[key]: [places[c] for c in inside if c in places] for key, inside in covering.items()}


def _follows(f: Finding, cause: Finding) -> bool:
    """Whether a finding in another file is what `cause` leads to: both rely on one read, and it passes `cause`."""
    same = f.file != cause.file and not _reads(f).isdisjoint(_reads(cause))
    return same and _passes(f, cause) and not _passes(cause, f)


def _reads(f: Finding) -> set[tuple[str, str, int]]:
    """Where the steps read what went stale."""
    return {(s.what, s.file, s.line) for s in f.steps if s.action == "read" and f.read and s.what == f.read.what}


def _passes(f: Finding, other: Finding) -> bool:
    return any((s.file, s.line) == (other.file, other.line) for s in f.steps)
