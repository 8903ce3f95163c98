"""Completion of code at a place: asked of a model, cut to a whole piece, and only given when the gate lets it pass.

The prompt is what comes before (with the signatures of what the file imports, so that callers see no bodies, and with
the function of another file that is most like the one that is being written: in meaning, where the project has an
index, else in name) and what comes after.
After a receiver that the index knows, the model can only write names of its members. The answer ends with the line
that closes what it opened; of it, the longest beginning that parses is taken. The Twin compares the program with the
suggestion to the program without the line that is being written. Answers are remembered by what is around the place,
and found again while somebody types what they say.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from krepis.server.agents.check import check, world_of
from krepis.server.agents.messages import Ask, Cancellation, Infill, Source
from krepis.server.agents.names import members_at
from krepis.server.agents.retrieve import nearest
from krepis.server.index import facts, parsed
from krepis.server.run import text_of
from krepis.server.store.meaning import split
from krepis.twin.options import Options, SourceFile

MAX_BEFORE: Final = 4_000
"""Characters before the place that a model is shown; cut at a line."""
MAX_AFTER: Final = 1_000
MAX_SIGNATURES: Final = 1_500
MAX_SIMILAR: Final = 900
"""Characters of a similar function."""
MAX_LOOKED_AT: Final = 2_000_000
"""Characters of other files in which a similar function is looked for."""
MAX_TOKENS: Final = 96
TIME_LIMIT_S: Final = 8.0
MAX_RIGHT: Final = 8
"""Characters right of the place on its line beyond which nothing is suggested without being asked for."""
MAX_REMEMBERED: Final = 250
MAX_NEAR: Final = 60
"""Files that a suggestion is checked with: the one that is edited and what it imports."""
_IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport)\s*["'](\.[^"'\n]+)["']""")
_HEAD: Final = re.compile(
    r"^[ \t]*(?:export |default |public |private |protected |static |async )*(?:function )?"
    r"(\w+)\s*\([^()]*\)[^{};\n=]*\{",
    re.MULTILINE,
)
_NO_NAMES: Final = frozenset({"if", "for", "while", "switch", "catch", "function", "constructor", "with"})
_OPENING: Final = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class Place:
    """Where code is completed: a file, its text, and an offset in code points."""

    file: SourceFile
    text: str
    offset: int

    @property
    def before(self) -> str:
        return self.text[: self.offset]

    @property
    def after(self) -> str:
        return self.text[self.offset :]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text to insert at the place, and whether the Twin explored everything that it changes."""

    text: str
    verified: bool


class Memory:
    """The last answers, by what was around their places."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], Suggestion | None] = OrderedDict()

    def put(self, place: Place, suggestion: Suggestion | None) -> None:
        self._known[_key(place, 0)] = suggestion
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)

    def get(self, place: Place) -> Suggestion | None:
        """What is known for a place, also when the first characters of it have been typed since. Raises KeyError."""
        for typed in range(min(len(place.before), 40) + 1):
            key = _key(place, typed)
            if key not in self._known:
                continue
            found = self._known[key]
            text = place.before[len(place.before) - typed :]
            if found is None and typed == 0:
                return None
            if found is not None and found.text.startswith(text) and found.text != text:
                return replace(found, text=found.text[typed:])
        raise KeyError


def _key(place: Place, typed: int) -> tuple[str, str, str]:
    before = place.before[: len(place.before) - typed]
    return str(place.file.absolute), before, place.after[:MAX_AFTER]


def is_wanted(place: Place, asked: bool) -> bool:
    """Whether something should be suggested here: not inside of a line, unless somebody asks for it."""
    rest = place.after.split("\n", 1)[0].strip()
    return bool(place.before.strip()) and (asked or len(rest) <= MAX_RIGHT)


def complete(
    place: Place, files: Sequence[SourceFile], options: Options, source: Source, cancellation: Cancellation
) -> Suggestion | None:
    """What passes the gate, or nothing. Raises SourceError."""
    around = near(place, files)
    ask = Ask(
        prompt=Infill(
            _signatures(place, around) + similar(place, files, options.root) + _tail(place.before),
            place.after[:MAX_AFTER],
        ),
        max_tokens=MAX_TOKENS,
        stop=("\n\n\n",),
        grammar=_grammar(place, around, options),
        time_limit_s=TIME_LIMIT_S,
    )
    answer = source.complete(ask, _until_whole(), cancellation)
    for text in beginnings(answer.text, place):
        if cancellation.cancelled:
            return None
        after = _applied(around, place, place.before + text + place.after)
        line = place.before.rfind("\n") + 1
        rest = place.after.partition("\n")[2]
        without = _applied(around, place, place.text[:line] + ("\n" + rest if rest else ""))
        verdict = check(without, after, options, cancelled=lambda: cancellation.cancelled)
        return Suggestion(text, verdict.verified) if verdict.accepted else None
    return None


def beginnings(answer: str, place: Place) -> Sequence[str]:
    """The longest beginning of an answer that parses where it belongs, or none."""
    text = _whole(answer).rstrip()
    following = next((line.strip() for line in place.after.split("\n")[1:] if line.strip()), "")
    lines = text.split("\n")
    while lines and lines[-1].strip() and lines[-1].strip() == following and len(lines) > 1:
        lines.pop()  # it says again what is there
    broken = _errors(place.text, place.file.path)
    while lines:
        text = "\n".join(lines)
        if text.strip() and _errors(place.before + text + place.after, place.file.path) <= max(0, broken - 1):
            return [text]
        lines.pop()
    return []


