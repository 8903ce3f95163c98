"""What a model is told. The system messages are the same for every request, so they are decoded once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from krepis.server.agents.check import Reason
from krepis.server.agents.messages import Message
from krepis.twin.findings import Finding

MAX_STEPS: Final = 14
MAX_REASONS: Final = 6

REPAIR: Final = Message(
    "system",
    "You repair race conditions in asynchronous TypeScript. Between the start of an await and its end, other calls of "
    "the same code run and change shared state (fields, module variables, rows of a database). What was read before an "
    "await is stale after it. Usual repairs: read the state again after the last await, right before it is written; "
    "write before the await instead of after it; store the promise instead of its result; use one atomic update "
    "instead of a read and a write. Keep what the function does and its signature. Use only names that are there. "
    "Answer with the function in one code block and nothing else.",
)
GENERATE: Final = Message(
    "system",
    "You write TypeScript for Node. Requests may be in any language; code is in English. Between the start of an "
    "await and its end, other calls run: never write shared state (fields, module variables, Maps) from a value that "
    "was read before an await; check and write in one step without an await between, or write first and await after. "
    "Import only from modules that are shown and from Node. Use only names that exist. Answer with one complete file "
    "in one code block and nothing else.",
)


def steps_of(finding: Finding) -> str:
    """An interleaving in words, a line for each step."""
    lines = []
    for step in finding.steps[:MAX_STEPS]:
        value = f" = {step.value}" if step.value else ""
        lines.append(f"{step.task} (line {step.line}) {step.action} {step.what}{value}")
    return "\n".join(lines)


def repair_request(finding: Finding, context: str, function: str) -> Message:
    parts = [
        f"This function has a race ({finding.kind}): {finding.message}",
        f"Two calls, A and B, interleave like this:\n{steps_of(finding)}",
        f"What is around it:\n```ts\n{context}\n```" if context else "",
        f"The function:\n```ts\n{function}\n```",
        f"{finding.help} Write the repaired function.",
    ]
    return Message("user", "\n\n".join(part for part in parts if part))


def complaint(reasons: Iterable[Reason]) -> Message:
    """What the gate says, for the next try."""
    lines: list[str] = []
    for reason in list(reasons)[:MAX_REASONS]:
        lines.append(f"- line {reason.line}: {reason.message}")
        if reason.finding is not None:
            lines.append(steps_of(reason.finding))
    return Message("user", "That is not right:\n" + "\n".join(lines) + "\nWrite it again, corrected.")


def conversation(system: Message, request: Message, tries: Sequence[tuple[str, Message]]) -> tuple[Message, ...]:
    """The system message, the request, and the last try with what was wrong with it."""
    last = [message for text, said in tries[-1:] for message in (Message("assistant", text), said)]
    return (system, request, *last)
