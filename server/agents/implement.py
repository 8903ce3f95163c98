"""The body of a function that has a signature and no body yet, written by a model and passed by the gate.

The model sees the comment before the function, what is around it, and how callers see the rest of the program. What it
writes replaces the function in memory; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from krepis.server.agents import prompts
from krepis.server.agents.check import Reason, check
from krepis.server.agents.generate import signatures
from krepis.server.agents.messages import Cancellation, OnText, Source
from krepis.server.agents.places import Place, unwritten
from krepis.server.agents.repair import Outcome, Proposal, rewritten
from krepis.server.agents.types import TypeCheck
from krepis.server.run import text_of
from krepis.twin.fixes import Edit, Repair, edited
from krepis.twin.options import Options, SourceFile

MAX_TOKENS = 500


def implement(
    place: Place,
    files: Sequence[SourceFile],
    options: Options,
    source: Source,
    attempts: int = 3,
    *,
    types: TypeCheck | None = None,
    cancellation: Cancellation | None = None,
    log: Callable[[str], None] = lambda line: None,
    on_text: OnText | None = None,
) -> Outcome:
    """The first implementation that passes the gate. Raises SourceError."""
    cancellation = cancellation or Cancellation()
    others = [file for file in files if file.absolute != place.file.absolute]
    request = prompts.implement_request(place.context, signatures(others, place.file.path), place.doc, place.text)
    return rewritten(
        place,
        prompts.IMPLEMENT,
        request,
        source,
        attempts,
        lambda function: _judged(place, files, options, function, types, source.label),
        max_tokens=MAX_TOKENS,
        cancellation=cancellation,
        log=log,
        on_text=on_text,
    )


def _judged(
    place: Place, files: Sequence[SourceFile], options: Options, function: str, types: TypeCheck | None, label: str
) -> tuple[tuple[Reason, ...], Proposal | None]:
    line = text_of(place.file).count("\n", 0, place.start) + 1
    if function.split() == place.text.split():
        return (Reason("verify", place.file.path, line, "it is the function as it was"),), None
    if any(unwritten(f"class _ {{\n{function}\n}}" if place.member else function, place.file.path)):
        return (Reason("parse", place.file.path, line, "it is left to be written"),), None
    edit = Edit(place.file.absolute, place.start, place.end, function)
    repair = Repair(f"Implement it as {label} does", "model", (edit,), "")
    after = edited(files, repair)
    if after is None:
        return (Reason("parse", place.file.path, line, "it does not fit into the file"),), None
    verdict = check(files, after, options, types=types)
    if not verdict.accepted:
        return verdict.reasons, None
    how = "verified" if verdict.verified else "checked: a bound was met"
    return (), Proposal("model", f"written by {label}, {how}", repair, after)