def near(place: Place, files: Sequence[SourceFile]) -> tuple[SourceFile, ...]:
    """The file and what it imports, and what that imports, by relative paths; at most `MAX_NEAR` files."""
    by_path = {str(file.absolute): file for file in files}
    start = str(place.file.absolute)
    found = {start: replace(place.file, text=place.text)}
    todo = [start]
    while todo and len(found) < MAX_NEAR:
        path = todo.pop(0)
        for specifier in _IMPORT.findall(text_of(found[path])):
            base = os.path.normpath(os.path.join(os.path.dirname(path), specifier))
            bare = re.sub(r"\.[cm]?jsx?$", "", base)
            for name in (base, f"{bare}.ts", f"{bare}.tsx", f"{bare}/index.ts", f"{bare}.mts"):
                if name in by_path and name not in found and len(found) < MAX_NEAR:
                    found[name] = replace(by_path[name], text=text_of(by_path[name]))
                    todo.append(name)
    return tuple(sorted(found.values(), key=lambda file: file.path))


def _applied(files: Sequence[SourceFile], place: Place, text: str) -> tuple[SourceFile, ...]:
    return tuple(replace(file, text=text) if file.absolute == place.file.absolute else file for file in files)


def _tail(before: str) -> str:
    return before if len(before) <= MAX_BEFORE else before[-MAX_BEFORE:].partition("\n")[2]


def _signatures(place: Place, files: Sequence[SourceFile]) -> str:
    """What the file imports, as callers see it, in comments."""
    lines = []
    for file in files:
        if file.absolute != place.file.absolute:
            name = Path(os.path.relpath(file.absolute, place.file.absolute.parent)).with_suffix("").as_posix()
            for symbol in facts(text_of(file), file.path).symbols:
                if symbol.kind in ("function", "method", "class", "interface", "type") and symbol.signature:
                    lines.append(f"// {name}: {' '.join(symbol.signature.split())}")
    text = ""
    for line in lines:
        if len(text) + len(line) > MAX_SIGNATURES:
            break
        text += line + "\n"
    return text


def similar(place: Place, files: Sequence[SourceFile], root: Path) -> str:
    """The function of another file that is most like the one around the place, in comments."""
    heads = [match for match in _HEAD.finditer(place.before) if match[1] not in _NO_NAMES]
    if not heads:
        return ""
    for path, body in nearest(root, heads[-1][0].strip(" \t{")):
        if path != place.file.path and _HEAD.match(body):
            return _shown(path, body)
    wanted = set(split(heads[-1][1]))
    best: tuple[int, SourceFile, str, int] | None = None
    left = MAX_LOOKED_AT
    for file in files:
        text = text_of(file)
        left -= len(text)
        if left < 0:
            break
        if file.absolute == place.file.absolute:
            continue
        for match in _HEAD.finditer(text):
            if match[1] in _NO_NAMES:
                continue
            shared = len(wanted & set(split(match[1])))
            if shared and (best is None or shared > best[0]):
                best = shared, file, text, match.start()
    if best is None:
        return ""
    _, file, text, start = best
    return _shown(file.path, _whole(text[start : start + 4 * MAX_SIMILAR].strip("\n")))


def _shown(path: str, text: str) -> str:
    return f"// similar, in {path}:\n" + "".join(f"// {line}\n" for line in text[:MAX_SIMILAR].split("\n"))


def _grammar(place: Place, files: Sequence[SourceFile], options: Options) -> str:
    """GBNF for the rest of a member's name after a receiver that is known, and anything after it; else nothing."""
    typed = re.search(r"\.([A-Za-z_$][\w$]*)?$", place.before)
    if typed is None:
        return ""
    start = typed[1] or ""
    marker = "krepis_member_here"
    text = place.before[: len(place.before) - len(start)] + marker + place.after
    world = world_of(_applied(files, place, text), options, frozenset({""}))
    try:
        names = members_at(str(place.file.absolute), world, marker)
    except RecursionError:
        return ""
    rests = sorted({name[len(start) :] for name in names if name.startswith(start) and re.fullmatch(r"[\w$]+", name)})
    rests = [rest for rest in rests if rest]
    if not rests:
        return ""
    words = " | ".join(f'"{rest}"' for rest in rests)
    return f"root ::= ({words}) ([^A-Za-z0-9_$] rest*)?\nrest ::= [^\\x00]\n"


def _until_whole() -> Callable[[str], bool]:
    """Stops a model when what it writes is whole."""
    text = ""

    def goes_on(piece: str) -> bool:
        nonlocal text
        text += piece
        return len(_whole(text)) == len(text)

    return goes_on


def _whole(text: str) -> str:
    """A text up to the first end of a line at which everything that it opened is closed, or to a bracket that closes
    what it did not open."""
    depth = 0
    quote = ""
    at = 0
    while at < len(text):
        character = text[at]
        if quote:
            if character == "\\":
                at += 1
            elif character == quote or (character == "\n" and quote != "`"):
                quote = ""
        elif character in "'\"`":
            quote = character
        elif text.startswith("//", at):
            at = text.find("\n", at) - 1 if "\n" in text[at:] else len(text)
        elif character in _OPENING:
            depth += _OPENING[character]
            if depth < 0:
                return text[:at]
        elif character == "\n" and depth == 0 and text[:at].strip():
            return text[:at]
        at += 1
    return text


def _errors(text: str, path: str) -> int:
    """Places of a text that could not be parsed."""
    count = 0
    stack = [parsed(text, path).tree.root_node]
    while stack:
        node = stack.pop()
        if node.type == "ERROR" or node.is_missing:
            count += 1
        elif node.has_error:
            stack += node.children
    return count
