"""The writer of one function's Python text: lines, temporaries, sites, variables, and jumps across loops.

Rules: every variable is `v<n>` (a local), `c<n>` (a cell) or `t<n>` (a temporary); every literal goes through
`ascii`; every expression that is handed around is self-delimited, so it can stand anywhere.

Python has no labelled jumps.  A jump that leaves more than one Python loop sets `br` to a number and breaks;
after each loop that it crosses, a test passes it on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from krepis.twin.typescript.code import TypeRef
from krepis.twin.typescript.lowering._scope import Analysis, FnInfo, Scope, Var
from tree_sitter import Node

MAX_DEPTH = 150
MAX_INDENT = 90


class TooDeepError(Exception):
    """The function nests deeper than Python can compile."""


@dataclass(eq=False)
class Target:
    """A Python loop that is being written; `crossed` collects jumps that go through it to an outer one."""

    kind: str
    labels: frozenset[str]
    number: int
    continued: bool = False
    crossed: set[int] = field(default_factory=set)


class Gen:
    """State of the translation of one function."""

    def __init__(
        self,
        analysis: Analysis,
        info: FnInfo,
        type_numbers: dict[str, int],
        expressions: Mapping[str, Callable[[Gen, Node], str]],
        statements: Mapping[str, Callable[[Gen, Node], None]],
    ) -> None:
        self.a = analysis
        self.expressions = expressions
        self.statements = statements
        self.info = info
        self.module = analysis.module
        self.source = analysis.source
        self.kinds = analysis.kinds
        self.fields = analysis.fields
        self.bind = analysis.bind
        self.out: list[str] = []
        self.indent = " "
        self.depth = 0
        self.targets: list[Target] = []
        self.labels: frozenset[str] = frozenset()
        self.jumps = False
        self.constants: Mapping[str, int | float | str] = {}
        self.yields = False
        self._temporaries = 0
        self._loops = 0
        self._type_numbers = type_numbers
        sites = analysis.module.sites
        self._starts = sites.starts
        self._ends = sites.ends

    # ---- text

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def kind(self, node: Node) -> str:
        return self.kinds[node.kind_id]

    def emit(self, line: str) -> None:
        self.out.append(self.indent + line)

    def open(self, line: str) -> None:
        """Write a line and indent what follows."""
        self.emit(line)
        self.indent += " "
        if len(self.indent) > MAX_INDENT:
            raise TooDeepError

    def close(self) -> None:
        self.indent = self.indent[:-1]

    def tmp(self) -> str:
        self._temporaries += 1
        return f"t{self._temporaries}"

    def reset(self, count: int) -> None:
        """Forget everything after so many lines, back at the outermost level."""
        del self.out[count:]
        self.indent = " "
        self.depth = 0
        self.targets.clear()
        self.labels = frozenset()

    def site(self, node: Node) -> int:
        starts = self._starts
        starts.append(node.start_byte)
        self._ends.append(node.end_byte)
        return len(starts) - 1

    def site_at(self, start: int, name: str) -> int:
        """The site of a name that is declared at an offset."""
        self._starts.append(start)
        self._ends.append(start + len(name.encode("utf-8", "replace")))
        return len(self._starts) - 1

    def problem(self, node: Node, message: str) -> None:
        self.module.note(node.start_byte, message, "unsupported")

    def type_number(self, ref: TypeRef) -> int:
        number = self._type_numbers.get(ref.text)
        if number is None:
            number = self._type_numbers[ref.text] = len(self.module.type_refs)
            self.module.type_refs.append(ref)
        return number

    # ---- variables

    def read(self, var: Var, site: int) -> str:
        if var.alias is not None:
            return f"R.get({self.read(var.alias, site)}, {var.name!a}, {site})"
        if not var.cell:
            return var.ref
        if var.kind == "import":
            return f"R.rdimp({var.ref}, {site})"
        return f"R.rdv({var.ref}, {site})" if var.writes else f"{var.ref}.v"

    def write(self, var: Var, value: str, site: int) -> str:
        """An assignment as an expression with the value."""
        if var.alias is not None:
            return f"R.set({self.read(var.alias, site)}, {var.name!a}, {value}, {site})"
        return f"R.wrv({var.ref}, {value}, {site})" if var.cell else f"({var.ref} := {value})"

    def init(self, var: Var, value: str, site: int) -> str:
        """The first assignment as an expression, of no useful value."""
        if var.alias is not None or (var.kind == "var" and var.writes):
            return self.write(var, value, site)
        return f"R.init({var.ref}, {value})" if var.cell else f"({var.ref} := {value})"

    def environment(self, info: FnInfo) -> str:
        """The tuple of cells that a new closure captures."""
        return "(" + "".join(f"{var.ref}, " for var in info.captures) + ")"

    def create_cells(self, scope: Scope, node: Node) -> None:
        """Fresh cells at the entry of a scope."""
        maker = "modcell" if scope.kind == "module" else "cell"
        for var in scope.vars.values():
            if var.cell and var.alias is None and var.kind not in ("import", "cjs"):
                site = self.site(node) if var.pos <= 0 else self.site_at(var.pos, var.name)
                self.emit(f"{var.ref} = R.{maker}({var.name!a}, {site})")

    # ---- jumps

    def push_target(self, kind: str) -> Target:
        self._loops += 1
        target = Target(kind, self.labels, self._loops)
        self.labels = frozenset()
        self.targets.append(target)
        return target

    def pop_target(self, target: Target) -> None:
        """Leave a loop whose last line was just written, and pass crossing jumps on."""
        popped = self.targets.pop()
        assert popped is target
        for code in sorted(target.crossed):
            outer = self.targets[-1]
            if outer.number == code >> 1:
                self.open(f"if br == {code}:")
                self.emit("br = 0")
                self.emit("break" if code & 1 else "continue")
                self.close()
                if not code & 1:
                    outer.continued = True
            else:
                self.open(f"if br == {code}:")
                self.emit("break")
                self.close()

    def jump(self, *, is_break: bool, label: str | None) -> bool:
        """Write a break or continue; False when nothing encloses it."""
        found = None
        for target in reversed(self.targets):
            if label is not None:
                matches = label in target.labels
            elif is_break:
                matches = target.kind != "block"
            else:
                matches = target.kind == "loop"
            if matches:
                found = target
                break
        if found is None:
            return False
        if found is self.targets[-1]:
            found.continued = found.continued or not is_break
            self.emit("break" if is_break else "continue")
            return True
        code = 2 * found.number + is_break
        for target in reversed(self.targets):
            if target is found:
                break
            target.crossed.add(code)
        self.jumps = True
        self.emit(f"br = {code}")
        self.emit("break")
        return True
