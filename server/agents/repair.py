"""Repairs of one finding: by verified recipes, and by a model, both through the gate.

A model is shown the function, what is around it and the interleaving, and writes the function's body again. Its answer
replaces the function in memory; the gate must have nothing against it, and the Twin must say that the finding is gone
and that every entry point still changes and causes what it did (`fixes.holds`). What fails goes back into the prompt,
at most `attempts` times. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from krepis.server.agents import prompts
from krepis.server.agents.check import Reason, check
from krepis.server.agents.messages import Ask, Cancellation, Chat, Completion, Message, OnText, Source
from krepis.server.agents.places import Place, function_of, place_at, until_closed
from krepis.server.agents.types import TypeCheck
from krepis.server.run import text_of
from krepis.twin.findings import Finding
from krepis.twin.fixes import Edit, Repair, edited, holds, verified
from krepis.twin.options import Options, SourceFile

By = Literal["recipe", "model"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try that did not pass, or did (`reasons` is empty then)."""

    by: By
    text: str
    reasons: tuple[Reason, ...]
    completion: Completion | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A repair that passed everything; `label` says where it comes from."""

    by: By
    label: str
    repair: Repair
    files: tuple[SourceFile, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    proposal: Proposal | None
    attempts: tuple[Attempt, ...]


def repair_by_recipe(finding: Finding, files: Sequence[SourceFile], options: Options) -> Outcome:
    """The best repair that a recipe writes and that passes the gate."""
    attempts: list[Attempt] = []
    for repair in verified(finding, files, options, limit=3):
        after = edited(files, repair)
        if after is None:
            continue
        verdict = check(files, after, options)
        attempts.append(Attempt("recipe", repair.title, verdict.reasons))
        if verdict.accepted:
            return Outcome(Proposal("recipe", f"{repair.title} (verified recipe)", repair, after), tuple(attempts))
    return Outcome(None, tuple(attempts))


def repair_by_model(
    finding: Finding,
    files: Sequence[SourceFile],
    options: Options,
    source: Source,
    attempts: int = 3,
    *,
    types: TypeCheck | None = None,
    cancellation: Cancellation | None = None,
    log: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """The first repair of a model that passes the gate. Raises SourceError."""
    cancellation = cancellation or Cancellation()
    place = place_of(finding, files)
    if place is None:
        log("the function is too long for a model, or is none that can be written again alone")
        return Outcome(None, ())
    request = prompts.repair_request(finding, place.context, place.text)
    return rewritten(
        place,
        prompts.REPAIR,
        request,
        source,
        attempts,
        lambda function: _judge(finding, files, options, place, function, types, source.label),
        max_tokens=len(place.text) // 2 + 200,
        cancellation=cancellation,
        log=log,
    )


def rewritten(
    place: Place,
    task: Message,
    request: Message,
    source: Source,
    attempts: int,
    judge: Callable[[str], tuple[tuple[Reason, ...], Proposal | None]],
    *,
    max_tokens: int,
    cancellation: Cancellation,
    log: Callable[[str], None],
    on_text: OnText | None = None,
) -> Outcome:
    """The first function that `judge` takes; the model is told why others were not taken. Raises SourceError."""
    tries: list[tuple[str, Message]] = []
    made: list[Attempt] = []
    for number in range(1, attempts + 1):
        ask = Ask(
            prompt=Chat(prompts.conversation(task, request, tries), shared=1, opening=f"```ts\n{place.head}"),
            max_tokens=max_tokens,
            temperature=0.0 if number == 1 else 0.8,
            seed=number,
            stop=("\n```",),
        )
        log(f"attempt {number} of {attempts}: asking {source.label}")
        completion = source.complete(ask, _both(on_text, until_closed(place.head)), cancellation)
        if cancellation.cancelled:
            break
        function = function_of(place, place.head + completion.text)
        reasons, proposal = judge(function)
        made.append(Attempt("model", function, reasons, completion))
        if proposal is not None:
            log(f"attempt {number} of {attempts}: passed")
            return Outcome(proposal, tuple(made))
        log(f"attempt {number} of {attempts}: {reasons[0].step}: {reasons[0].message}")
        tries.append((f"```ts\n{function}\n```", prompts.complaint(reasons)))
    return Outcome(None, tuple(made))


def _judge(
    finding: Finding,
    files: Sequence[SourceFile],
    options: Options,
    place: Place,
    function: str,
    types: TypeCheck | None,
    label: str,
) -> tuple[tuple[Reason, ...], Proposal | None]:
    line = text_of(place.file).count("\n", 0, place.start) + 1

    def against(message: str) -> tuple[tuple[Reason, ...], None]:
        return (Reason("verify", place.file.path, line, message),), None

    if function.split() == place.text.split():
        return against("it is the function as it was")
    edit = Edit(place.file.absolute, place.start, place.end, function)
    title = f"Repair {finding.function or place.file.path}, as {label} writes it"
    repair = Repair(title, "model", (edit,), finding.fingerprint)
    after = edited(files, repair)
    if after is None:
        return against("it does not fit into the file")
    verdict = check(files, after, options, types=types)
    if not verdict.accepted:
        return verdict.reasons, None
    if not verdict.verified:
        return against("a bound was met, so it cannot be said that it is right")
    if not holds(finding, repair, files, options):
        return against("the race is still there, or the function no longer does all that it did")
    return (), Proposal("model", f"written by {label}, verified", repair, after)


def place_of(finding: Finding, files: Sequence[SourceFile]) -> Place | None:
    """The method or function at the finding's line."""
    file = next((file for file in files if file.path == finding.file), None)
    return place_at(file, finding.line) if file is not None else None


def _both(first: OnText | None, second: OnText) -> OnText:
    """Goes on while both want to."""
    return lambda text: (first is None or first(text)) and second(text)
