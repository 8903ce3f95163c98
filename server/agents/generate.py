"""A new file from a description, through the gate and, where there are any, its tests.

    retrieve ─▶ generate ─▶ parse ─▶ resolve ─▶ type-check ─▶ verify ─▶ tests in the sandbox ─▶ propose

What is retrieved is what a caller sees: the exported signatures of the program. On failure the reasons and the
counterexample go back into the prompt, a bounded number of times. The answer is one file; nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from krepis.server.agents import prompts
from krepis.server.agents.check import Reason, Verdict, check
from krepis.server.agents.imports import specifier, with_imports
from krepis.server.agents.messages import Ask, Cancellation, Chat, Completion, Message, OnText, Source
from krepis.server.agents.places import unwritten
from krepis.server.agents.types import TypeCheck
from krepis.server.index import facts
from krepis.server.run import text_of
from krepis.twin.options import Options, SourceFile

MAX_TOKENS: Final = 700
MAX_SHOWN: Final = 4_000
"""Characters of the program that a model is shown as signatures."""
RunTests = Callable[[Sequence[SourceFile]], Sequence[str]]
"""What the tests say of a program: what went wrong, nothing when all pass."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A file that a model wrote, what the gate says of it, and what its tests say if it passed. Where a bound kept the
    Twin from exploring everything (`verdict.verified`), tests have to have been run."""

    text: str
    verdict: Verdict
    failures: tuple[str, ...]
    completion: Completion
    tested: bool = False

    @property
    def accepted(self) -> bool:
        return self.verdict.accepted and (self.verdict.verified or self.tested) and not self.failures


@dataclass(frozen=True, slots=True)
class Generated:
    """The program with the new file, when a draft was accepted, and all drafts."""

    files: tuple[SourceFile, ...] | None
    drafts: tuple[Draft, ...]


def generate(
    description: str,
    path: str,
    files: Sequence[SourceFile],
    options: Options,
    source: Source,
    attempts: int = 3,
    *,
    tests: RunTests | None = None,
    types: TypeCheck | None = None,
    shown: str | None = None,
    hint: str = "",
    program: Sequence[SourceFile] | None = None,
    cancellation: Cancellation | None = None,
    log: Callable[[str], None] = lambda line: None,
    on_text: OnText | None = None,
) -> Generated:
    """Write the file `path` (relative to the root) as `description` says, in any language. Raises SourceError.

    `shown` is what the model sees of the program instead of the signatures of `files`; `hint` comes before it.
    `program` is what the file is checked with, when that is more than `files`, or in another order.
    """
    cancellation = cancellation or Cancellation()
    around = signatures(files, path) if shown is None else shown
    context = f"{hint}The program:\n```ts\n{around}\n```\n\n" if around else hint
    request = Message("user", f"{context}Write the file {path}: {description}")
    files = files if program is None else program
    drafts: list[Draft] = []
    tries: list[tuple[str, Message]] = []
    for number in range(1, attempts + 1):
        messages = prompts.conversation(prompts.GENERATE, request, tries)
        ask = Ask(
            prompt=Chat(messages, shared=1, opening="```ts\n"),
            max_tokens=MAX_TOKENS,
            temperature=0.0 if number == 1 else 0.6,
            seed=number,
            stop=("\n```",),
        )
        log(f"attempt {number} of {attempts}: asking {source.label}")
        completion = source.complete(ask, on_text, cancellation)
        if cancellation.cancelled:
            break
        written = SourceFile(path, options.root / path, code_of(completion.text))
        text = with_imports(written, files, options)
        after = (*files, replace(written, text=text))
        left = [Reason("parse", path, line, f"{name!r} is left to be written") for line, name in unwritten(text, path)]
        verdict = Verdict(tuple(left)) if left else check(files, after, options, types=types)
        failures = tuple(tests(after)) if tests is not None and verdict.accepted else ()
        draft = Draft(text, verdict, failures, completion, tests is not None)
        drafts.append(draft)
        if draft.accepted:
            log(f"attempt {number} of {attempts}: passed")
            return Generated(after, tuple(drafts))
        reasons = list(verdict.reasons) or [Reason("verify", path, 1, failure) for failure in failures]
        reasons = reasons or [Reason("verify", path, 1, "it cannot be verified as a whole; make it simpler")]
        log(f"attempt {number} of {attempts}: {reasons[0].message}")
        tries.append((f"```ts\n{text}```", prompts.complaint(reasons)))
    return Generated(None, tuple(drafts))


def code_of(answer: str) -> str:
    """The code of an answer that began inside of a block."""
    text = answer.split("\n```")[0]
    return re.sub(r"\A\s*```(?:ts|typescript)?\n", "", text).strip() + "\n"


def signatures(files: Sequence[SourceFile], path: str) -> str:
    """What a caller sees of a program: each file's exports, by signature and summary."""
    parts: list[str] = []
    for file in files:
        shown = [
            f"{'  ' if symbol.container else ''}{symbol.signature}"
            for symbol in facts(text_of(file), file.path).symbols
            if symbol.signature and symbol.kind != "module" and (symbol.exported or symbol.container)
        ]
        if shown:
            parts.append("\n".join([f"// {specifier(file.path, path)}", *shown]))
    return "\n".join(parts)[:MAX_SHOWN]


def bodies(files: Sequence[SourceFile], path: str) -> str:
    """A program as a whole."""
    return "\n".join(f"// {specifier(file.path, path)}\n{text_of(file)}" for file in files)
