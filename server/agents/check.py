"""The gate: what a suggestion must pass before a person sees it.

    size and safety ─▶ parse ─▶ names, imports, members ─▶ the project's types ─▶ the Twin

Each step looks at the program with the suggestion applied in memory, and reports only what the suggestion brought:
what was wrong before is not its fault. The first step that has something against it ends the check, and its reasons are
what a model is told for its next try. `Verdict.verified` says that the last step explored everything; a suggestion of
which a bound cut something off may have no finding, but is not called verified.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from krepis.server.agents import names
from krepis.server.agents.names import World, check_names, packages_used
from krepis.server.agents.types import TypeCheck
from krepis.server.index import parsed
from krepis.server.run import text_of
from krepis.twin.findings import Finding, Report
from krepis.twin.options import Options, SourceFile

MAX_CHARACTERS: Final = 200_000
"""Of a suggested file."""
TIME_LIMIT_S: Final = 5.0
"""The most seconds for one entry point, less where the options say so."""

StepName = Literal["safety", "parse", "resolve", "types", "verify"]
_FORBIDDEN: Final = {
    r"(?<![\w$.])eval\s*\(": "runs text as code (eval)",
    r"(?<![\w$])(?:new\s+)?Function\s*\(": "runs text as code (Function)",
    r"""["'](?:node:)?(?:child_process|vm|worker_threads|cluster|inspector|repl)["']""": "starts programs or code",
    r"process\s*\.\s*(?:binding|dlopen|kill|exit|abort)": "ends or reaches behind the process",
    r"krepis-ignore|@ts-(?:ignore|nocheck|expect-error)|eslint-disable": "silences a checker",
    r"[\u202a-\u202e\u2066-\u2069\u200b\ufeff]": "has invisible characters that change how it reads",
}
"""What no suggestion may add, whatever it is for: patterns of text, and why."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What is against a suggestion, at a line (from 1) of a file as it would be."""

    step: StepName
    file: str
    line: int
    message: str
    finding: Finding | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says. `looked_at` and `invented` count names, imports and members: all, and those that do not
    exist. `verified`: the Twin explored everything and found nothing new."""

    reasons: tuple[Reason, ...]
    verified: bool = False
    looked_at: int = 0
    invented: int = 0

    @property
    def accepted(self) -> bool:
        return not self.reasons


def check(
    before: Sequence[SourceFile],
    after: Sequence[SourceFile],
    options: Options,
    *,
    types: TypeCheck | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Verdict:
    """Judge a program with a suggestion, `after`, against the one without; files may have been added."""
    old = {file.absolute: text_of(file) for file in before}
    changed = [file for file in after if old.get(file.absolute) != text_of(file)]
    if not changed:
        return Verdict((Reason("safety", "", 1, "it changes nothing"),))
    if {file.absolute for file in before} - {file.absolute for file in after}:
        return Verdict((Reason("safety", "", 1, "it deletes a file"),))
    for step in (_safety, _parse):
        if reasons := tuple(reason for file in changed for reason in step(old.get(file.absolute, ""), file)):
            return Verdict(reasons)
    try:
        reasons, looked_at = _resolve(before, after, changed, options)
    except RecursionError:
        return Verdict((Reason("parse", changed[0].path, 1, "it is nested too deeply"),))
    if reasons:
        return Verdict(reasons, looked_at=looked_at, invented=len(reasons))
    if types is not None:
        wrong = types(before, after, changed)
        if wrong:
            return Verdict(tuple(Reason("types", *each) for each in wrong), looked_at=looked_at)
    if cancelled():
        return Verdict((Reason("verify", "", 1, "it was cancelled"),), looked_at=looked_at)
    reasons, verified = _verify(before, after, changed, options)
    return Verdict(reasons, verified, looked_at)


def _safety(old: str, file: SourceFile) -> Iterator[Reason]:
    text = text_of(file)
    if len(text) > max(MAX_CHARACTERS, len(old) + MAX_CHARACTERS // 4):
        yield Reason("safety", file.path, 1, f"it has {len(text):,} characters; the most are {MAX_CHARACTERS:,}")
        return
    for pattern, why in _FORBIDDEN.items():
        found = list(re.finditer(pattern, text))
        if len(found) > len(re.findall(pattern, old)):
            line = text.count("\n", 0, found[-1].start()) + 1
            yield Reason("safety", file.path, line, f"it {why}")


def _parse(old: str, file: SourceFile) -> Iterator[Reason]:
    root = parsed(text_of(file), file.path).tree.root_node
    if not root.has_error or parsed(old, file.path).tree.root_node.has_error:
        return
    node = root
    while inner := next((child for child in node.children if child.has_error or child.is_missing), None):
        node = inner
    what = f"{node.type!r} is missing" if node.is_missing else "a syntax error"
    yield Reason("parse", file.path, node.start_point.row + 1, what)


def world_of(files: Sequence[SourceFile], options: Options, used: frozenset[str] = frozenset()) -> World:
    """The names of a program."""
    from krepis.twin.typescript.program import Program  # slow to import

    texts = {str(file.absolute): text_of(file) for file in files}
    program = Program(list(texts), options.root, options.models, texts)
    return World(texts, program.resolve, used or packages_used(texts))


def _resolve(
    before: Sequence[SourceFile], after: Sequence[SourceFile], changed: Sequence[SourceFile], options: Options
) -> tuple[tuple[Reason, ...], int]:
    was = world_of(before, options)
    now = world_of(after, options, was.used or frozenset({""}))
    reasons: list[Reason] = []
    looked_at = 0
    ambient: frozenset[str] | None = None
    for file in changed:
        path = str(file.absolute)
        known: Counter[tuple[str, str]] = Counter()
        already = 0
        if path in was.texts:
            checked = check_names(path, was)
            known, already = Counter((p.kind, p.name) for p in checked.problems), checked.looked_at
        checked = check_names(path, now)
        looked_at += max(checked.looked_at - already, 0)
        for problem in checked.problems:
            key = (problem.kind, problem.name)
            if known[key]:
                known[key] -= 1
                continue
            if problem.kind == "name":
                ambient = _ambient(was) if ambient is None else ambient
                if problem.name in ambient:
                    continue
            reasons.append(Reason("resolve", file.path, problem.line, problem.message))
    return tuple(reasons), looked_at


def _ambient(world: World) -> frozenset[str]:
    """Names that the program uses and that come from where we do not look: a declaration file, a test runner."""
    found: set[str] = set()
    for path in world.texts:
        try:
            found |= {problem.name for problem in names.check_names(path, world).problems if problem.kind == "name"}
        except RecursionError:
            continue
    return frozenset(found)


def _verify(
    before: Sequence[SourceFile], after: Sequence[SourceFile], changed: Sequence[SourceFile], options: Options
) -> tuple[tuple[Reason, ...], bool]:
    from krepis.twin.fixes import fresh, related  # slow to import
    from krepis.twin.typescript.verify import verify

    options = replace(options, time_limit_s=min(TIME_LIMIT_S, options.time_limit_s), jobs=1)
    paths = {file.path for file in changed}
    new = related(paths, [replace(file, text=text_of(file)) for file in after], options)
    there = {file.absolute for file in new}
    old = tuple(replace(file, text=text_of(file)) for file in before if file.absolute in there)
    was, now = verify(old, options), verify(new, options)
    if now.failures:
        failure = now.failures[0]
        return (Reason("verify", failure.file, 1, f"it cannot be verified: {failure.message}"),), False
    reasons = tuple(
        Reason("verify", finding.file, finding.line, f"{finding.kind}: {finding.message}", finding)
        for finding in fresh(old, was, new, now)
    )
    return reasons, not reasons and not _limits(now, paths) - _limits(was, paths)


def _limits(report: Report, paths: set[str]) -> Counter[tuple[str, str]]:
    """What was not, or not completely, verified."""
    return Counter((note.kind, note.message) for note in report.notes if note.file in paths)
