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

IMPLEMENT: Final = Message(
    "system",
    "You write the body of one TypeScript function, as its name, its signature and its comment say. Between the start "
    "of an await and its end, other calls run: never write shared state from a value that was read before an await. "
    "Use only names that are there. Answer with the function in one code block and nothing else.",
)
ROUTES: Final = """\
This project serves HTTP with the package krepis. A file of routes looks like this:
```ts
import { type App, HttpError, reply, t } from 'krepis';

const NewThing = t.object({ name: t.string({ min: 1, max: 100 }) });
const Id = t.object({ id: t.integer({ min: 1 }) });

export function thingRoutes<Services extends object>(app: App<Services>): void {
  const things = new Map<number, { id: number; name: string }>();
  app.post('/things', { body: NewThing }, (request) => {
    const thing = { id: things.size + 1, name: request.valid.body.name };
    things.set(thing.id, thing);
    return reply(thing, { status: 201 });
  });
  app.get('/things/:id', { params: Id }, (request) => {
    const thing = things.get(request.valid.params.id);
    if (thing === undefined) throw new HttpError(404, 'no such thing');
    return thing;
  });
}
```
A header is `request.header('authorization')`, a cookie `request.cookies['name']`.

"""
TESTS: Final = Message(
    "system",
    "You write tests for TypeScript, each a call of test(name, async () => { ... }) with assert.equal(actual, "
    "expected), assert.deepEqual or assert.rejects. Test what was asked for, with at least one call that succeeds, one "
    "that is refused where something can be, and several at once with Promise.all. Use no files and no network. "
    "Answer with one complete file in one code block and nothing else.",
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


def test_head(specifier: str, names: Sequence[str], *, ours: bool) -> str:
    """How a file of tests begins; `ours`: of a project on the SDK, whose applications are served and asked."""
    lines = ["import assert from 'node:assert/strict';", "import { test } from 'node:test';"]
    lines += ["import { krepis } from 'krepis';"] if ours else []
    lines.append(f"import {{ {', '.join(names)} }} from '{specifier}';")
    lines += ["import { json, serve } from './serve.ts';"] if ours else []
    routes = next((name for name in names if name.endswith("Routes")), None)
    if ours and routes:
        lines += ["", "const app = krepis();", f"{routes}(app);", "const url = serve(app);"]
    return "\n".join(lines) + "\n\n"


def test_request(description: str, path: str, text: str, *, ours: bool) -> Message:
    how = (
        "Requests are made like this: `const answer = await fetch(`${url}/things`, json('POST', { name: 'a' })); "
        "assert.equal(answer.status, 201); const body = await answer.json() as { id: number };`\n\n"
        if ours
        else ""
    )
    return Message("user", f"{how}Asked for was: {description}\n\nThe file {path}:\n```ts\n{text}```\nWrite its tests.")


def implement_request(context: str, others: str, doc: str, function: str) -> Message:
    parts = [
        f"The program:\n```ts\n{others}\n```" if others else "",
        f"What is around it:\n```ts\n{context}\n```" if context else "",
        f"The function to write:\n```ts\n{doc}\n{function}\n```"
        if doc
        else f"The function to write:\n```ts\n{function}\n```",
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
