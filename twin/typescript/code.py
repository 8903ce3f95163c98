"""What lowering makes of a module: functions, classes, types and names, ready for the machine.

The records are plain data.  What few runs need is computed at first use: the compiled function, its
digest, its documentation comment, editor positions of sites.

Rules: generated text sees only `len`, `UNDEFINED`, `NOSUPER` and its parameters.  A function that Python
cannot compile (nested too deeply for it) becomes one that raises `R.Unsupported(line, message)`.

Deliberately absent: anything about running.
"""

from __future__ import annotations

import hashlib
import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, overload

from krepis.twin.typescript.schema import Schema, from_decorators
from krepis.twin.typescript.syntax import Lines, Span
from krepis.twin.typescript.values import NOSUPER, UNDEFINED

MAX_PROBLEMS = 100
CONDITION = "__krepis_invariant_"
"""What the names of functions begin with that hold an `@invariant` and are no part of the program."""
_TOKEN = re.compile(rb"[\w$#\x80-\xff]+|\+\+|--|[^\s\w]")

FunctionKind = Literal[
    "function", "arrow", "method", "getter", "setter", "constructor", "field", "static-block", "module"
]
MemberKind = Literal["method", "get", "set", "field", "static-block", "accessor", "decorator"]
ProblemKind = Literal["parse-error", "unsupported"]


class TypeRef(NamedTuple):
    """A type as written.

    `name` is the (dotted) name of a reference or predefined type, or one of: '|' and '&' (args: the
    alternatives), '=>' and 'new' (args: parameters, then result), '[]' (args: elements of a tuple), '{}'
    (members; '[]' is the index signature, '()' the call signature), 'literal' (text holds the literal),
    'typeof' (text holds the query), 'keyof', 'lookup' (args: object, index), 'conditional' (args: the two
    outcomes), 'this'.  T[] and readonly T[] are 'Array'; mapped types are 'Record'; `undefined` and `null`
    are themselves.
    """

    name: str
    args: tuple[TypeRef, ...] = ()
    members: Mapping[str, TypeRef] = MappingProxyType({})
    text: str = ""


class Problem(NamedTuple):
    line: int
    message: str
    kind: ProblemKind


class Decorator(NamedTuple):
    """`args_text` is the text between the parentheses, '' without any."""

    name: str
    args_text: str


@dataclass(eq=False)
class FunctionCode:
    """One function, method, field initialiser, static block or module body, and its Python translation.

    `captures` names the cells in `fn.env`, in order.  `n_params` is JavaScript's `length`.
    `start` and `end` are byte offsets into `module.text`; `anchor` is where the declaration (with `export`,
    decorators, `const x =`) starts, which is what a documentation comment precedes.
    """

    index: int
    name: str
    kind: FunctionKind
    module: ModuleCode
    start: int
    end: int
    anchor: int
    is_async: bool = False
    is_generator: bool = False
    has_await: bool = False
    param_names: list[str] = field(default_factory=list)
    param_types: list[TypeRef | None] = field(default_factory=list)
    param_decorators: list[list[str]] = field(default_factory=list)
    return_type: TypeRef | None = None
    type_params: list[str] = field(default_factory=list)
    captures: list[str] = field(default_factory=list)
    n_params: int = 0
    source: str = ""

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name} of {self.module.path}>"

    @cached_property
    def span(self) -> Span:
        return self.module.lines.span(self.start, self.end)

    @cached_property
    def doc(self) -> str:
        return self.module.doc_before(self.anchor)

    @cached_property
    def digest(self) -> str:
        return self.module.digest(self.start, self.end)

    @cached_property
    def throws(self) -> bool:
        """Whether the function has a throw statement of its own."""
        return "raise R.throw(" in self.source

    @cached_property
    def fn(self) -> Callable[..., Any]:
        """The translation `f(R, fn, this, A, nt)`, compiled."""
        filename = f"<{self.module.path}:{self.index}>".encode("ascii", "backslashreplace").decode()
        try:
            return _compiled(self.source, filename.replace("\0", ""))
        except (SyntaxError, RecursionError, MemoryError, OverflowError, ValueError) as error:
            message = f"{self.name} is too deeply nested to be executed ({type(error).__name__})"
            yields = self.is_async or self.is_generator
            return _compiled(unsupported_source(self.span[0], message, yields=yields), "<unsupported>")


