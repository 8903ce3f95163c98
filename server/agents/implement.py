"""The body of a function that has a signature and no body yet, written by a model and passed by the gate.

The model sees the comment before the function, what is around it, and how callers see the rest of the program. What it
writes replaces the function in memory; nothing is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from krepis.server.agents import prompts
from krepis.server.agents.check import Reason, check
from krepis.server.agents.generate import signatures
from krepis.server.agents.messages import Ask, Cancellation, Chat, Message, OnText, Source
from krepis.server.agents.places import Place, function_of, until_closed
from krepis.server.agents.repair import Attempt, Outcome, Proposal
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
    tries: list[tuple[str, Message]] = []
    made: list[Attempt] = []
    for number in range(1, attempts + 1):
        messages = prompts.conversation(prompts.IMPLEMENT, request, tries)
        ask = Ask(
            prompt=Chat(messages, shared=1, opening=f"```ts\n{place.head}"),
            max_tokens=MAX_TOKENS,
            temperature=0.0 if number == 1 else 0.7,
            seed=number,
            stop=("\n```",),
        )
        log(f"attempt {number} of {attempts}: asking {source.label}")
        completion = source.complete(ask, _both(on_text, until_closed(place.head)), cancellation)
        if cancellation.cancelled:
            break
        function = function_of(place, place.head + completion.text)
        reasons, proposal = _judged(place, files, options, function, types, source.label)
        made.append(Attempt("model", function, reasons, completion))
        if proposal is not None:
            log(f"attempt {number} of {attempts}: passed")
            return Outcome(proposal, tuple(made))
        log(f"attempt {number} of {attempts}: {reasons[0].step}: {reasons[0].message}")
        tries.append((f"```ts\n{function}\n```", prompts.complaint(reasons)))
    return Outcome(None, tuple(made))


def _both(first: OnText | None, second: OnText) -> OnText:
    """Goes on while both want to."""
    return lambda text: (first is None or first(text)) and second(text)


def _judged(
    place: Place, files: Sequence[SourceFile], options: Options, function: str, types: TypeCheck | None, label: str
) -> tuple[tuple[Reason, ...], Proposal | None]:
    line = text_of(place.file).count("\n", 0, place.start) + 1
    if function.split() == place.text.split():
        return (Reason("verify", place.file.path, line, "it is the function as it was"),), None
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
