"""Repairs of one finding: by verified recipes, and by a model, both through the gate.

A model is shown the function, what is around it and the interleaving, and writes the function's body again. Its answer
replaces the function in memory; the gate must have nothing against it, and the Twin must say that the finding is gone
and that every entry point still changes and causes what it did (`fixes.holds`). What fails goes back into the prompt,
at most `attempts` times. Nothing is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from krepis.server.agents import prompts
from krepis.server.agents.check import Reason, check
from krepis.server.agents.messages import Ask, Cancellation, Chat, Completion, Message, Source
from krepis.server.agents.types import TypeCheck
from krepis.server.index import parsed
from krepis.server.run import text_of
from krepis.twin.findings import Finding
from krepis.twin.fixes import Edit, Repair, edited, holds, verified
from krepis.twin.options import Options, SourceFile
from tree_sitter import Node

By = Literal["recipe", "model"]
MAX_FUNCTION: Final = 6_000
"""Characters of a function that a model is asked to write again."""
MAX_CONTEXT: Final = 4_000
"""Characters of what is around it."""
_FUNCTIONS: Final = frozenset({"method_definition", "function_declaration", "lexical_declaration", "export_statement"})


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


@dataclass(frozen=True, slots=True)
class _Place:
    """A function in a file: offsets in code points, its text, and its head up to the brace of its body."""

    file: SourceFile
    start: int
    end: int
    text: str
    head: str
    context: str
    member: bool


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
    place = _place(finding, files)
    if place is None:
        log("the function is too long for a model, or is none that can be written again alone")
        return Outcome(None, ())
    request = prompts.repair_request(finding, place.context, place.text)
    tries: list[tuple[str, Message]] = []
    made: list[Attempt] = []
    for number in range(1, attempts + 1):
        messages = prompts.conversation(prompts.REPAIR, request, tries)
        ask = Ask(
            prompt=Chat(messages, shared=1, opening=f"```ts\n{place.head}"),
            max_tokens=len(place.text) // 2 + 200,
            temperature=0.0 if number == 1 else 0.8,
            seed=number,
            stop=("\n```",),
        )
        log(f"attempt {number} of {attempts}: asking {source.label}")
        completion = source.complete(ask, _until_closed(place.head), cancellation)
        if cancellation.cancelled:
            break
        function = _function(place, place.head + completion.text)
        reasons, proposal = _judge(finding, files, options, place, function, types, source.label)
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
    place: _Place,
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


def _place(finding: Finding, files: Sequence[SourceFile]) -> _Place | None:
    """The method or function at the finding's line."""
    file = next((file for file in files if file.path == finding.file), None)
    if file is None:
        return None
    text = text_of(file).removeprefix("\ufeff")
    source = parsed(text, file.path).source
    root = parsed(text, file.path).tree.root_node
    node = _enclosing(root, finding.line - 1)
    if node is None:
        return None
    body = _body(node)
    if body is None or body.start_byte + 1 >= node.end_byte:
        return None
    start, end = (len(source[:at].decode("utf-8", "replace")) for at in (node.start_byte, node.end_byte))
    mark = text_of(file).startswith("\ufeff")
    head = source[node.start_byte : body.start_byte + 1].decode("utf-8", "replace") + "\n"
    if end - start > MAX_FUNCTION:
        return None
    context = _around(source, root, node)
    return _Place(file, start + mark, end + mark, text[start:end], head, context, node.type == "method_definition")


def _enclosing(node: Node, row: int) -> Node | None:
    """The outermost function around a row that is no class."""
    for child in node.named_children:
        if child.start_point.row <= row <= child.end_point.row:
            if child.type in _FUNCTIONS and not _holds_class(child) and _body(child) is not None:
                return child
            return _enclosing(child, row)
    return None


def _holds_class(node: Node) -> bool:
    return any("class" in child.type for child in node.named_children)


def _body(node: Node) -> Node | None:
    """The block of a function, or of the one that a declaration holds."""
    if node.type in ("export_statement", "lexical_declaration", "variable_declarator"):
        for child in node.named_children:
            if (body := _body(child)) is not None:
                return body
        return None
    body = node.child_by_field_name("body")
    return body if body is not None and body.type == "statement_block" else None


def _around(source: bytes, root: Node, function: Node) -> str:
    """What a reader of the function needs: imports, fields, and the signatures of everything else in the file."""
    lines: list[str] = []

    def cut(node: Node) -> str:
        body = _body(node)
        end = body.start_byte if body is not None else node.end_byte
        text = source[node.start_byte : end].decode("utf-8", "replace").rstrip()
        return text if len(text) < 400 else text[:400] + " ..."

    def show(node: Node, indent: str) -> None:
        if node.start_byte <= function.start_byte and function.end_byte <= node.end_byte and node.type != function.type:
            body = node.child_by_field_name("body")
            if body is not None:
                lines.append(indent + source[node.start_byte : body.start_byte].decode("utf-8", "replace") + "{")
                for child in body.named_children:
                    show(child, indent + "  ")
                lines.append(indent + "}")
            else:
                for child in node.named_children:
                    show(child, indent)
        elif node.start_byte != function.start_byte and node.type not in ("comment", "decorator"):
            lines.append(indent + cut(node))

    for child in root.named_children:
        show(child, "")
    return "\n".join(lines)[:MAX_CONTEXT]


def _until_closed(head: str) -> Callable[[str], bool]:
    """Stops a model when the braces that its function opened are closed."""
    text = head

    def goes_on(piece: str) -> bool:
        nonlocal text
        text += piece
        plain = re.sub(r"//[^\n]*|'[^'\n]*'|\"[^\"\n]*\"", "", text)
        return plain.count("{") > plain.count("}")

    return goes_on


def _function(place: _Place, text: str) -> str:
    """The function at the start of a text, without what a model says after it."""
    text = text.split("\n```")[0].rstrip()
    before = "class _ {\n" if place.member else ""
    wrapped = before + text + ("\n}" if place.member else "")
    source = wrapped.encode("utf-8", "replace")
    root = parsed(wrapped, place.file.path).tree.root_node
    start = len(before.encode())
    stack = list(root.named_children)
    while stack:
        node = stack.pop()
        if node.start_byte == start and node.type in _FUNCTIONS and not node.has_error:
            return source[start : node.end_byte].decode("utf-8", "replace")
        stack += node.named_children
    return text