def unsupported_source(line: int, message: str, *, yields: bool) -> str:
    """A function body that only says that it could not be translated."""
    suffix = "\n yield" if yields else ""
    return f"def f(R, fn, this, A, nt):\n raise R.Unsupported({line}, {message!a}){suffix}\n"


def _compiled(source: str, filename: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {
        "__builtins__": {"len": len},
        "UNDEFINED": UNDEFINED,
        "NOSUPER": NOSUPER,
    }
    exec(compile(source, filename, "exec", dont_inherit=True), namespace)
    function: Callable[..., Any] = namespace["f"]
    return function


@dataclass
class Member:
    """One member of a class.  `name` is None when computed; a private name includes its '#'.

    `code` is the method, accessor, static block, or (kind 'field' and 'accessor') the initialiser.
    An `ambient` member (`declare x`, `abstract x`) has a type and nothing at run time.
    """

    kind: MemberKind
    static: bool
    name: str | None
    private: bool
    type: TypeRef | None
    decorators: list[Decorator]
    code: FunctionCode | None
    readonly: bool
    ambient: bool = False


@dataclass(eq=False)
class ClassCode:
    """A class.  `members` keeps source order; `ctor` is not among them.

    `functions` are its functions in the order of the environments that `R.class_` gets: the constructor (if
    any), then members with code.  `has_super` says that it extends something.
    """

    index: int
    name: str
    module: ModuleCode
    start: int
    end: int
    anchor: int
    has_super: bool = False
    super_type: TypeRef | None = None
    abstract: bool = False
    decorators: list[Decorator] = field(default_factory=list)
    ctor: FunctionCode | None = None
    members: list[Member] = field(default_factory=list)
    param_properties: list[tuple[int, str]] = field(default_factory=list)
    implements: list[TypeRef] = field(default_factory=list)
    type_params: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<class {self.name} of {self.module.path}>"

    @cached_property
    def tables(self) -> Schema:
        """What the decorators of an entity say about its table."""
        members = [(m.name, [(d.name, d.args_text) for d in m.decorators]) for m in self.members if m.name is not None]
        return from_decorators(self.name, [(d.name, d.args_text) for d in self.decorators], members)

    @cached_property
    def plain(self) -> bool:
        """Whether defining the class runs no code of its own: no static state, no computed names."""
        return all(
            m.name is not None and (m.kind == "method" or not m.static) and m.kind != "static-block"
            for m in self.members
        )

    @property
    def functions(self) -> list[FunctionCode]:
        own = [self.ctor] if self.ctor else []
        return own + [member.code for member in self.members if member.code]

    @cached_property
    def span(self) -> Span:
        return self.module.lines.span(self.start, self.end)

    @cached_property
    def doc(self) -> str:
        return self.module.doc_before(self.anchor)


class Condition(NamedTuple):
    """An `@invariant`: the top-level function that evaluates `text`, and the class of its `this`, '' for none."""

    name: str
    text: str
    line: int
    cls: str


@dataclass
class TypeDecl:
    """An interface, alias or enum.  The type parameters are names in order; `type` of an enum is '{}'."""

    name: str
    kind: Literal["interface", "alias", "enum"]
    type: TypeRef
    extends: list[TypeRef] = field(default_factory=list)
    type_params: list[str] = field(default_factory=list)


class Sites(Sequence[Span]):
    """Spans of the syntax that operations came from, by site number; positions are computed on access."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.starts = array("L")
        self.ends = array("L")

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, index: int) -> Span: ...
    @overload
    def __getitem__(self, index: slice) -> list[Span]: ...
    def __getitem__(self, index: int | slice) -> Span | list[Span]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        return self._lines.span(self.starts[index], self.ends[index])


@dataclass(eq=False)
class ModuleCode:
    """A lowered module.

    `imports` maps a local name to (specifier, imported name, '*' or 'default'), type-only imports included;
    `exports` an exported name to the local one; `reexports` an exported name to (specifier, name or '*'),
    also for imported names that are exported.  `side_imports` lists modules imported for their effects only.
    `opaque` are spans of comments and of literals whose spaces matter, in order: (start, end, is comment).
    """

    path: str
    text: bytes = b""
    functions: list[FunctionCode] = field(default_factory=list)
    classes: list[ClassCode] = field(default_factory=list)
    types: dict[str, TypeDecl] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    side_imports: list[str] = field(default_factory=list)
    exports: dict[str, str] = field(default_factory=dict)
    reexports: dict[str, tuple[str, str]] = field(default_factory=dict)
    star_exports: list[str] = field(default_factory=list)
    top_level: dict[str, str] = field(default_factory=dict)
    var_types: dict[str, TypeRef] = field(default_factory=dict)
    type_refs: list[TypeRef] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    is_commonjs: bool = False
    uses_async: bool = False
    opaque: list[tuple[int, int, bool]] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"<module {self.path}>"

    @cached_property
    def lines(self) -> Lines:
        return Lines(self.text)

    @cached_property
    def sites(self) -> Sites:
        return Sites(self.lines)

    @cached_property
    def layout_digest(self) -> bytes:
        """A digest of the lines that can change what is found."""
        from krepis.twin.typescript.layout import layout

        text = self.text.decode("utf-8", "surrogateescape")
        found = layout(text, self.path)
        return found.digest if found is not None else hashlib.blake2b(self.text, digest_size=16).digest()

    def uncommented(self, start: int, end: int) -> bytes:
        """A part of the text without its comments."""
        out, at = b"", start
        for index in range(bisect_left(self.opaque, (start, 0, False)), len(self.opaque)):
            comment_start, comment_end, is_comment = self.opaque[index]
            if comment_start >= end:
                break
            if is_comment:
                out += self.text[at:comment_start]
                at = comment_end
        return out + self.text[at:end]

    def note(self, offset: int, message: str, kind: ProblemKind) -> None:
        """Add a problem, once a line and message; after `MAX_PROBLEMS` of them, that there are more."""
        if len(self.problems) > MAX_PROBLEMS:
            return
        if len(self.problems) == MAX_PROBLEMS:
            message = "there are more problems in this file"
        problem = Problem(self.lines.line(offset), message, kind)
        if problem not in self.problems:
            self.problems.append(problem)

    def doc_before(self, offset: int) -> str:
        """The documentation comment that ends right before an offset, without its stars; '' if none."""
        before = self.text[:offset].rstrip() if offset < 4096 else self.text[offset - 4096 : offset].rstrip()
        if not before.endswith(b"*/"):
            return ""
        start = before.rfind(b"/*")
        if start < 0 or before[start : start + 3] != b"/**":
            return ""
        body = before[start + 3 : -2].decode("utf-8", "replace")
        lines = [re.sub(r"^\s*\*? ?", "", line).rstrip() for line in body.splitlines()]
        return "\n".join(lines).strip()

    def digest(self, start: int, end: int) -> str:
        """A hash over the tokens of a part of the text; spaces and comments do not matter."""
        digest = hashlib.blake2b(digest_size=16)
        position = start
        first = bisect_left(self.opaque, (start, 0, False))
        for index in range(first, len(self.opaque)):
            literal_start, literal_end, is_comment = self.opaque[index]
            if literal_start >= end:
                break
            digest.update(b"\0".join(_TOKEN.findall(self.text, position, literal_start)) + b"\0")
            if not is_comment:
                digest.update(self.text[literal_start:literal_end] + b"\0")
            position = literal_end
        digest.update(b"\0".join(_TOKEN.findall(self.text, position, end)))
        return digest.hexdigest()
