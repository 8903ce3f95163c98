"""Names and fields as `krepis generate` takes them: `Order total:decimal status:enum(new,paid) user:references`.

Names are words of ASCII letters and digits, so that nothing of them can leave a folder, a string or an identifier. What
is made of a name always has something added (`OrderTable`, `NewOrder`), so no name hides a word of TypeScript; in SQL,
identifiers are quoted, so none is a keyword.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from krepis.server.scaffold.catalogue import ScaffoldError

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_FIELD: Final = re.compile(
    r"(?P<name>[^:]+)(?::(?P<type>[a-z]+)(?:\((?P<values>[^()]*)\))?(?P<optional>\?)?(?P<unique>:unique)?)?"
)
_VALUE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.-]{0,39}")
TYPES: Final = ("string", "text", "integer", "decimal", "boolean", "datetime", "uuid", "enum", "references")
_TAKEN: Final = frozenset({"id", "version", "constructor", "prototype", "__proto__"})
FIELDS_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Name:
    """A name in the forms that code has."""

    words: tuple[str, ...]

    @property
    def pascal(self) -> str:
        return "".join(word.capitalize() for word in self.words)

    @property
    def camel(self) -> str:
        return self.pascal[0].lower() + self.pascal[1:]

    @property
    def snake(self) -> str:
        return "_".join(self.words)

    @property
    def plural(self) -> Name:
        return Name((*self.words[:-1], _plural(self.words[-1])))

    @property
    def kebab(self) -> str:
        return "-".join(self.words)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a resource. `values` are an enum's, `target` is what a reference refers to."""

    name: Name
    type: str
    optional: bool = False
    unique: bool = False
    values: tuple[str, ...] = ()
    target: Name | None = None

    @property
    def column(self) -> str:
        return self.name.snake

    @property
    def key(self) -> str:
        """The property in TypeScript and JSON."""
        return self.name.camel


def parse_name(text: str) -> Name:
    """A name in any of the usual spellings. Raises ScaffoldError."""
    if not _NAME.fullmatch(text):
        raise ScaffoldError(f"{text!r} is not a name: a letter first, then letters, digits, - or _, at most 40")
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    words = tuple(word.lower() for word in re.split(r"[_-]+", spaced) if word)
    return Name(words)


def parse_fields(texts: tuple[str, ...]) -> tuple[Field, ...]:
    """The fields of a resource. Raises ScaffoldError for a malformed one, or one that is given twice."""
    fields = tuple(map(_field, texts))
    if len(fields) > FIELDS_MAX:
        raise ScaffoldError(f"there are {len(fields)} fields; {FIELDS_MAX} is the most")
    seen: set[str] = set()
    for field in fields:
        if field.key in seen:
            raise ScaffoldError(f"the field {field.key} is given twice")
        seen.add(field.key)
    return fields


def _field(text: str) -> Field:
    match = _FIELD.fullmatch(text)
    kind = match["type"] or "string" if match else ""
    if match is None or kind not in TYPES:
        raise ScaffoldError(f"{text!r} is not a field: write NAME:TYPE with TYPE one of {', '.join(TYPES)}; "
                            "TYPE? may be missing, TYPE:unique is there once")  # fmt: skip
    name = parse_name(match["name"])
    if kind == "references":
        target = name
        name = Name((*name.words, "id"))
    else:
        target = None
    if name.snake in _TAKEN or name.camel in _TAKEN:
        raise ScaffoldError(f"every resource has its own {name.camel}; give the field another name")
    values = tuple(value.strip() for value in match["values"].split(",")) if match["values"] is not None else ()
    if (kind == "enum") != bool(values) or len(set(values)) != len(values):
        raise ScaffoldError(f"{text!r}: an enum has its values, each once, and nothing else has: status:enum(new,paid)")
    if bad := [value for value in values if not _VALUE.fullmatch(value)]:
        raise ScaffoldError(f"{bad[0]!r} cannot be a value of an enum: letters, digits, space, _, . and - can")
    return Field(name, kind, bool(match["optional"]), bool(match["unique"]), values, target)


def _plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(s|x|z|ch|sh)$", word) else "s")
