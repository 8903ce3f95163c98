"""Expressions to Python expressions.

Every function takes the writer and a node and returns self-delimited Python text whose evaluation order is
JavaScript's.  What needs several steps becomes a tuple of assignment expressions, its value the last item.

Patterns use two operations: `R.destructure(v, n, rest, s)` gives a list of the first n values of an
iterable, padded with undefined, and one more, the array of all others, if `rest`; `R.rest_obj(o, [keys], s)`
a copy of an object without some keys.  A default is taken when `R.unlikely(R.seq(v, UNDEFINED, s), s)`.
"""

from __future__ import annotations

from collections.abc import Callable

from krepis.twin.typescript.code import TypeRef
from krepis.twin.typescript.lowering._emit import MAX_DEPTH, Gen, TooDeepError
from krepis.twin.typescript.lowering._scope import FUNCTIONS, MEMBERS, NAMES, WRAPPERS
from krepis.twin.typescript.lowering._text import (
    number_text,
    number_value,
    property_name,
    string_value,
    unescape,
)
from tree_sitter import Node

_CHAIN = frozenset({"call_expression", "member_expression", "subscript_expression"})
_SPILL = 16
_UNTYPED = frozenset({"any", "unknown", "never", "void", "undefined", "null", "const", "string", "number"})
_UNTYPED |= {"boolean", "bigint", "symbol", "literal", "object"}

_BINARY = {
    "'+": "add",
    "'-": "sub",
    "'*": "mul",
    "'/": "div",
    "'%": "mod",
    "'**": "pow",
    "'&": "bitand",
    "'|": "bitor",
    "'^": "bitxor",
    "'<<": "shl",
    "'>>": "shr",
    "'>>>": "ushr",
    "'<": "lt",
    "'<=": "le",
    "'>": "gt",
    "'>=": "ge",
    "'==": "eq",
    "'!=": "ne",
    "'===": "seq",
    "'!==": "sne",
    "'in": "has",
    "'instanceof": "instanceof",
}
_UNARY = {"'-": "neg", "'+": "pos", "'!": "not_", "'~": "bitnot", "'typeof": "typeof"}
_LOGICAL = frozenset({"'&&", "'||", "'??"})


def expr(g: Gen, node: Node) -> str:
    """Any expression."""
    g.depth += 1
    if g.depth > MAX_DEPTH:
        raise TooDeepError
    text = _EXPRESSIONS.get(g.kinds[node.kind_id], _unknown)(g, node)
    g.depth -= 1
    return text


def sequence(parts: list[str]) -> str:
    """Evaluate in order; the value of the last."""
    if len(parts) == 1:
        return parts[0]
    return "(" + ", ".join(parts) + ")[-1]"


def first_child(g: Gen, node: Node) -> Node | None:
    """The first named child that is not a comment."""
    for child in node.named_children:
        if g.kinds[child.kind_id] != "comment":
            return child
    return None


def named(g: Gen, node: Node) -> list[Node]:
    """The named children without comments."""
    return [child for child in node.named_children if g.kinds[child.kind_id] != "comment"]


def condition(g: Gen, node: Node, when_true: str = "truth", when_false: str = "truth") -> str:
    """A Python bool.  `when_true` names the operation at positive places, `when_false` under a negation."""
    while g.kinds[node.kind_id] in ("parenthesized_expression", "non_null_expression"):
        inner = first_child(g, node)
        if inner is None:
            break
        node = inner
    kind = g.kinds[node.kind_id]
    if kind == "unary_expression":
        operator = node.child_by_field_id(g.fields.operator)
        argument = node.child_by_field_id(g.fields.argument)
        if operator is not None and argument is not None and g.kinds[operator.kind_id] == "'!":
            g.depth += 1
            if g.depth > MAX_DEPTH:
                raise TooDeepError
            text = condition(g, argument, when_false, when_true)
            g.depth -= 1
            return f"(not {text})"
    elif kind == "binary_expression":
        operator = node.child_by_field_id(g.fields.operator)
        token = g.kinds[operator.kind_id] if operator is not None else ""
        if token in ("'&&", "'||"):
            operands = [condition(g, part, when_true, when_false) for part in _operands(g, node, token)]
            return "(" + (" and " if token == "'&&" else " or ").join(operands) + ")"
    elif kind in ("true", "false"):
        return kind.capitalize()
    return f"R.{when_true}({expr(g, node)}, {g.site(node)})"


def _operands(g: Gen, node: Node, token: str) -> list[Node]:
    """The operands of a chain of one logical operator, left to right."""
    found: list[Node] = []
    while True:
        left = node.child_by_field_id(g.fields.left)
        right = node.child_by_field_id(g.fields.right)
        if right is not None:
            found.append(right)
        if left is None:
            break
        operator = (
            left.child_by_field_id(g.fields.operator)
            if g.kinds[left.kind_id] == "binary_expression"
            else None
        )
        if operator is None or g.kinds[operator.kind_id] != token:
            found.append(left)
            break
        node = left
    found.reverse()
    return found


def key_of(g: Gen, node: Node) -> str:
    """A property key: a Python str when static, else the value of the expression."""
    name = property_name(g.source, g.kinds, node)
    if name is not None:
        return ascii(name)
    if g.kinds[node.kind_id] == "computed_property_name":
        inner = first_child(g, node)
        return expr(g, inner) if inner is not None else "UNDEFINED"
    return expr(g, node)


def index_of(g: Gen, node: Node) -> str:
    """The key of `o[index]`."""
    value = string_value(g.source, g.kinds, node)
    return ascii(value) if value is not None else expr(g, node)


def arguments(g: Gen, node: Node | None) -> str:
    """A Python list of argument or element values."""
    if node is None:
        return "[]"
    return elements(g, named(g, node))


def elements(g: Gen, nodes: list[Node]) -> str:
    if any(g.kinds[child.kind_id] == "spread_element" for child in nodes):
        parts = []
        for child in nodes:
            if g.kinds[child.kind_id] == "spread_element":
                inner = first_child(g, child)
                parts.append(f"(1, {expr(g, inner) if inner is not None else 'UNDEFINED'})")
            else:
                parts.append(f"(0, {expr(g, child)})")
        return f"R.spread([{', '.join(parts)}], {g.site(nodes[0])})"
    return "[" + ", ".join([expr(g, child) for child in nodes]) + "]"


def _unknown(g: Gen, node: Node) -> str:
    g.problem(node, f"this expression is not supported ({g.kinds[node.kind_id]})")
    return "UNDEFINED"


def _missing(node: Node | None, g: Gen) -> str:
    return expr(g, node) if node is not None else "UNDEFINED"


# ---- atoms


def _identifier(g: Gen, node: Node) -> str:
    var = g.bind.get(node.start_byte)
    if var is not None:
        if not var.cell and var.alias is None:
            return var.ref
        return g.read(var, g.site(node))
    return f"R.glob({g.text(node)!a}, {g.site(node)})"


def _string(g: Gen, node: Node) -> str:
    return ascii(unescape(g.text(node)[1:-1]))


def _number(g: Gen, node: Node) -> str:
    text = g.text(node)
    if text.endswith("n"):
        digits = text[:-1].replace("_", "")
        try:
            value = int(digits, 0) if digits[:2].lower() in ("0x", "0o", "0b") else int(digits)
        except ValueError:
            return "R.bigint(0)"
        return f"R.bigint({value})" if abs(value) < 10**4000 else "R.bigint(0)"
    number = number_value(text)
    return "UNDEFINED" if number is None else number_text(number)


def _template(g: Gen, node: Node) -> str:
    strings, values = _template_parts(g, node)
    if not values:
        return ascii(unescape(strings[0]))
    cooked = ", ".join(ascii(unescape(part)) for part in strings)
    return f"R.tmpl([{cooked}], [{', '.join(values)}], {g.site(node)})"


def _template_parts(g: Gen, node: Node) -> tuple[list[str], list[str]]:
    """The raw texts between substitutions, and the substitutions."""
    strings: list[str] = []
    values: list[str] = []
    position = node.start_byte + 1
    for child in node.named_children:
        if g.kinds[child.kind_id] == "template_substitution":
            strings.append(g.source[position : child.start_byte].decode("utf-8", "replace"))
            inner = first_child(g, child)
            values.append(_missing(inner, g))
            position = child.end_byte
    strings.append(g.source[position : max(position, node.end_byte - 1)].decode("utf-8", "replace"))
    return [part.replace("\r\n", "\n") for part in strings], values


def _regex(g: Gen, node: Node) -> str:
    flags = node.child_by_field_id(g.fields.flags)
    pattern = node.child_by_field_id(g.fields.pattern)
    return f"R.regex({g.text(pattern) if pattern else ''!a}, {g.text(flags) if flags else ''!a})"


def _meta(g: Gen, node: Node) -> str:
    return "nt" if g.source[node.start_byte : node.start_byte + 3] == b"new" else "R.import_meta()"


def _wrapped(g: Gen, node: Node) -> str:
    return _missing(first_child(g, node), g)


def _typed(g: Gen, node: Node) -> str:
    """`e as T`."""
    children = named(g, node)
    if not children:
        return "UNDEFINED"
    value = expr(g, children[0])
    return typed(g, g.a.types.of(children[1]), value) if len(children) > 1 else value


def _asserted(g: Gen, node: Node) -> str:
    """`<T>e`."""
    children = named(g, node)
    if len(children) != 2:
        return "UNDEFINED"
    types = g.a.types.arguments(children[0])
    value = expr(g, children[1])
    return typed(g, types[0], value) if types else value


def typed(g: Gen, ref: TypeRef | None, value: str) -> str:
    """A value with the type that an annotation gives it, where the machine can use it."""
    if (
        ref is None
        or ref.name in _UNTYPED
        or value.startswith(("'", "R.func(", "R.arrow("))
        or value.isdigit()
    ):
        return value
    if ref.name == "|" and all(part.name in _UNTYPED for part in ref.args):
        return value
    return f"R.typed({value}, {g.type_number(ref)})"


# ---- member access, calls


def _chain(g: Gen, node: Node) -> str:
    return chain(g, node)


def chain(g: Gen, node: Node, *, deleting: bool = False) -> str:
    """A chain of member accesses and calls, with `?.` cutting off everything after it."""
    kinds = g.kinds
    fields = g.fields
    links: list[tuple[str, Node]] = []
    current = node
    while True:
        kind = kinds[current.kind_id]
        if kind in _CHAIN:
            inner = current.child_by_field_id(fields.function if kind == "call_expression" else fields.object)
            links.append((kind, current))
        elif kind == "non_null_expression":
            inner = first_child(g, current)
        elif kind in WRAPPERS and links and links[-1][0] == "call_expression":
            inside = g.a.unwrap(current)
            keeps_this = (
                kinds[inside.kind_id] in MEMBERS
                and b"?." not in (g.source[inside.start_byte : inside.end_byte])
            )
            if not keeps_this:
                break
            inner = inside
        else:
            break
        if inner is None:
            return "UNDEFINED"
        current = inner
    links.reverse()
    text, at = _chain_start(g, kinds[current.kind_id], current, links)
    done: list[str] = []
    prefix = ""
    weight = 0
    while at < len(links):
        kind, link = links[at]
        site = g.site(link)
        weight += 1
        if weight > _SPILL and not prefix:
            name = g.tmp()
            done.append(f"{name} := {text}")
            text = name
            weight = 0
        if kind == "call_expression":
            if _is_optional_call(g, link):
                name = g.tmp()
                prefix += f"UNDEFINED if R.nullish(({name} := {text}), {site}) else "
                text = name
            text = _call(g, link, text, "UNDEFINED", site)
            at += 1
            continue
        if link.child_by_field_id(fields.optional_chain) is not None:
            name = g.tmp()
            prefix += f"UNDEFINED if R.nullish(({name} := {text}), {site}) else "
            text = name
        key = _link_key(g, kind, link)
        if at + 1 < len(links) and links[at + 1][0] == "call_expression":
            call = links[at + 1][1]
            site = g.site(call)
            template = _is_template_call(g, call)
            if _is_optional_call(g, call) or template:
                receiver, function = g.tmp(), g.tmp()
                fetch = f"({function} := R.get(({receiver} := {text}), {key}, {site}))"
                if template:
                    text = _call(g, call, fetch, receiver, site)
                else:
                    prefix += f"UNDEFINED if R.nullish({fetch}, {site}) else "
                    text = _call(g, call, function, receiver, site)
            else:
                given = arguments(g, call.child_by_field_id(fields.arguments))
                text = f"R.callm({text}, {key}, {given}, {site})"
            at += 2
            continue
        operation = "delete" if deleting and at == len(links) - 1 else "get"
        text = f"R.{operation}({text}, {key}, {site})"
        at += 1
    if prefix:
        text = f"({prefix}{text})"
    return sequence([*done, text]) if done else text


def _link_key(g: Gen, kind: str, link: Node) -> str:
    if kind == "member_expression":
        name = link.child_by_field_id(g.fields.property)
        return ascii(g.text(name)) if name is not None else "''"
    index = link.child_by_field_id(g.fields.index)
    return index_of(g, index) if index is not None else "UNDEFINED"


def _chain_start(g: Gen, kind: str, base: Node, links: list[tuple[str, Node]]) -> tuple[str, int]:
    """The value that a chain starts from, and how many links it took."""
    if not links:
        return expr(g, base), 0
    first_kind, first = links[0]
    fields = g.fields
    if kind == "super":
        site = g.site(first)
        if first_kind == "call_expression":
            given = arguments(g, first.child_by_field_id(fields.arguments))
            return f"R.supercall(fn, this, {given}, nt, {site})", 1
        key = _link_key(g, first_kind, first)
        if len(links) > 1 and links[1][0] == "call_expression" and not _is_template_call(g, links[1][1]):
            call = links[1][1]
            given = arguments(g, call.child_by_field_id(fields.arguments))
            return f"R.supermethod(fn, this, {key}, {given}, {g.site(call)})", 2
        return f"R.superget(fn, this, {key}, {site})", 1
    if first_kind == "call_expression":
        given_nodes = first.child_by_field_id(fields.arguments)
        nodes = named(g, given_nodes) if given_nodes is not None else []
        if kind == "import" and nodes:
            return f"R.import_({expr(g, nodes[0])}, {g.site(first)})", 1
        if kind == "identifier" and len(nodes) == 1 and g.bind.get(base.start_byte) is None:
            specifier = string_value(g.source, g.kinds, nodes[0])
            if specifier is not None and g.text(base) == "require":
                return f"R.require({specifier!a}, {g.site(first)})", 1
    return expr(g, base), 0


def _is_optional_call(g: Gen, call: Node) -> bool:
    return call.child_count > 2 and any(g.kinds[child.kind_id] == "'?." for child in call.children)


def _is_template_call(g: Gen, call: Node) -> bool:
    given = call.child_by_field_id(g.fields.arguments)
    return given is not None and g.kinds[given.kind_id] == "template_string"


def _call(g: Gen, call: Node, function: str, this: str, site: int) -> str:
    given = call.child_by_field_id(g.fields.arguments)
    if given is not None and g.kinds[given.kind_id] == "template_string":
        strings, values = _template_parts(g, given)
        cooked = ", ".join(ascii(unescape(part)) for part in strings)
        raw = ", ".join(ascii(part) for part in strings)
        return f"R.tagged({function}, {this}, [{cooked}], [{raw}], [{', '.join(values)}], {site})"
    return f"R.call({function}, {this}, {arguments(g, given)}, {site})"


def _new(g: Gen, node: Node) -> str:
    fields = g.fields
    constructor = node.child_by_field_id(fields.constructor)
    given_types = node.child_by_field_id(fields.type_arguments)
    number: int | None = None
    if given_types is not None and constructor is not None:
        name = "".join(g.text(constructor).split())
        types = g.a.types.arguments(given_types)
        number = g.type_number(TypeRef(name, types, text=name + g.text(given_types)))
    callee = _missing(constructor, g)
    given = arguments(g, node.child_by_field_id(fields.arguments))
    return f"R.new({callee}, {given}, {g.site(node)}, {number})"


# ---- operators


def _binary(g: Gen, node: Node) -> str:
    fields = g.fields
    steps: list[tuple[str, Node, Node]] = []
    current = node
    while g.kinds[current.kind_id] == "binary_expression":
        operator = current.child_by_field_id(fields.operator)
        left = current.child_by_field_id(fields.left)
        right = current.child_by_field_id(fields.right)
        if operator is None or left is None or right is None:
            return "UNDEFINED"
        token = g.kinds[operator.kind_id]
        if token in _LOGICAL:
            break
        steps.append((token, right, current))
        current = left
    if not steps:
        return _logical(g, current)
    text = (
        key_of(g, current) if g.kinds[current.kind_id] == "private_property_identifier" else expr(g, current)
    )
    done: list[str] = []
    for count, (token, right, whole) in enumerate(reversed(steps), 1):
        operation = _BINARY.get(token)
        if operation is None:
            return _unknown(g, whole)
        text = f"R.{operation}({text}, {expr(g, right)}, {g.site(whole)})"
        if count % _SPILL == 0 and count < len(steps):
            name = g.tmp()
            done.append(f"{name} := {text}")
            text = name
    return sequence([*done, text])


def _logical(g: Gen, node: Node) -> str:
    operator = node.child_by_field_id(g.fields.operator)
    token = g.kinds[operator.kind_id] if operator is not None else ""
    operands = _operands(g, node, token)
    text = expr(g, operands[0])
    done: list[str] = []
    for count, right in enumerate(operands[1:], 1):
        name = g.tmp()
        text = logical(g, token, name, text, expr(g, right), g.site(node))
        if count % 8 == 0 and count < len(operands) - 1:
            whole = g.tmp()
            done.append(f"{whole} := {text}")
            text = whole
    return sequence([*done, text])


def logical(g: Gen, token: str, name: str, left: str, right: str, site: int) -> str:
    """`left && right` and its relatives; `name` holds the left value."""
    if token.startswith("'&&"):
        return f"({right} if R.truth(({name} := {left}), {site}) else {name})"
    if token.startswith("'||"):
        return f"({name} if R.truth(({name} := {left}), {site}) else {right})"
    return f"({right} if R.nullish(({name} := {left}), {site}) else {name})"


def _unary(g: Gen, node: Node) -> str:
    operator = node.child_by_field_id(g.fields.operator)
    argument = node.child_by_field_id(g.fields.argument)
    if operator is None or argument is None:
        return "UNDEFINED"
    token = g.kinds[operator.kind_id]
    if token == "'delete":
        inner = g.a.unwrap(argument)
        if g.kinds[inner.kind_id] in MEMBERS:
            return chain(g, inner, deleting=True)
        return sequence([expr(g, argument), "True"])
    if token == "'void":
        return f"R.void({expr(g, argument)})"
    if token == "'typeof":
        inner = g.a.unwrap(argument)
        if g.kinds[inner.kind_id] == "identifier" and inner.start_byte not in g.bind:
            return f"R.typeof_glob({g.text(inner)!a}, {g.site(node)})"
    if token == "'!":
        inner = g.a.unwrap(argument)
        if (
            g.kinds[inner.kind_id] == "unary_expression"
            and g.source[inner.start_byte : inner.start_byte + 1] == b"!"
        ):
            return condition(g, node)
    if token == "'-" and g.kinds[argument.kind_id] == "number":
        value = number_value(g.text(argument))
        if value:
            return f"({number_text(-value)})" if value != float("inf") else "(-1e999)"
    operation = _UNARY.get(token)
    if operation is None:
        return _unknown(g, node)
    return f"R.{operation}({expr(g, argument)}, {g.site(node)})"


def _update(g: Gen, node: Node) -> str:
    """`x++` and `--x`."""
    return update(g, node, wants_old=g.source[node.start_byte : node.start_byte + 2] not in (b"++", b"--"))


def update(g: Gen, node: Node, *, wants_old: bool) -> str:
    argument = node.child_by_field_id(g.fields.argument)
    operator = node.child_by_field_id(g.fields.operator)
    if argument is None or operator is None:
        return "UNDEFINED"
    operation = "inc" if g.kinds[operator.kind_id] == "'++" else "dec"
    old = g.tmp() if wants_old else ""
    place = _place(g, g.a.unwrap(argument))
    site = g.site(node)
    number = f"R.num({place.read}, {site})"
    if wants_old:
        number = f"({old} := {number})"
    text = place.write(f"R.{operation}({number}, {site})")
    return sequence([text, old]) if wants_old else text


class _Place:
    """Something that can be read and then written: evaluating `read` first fixes its object and key."""

    __slots__ = ("_after", "_before", "read")

    def __init__(self, read: str, before: str, after: str) -> None:
        self.read = read
        self._before = before
        self._after = after

    def write(self, value: str) -> str:
        return self._before + value + self._after


def _place(g: Gen, node: Node) -> _Place:
    kind = g.kinds[node.kind_id]
    site = g.site(node)
    fields = g.fields
    if kind in NAMES:
        var = g.bind.get(node.start_byte)
        if var is None:
            name = ascii(g.text(node))
            return _Place(f"R.glob({name}, {site})", f"R.setglob({name}, ", f", {site})")
        before, _, after = g.write(var, "\0", site).partition("\0")
        return _Place(g.read(var, site), before, after)
    if kind in MEMBERS:
        base = node.child_by_field_id(fields.object)
        if base is not None and g.kinds[base.kind_id] == "super":
            key = _link_key(g, kind, node)
            return _Place(f"R.superget(fn, this, {key}, {site})", f"R.set(this, {key}, ", f", {site})")
        target = _missing(base, g)
        object_again = target
        if not _is_stable(target):
            object_again = g.tmp()
            target = f"({object_again} := {target})"
        key = _link_key(g, kind, node)
        key_again = key
        if kind == "subscript_expression" and not (_is_stable(key) or key[0] in "'\"" or key.isdigit()):
            key_again = g.tmp()
            key = f"({key_again} := {key})"
        read = f"R.get({object_again}, {key_again}, {site})"
        return _Place(read, f"R.set({target}, {key}, ", f", {site})")
    return _Place(_unknown(g, node), f"({g.tmp()} := ", ")")


def _is_stable(text: str) -> bool:
    """Whether the text is a Python name: reading it twice before anything else runs gives the same."""
    return text.isidentifier()


def _ternary(g: Gen, node: Node) -> str:
    fields = g.fields
    test = node.child_by_field_id(fields.condition)
    if test is None:
        return "UNDEFINED"
    then = _missing(node.child_by_field_id(fields.consequence), g)
    otherwise = _missing(node.child_by_field_id(fields.alternative), g)
    return f"({then} if {condition(g, test)} else {otherwise})"


def _sequence(g: Gen, node: Node) -> str:
    parts: list[str] = []
    pending = [node]
    while pending:
        current = pending.pop()
        if g.kinds[current.kind_id] == "sequence_expression":
            pending.extend(reversed(named(g, current)))
        else:
            parts.append(expr(g, current))
    return sequence(parts) if parts else "UNDEFINED"


def _await(g: Gen, node: Node) -> str:
    return f"({await_(g, node)})"


def await_(g: Gen, node: Node) -> str:
    """`yield ...` without parentheses, for statements."""
    g.yields = True
    inner = first_child(g, node)
    value = _missing(inner, g)
    return f"yield (0, {value}, {g.site(node)})"


def _yield(g: Gen, node: Node) -> str:
    g.yields = True
    inner = first_child(g, node)
    code = 2 if any(g.kinds[child.kind_id] == "'*" for child in node.children) else 1
    return f"(yield ({code}, {_missing(inner, g)}, {g.site(node)}))"


# ---- assignment


def _assign(g: Gen, node: Node) -> str:
    left = node.child_by_field_id(g.fields.left)
    right = node.child_by_field_id(g.fields.right)
    if left is None or right is None:
        return "UNDEFINED"
    target = g.a.unwrap(left)
    kind = g.kinds[target.kind_id]
    if kind in ("object_pattern", "array_pattern"):
        value = g.tmp()
        steps = [f"({value} := {expr(g, right)})"]
        bind(g, target, value, steps, None)
        return sequence([*steps, value])
    return assign_to(g, target, node, right)


def assign_to(g: Gen, target: Node, whole: Node, right: Node) -> str:
    """`target = right` for a name or a member."""
    kind = g.kinds[target.kind_id]
    if kind in NAMES:
        value = expr(g, right)
        return store(g, target, value, g.site(whole))
    if kind in MEMBERS:
        base = target.child_by_field_id(g.fields.object)
        is_super = base is not None and g.kinds[base.kind_id] == "super"
        receiver = "this" if is_super else _missing(base, g)
        key = _link_key(g, kind, target)
        return f"R.set({receiver}, {key}, {expr(g, right)}, {g.site(whole)})"
    return sequence([expr(g, right), _unknown(g, target)])


def store(g: Gen, name: Node, value: str, site: int) -> str:
    """An assignment to a variable by name."""
    var = g.bind.get(name.start_byte)
    if var is None:
        return f"R.setglob({g.text(name)!a}, {value}, {site})"
    if var.kind == "import":
        return value
    return g.write(var, value, site)


def _augmented(g: Gen, node: Node) -> str:
    left = node.child_by_field_id(g.fields.left)
    right = node.child_by_field_id(g.fields.right)
    operator = node.child_by_field_id(g.fields.operator)
    if left is None or right is None or operator is None:
        return "UNDEFINED"
    token = g.kinds[operator.kind_id]
    target = g.a.unwrap(left)
    site = g.site(node)
    if token in ("'&&=", "'||=", "'??="):
        return _logical_assign(g, token, target, right, site)
    place = _place(g, target)
    operation = _BINARY.get(token[:-1])
    if operation is None:
        return _unknown(g, node)
    return place.write(f"R.{operation}({place.read}, {expr(g, right)}, {site})")


def _logical_assign(g: Gen, token: str, target: Node, right: Node, site: int) -> str:
    kind = g.kinds[target.kind_id]
    if kind in MEMBERS:
        # The object and the key are evaluated once, by the test, which runs first.
        receiver = _missing(target.child_by_field_id(g.fields.object), g)
        again = receiver
        if receiver != "this":
            again = g.tmp()
            receiver = f"({again} := {receiver})"
        key = _link_key(g, kind, target)
        key_again = key
        if key[0] not in "'\"" and not key.isdigit():
            key_again = g.tmp()
            key = f"({key_again} := {key})"
        read = f"R.get({receiver}, {key}, {site})"
        write = f"R.set({again}, {key_again}, {expr(g, right)}, {site})"
    else:
        place = _place(g, target)
        read = place.read
        write = place.write(expr(g, right))
    return logical(g, token, g.tmp(), read, write, site)


# ---- patterns


def bind(g: Gen, pattern: Node, value: str, steps: list[str], declared: str | None) -> None:
    """Append the steps that match a pattern against a value (a name or an expression evaluated once).

    `declared` is None for assignments, else 'let', 'const', 'var' or 'param'.
    """
    g.depth += 1
    if g.depth > MAX_DEPTH:
        raise TooDeepError
    fields = g.fields
    kind = g.kinds[pattern.kind_id]
    if kind in NAMES:
        site = g.site(pattern)
        var = g.bind.get(pattern.start_byte)
        if declared is not None and var is not None:
            steps.append(g.init(var, value, site))
        else:
            steps.append(store(g, pattern, value, site))
    elif kind in ("assignment_pattern", "object_assignment_pattern"):
        left = pattern.child_by_field_id(fields.left)
        right = pattern.child_by_field_id(fields.right)
        if left is not None:
            bind(g, left, with_default(g, value, right), steps, declared)
    elif kind == "object_pattern":
        _bind_object(g, pattern, value, steps, declared)
    elif kind == "array_pattern":
        _bind_array(g, pattern, value, steps, declared)
    elif kind in WRAPPERS:
        bind(g, g.a.unwrap(pattern), value, steps, declared)
    elif kind in MEMBERS:
        base = pattern.child_by_field_id(fields.object)
        key = _link_key(g, kind, pattern)
        steps.append(f"R.set({_missing(base, g)}, {key}, {value}, {g.site(pattern)})")
    elif kind == "rest_pattern":
        inner = first_child(g, pattern)
        if inner is not None:
            bind(g, inner, value, steps, declared)
    else:
        steps.append(_unknown(g, pattern))
    g.depth -= 1


def with_default(g: Gen, value: str, default: Node | None) -> str:
    """The value, or a default when it is undefined."""
    if default is None:
        return value
    name = g.tmp()
    site = g.site(default)
    fallback = expr(g, default)
    test = f"({name} := {value}) is UNDEFINED or R.unlikely(R.seq({name}, UNDEFINED, {site}), {site})"
    return f"({fallback} if {test} else {name})"


def _bind_object(g: Gen, pattern: Node, value: str, steps: list[str], declared: str | None) -> None:
    fields = g.fields
    name = value
    if not value.isidentifier():
        name = g.tmp()
        steps.append(f"({name} := {value})")
    keys: list[str] = []
    for child in named(g, pattern):
        kind = g.kinds[child.kind_id]
        site = g.site(child)
        if kind == "shorthand_property_identifier_pattern":
            key = ascii(g.text(child))
            keys.append(key)
            bind(g, child, f"R.get({name}, {key}, {site})", steps, declared)
        elif kind == "object_assignment_pattern":
            left = child.child_by_field_id(fields.left)
            key = ascii(g.text(left)) if left is not None else "''"
            keys.append(key)
            bind(g, child, f"R.get({name}, {key}, {site})", steps, declared)
        elif kind == "pair_pattern":
            key_node = child.child_by_field_id(fields.key)
            target = child.child_by_field_id(fields.value)
            if key_node is None or target is None:
                continue
            key = key_of(g, key_node)
            if key[0] not in "'\"":
                computed = g.tmp()
                steps.append(f"({computed} := {key})")
                key = computed
            keys.append(key)
            bind(g, target, f"R.get({name}, {key}, {site})", steps, declared)
        elif kind == "rest_pattern":
            bind(g, child, f"R.rest_obj({name}, [{', '.join(keys)}], {site})", steps, declared)


def _bind_array(g: Gen, pattern: Node, value: str, steps: list[str], declared: str | None) -> None:
    items: list[Node | None] = []
    rest: Node | None = None
    pending = True
    for child in pattern.children:
        kind = g.kinds[child.kind_id]
        if kind == "',":
            if pending:
                items.append(None)
            pending = True
        elif kind == "rest_pattern":
            rest = child
            pending = False
        elif child.is_named and kind != "comment":
            items.append(child)
            pending = False
    name = g.tmp()
    steps.append(f"({name} := R.destructure({value}, {len(items)}, {rest is not None}, {g.site(pattern)}))")
    for index, item in enumerate(items):
        if item is not None:
            bind(g, item, f"{name}[{index}]", steps, declared)
    if rest is not None:
        bind(g, rest, f"{name}[{len(items)}]", steps, declared)


# ---- literals with parts


def _array(g: Gen, node: Node) -> str:
    nodes: list[str] = []
    spread = False
    pending = True
    for child in node.children:
        kind = g.kinds[child.kind_id]
        if kind == "',":
            if pending:
                nodes.append("(0, UNDEFINED)" if spread else "UNDEFINED")
            pending = True
        elif kind == "spread_element":
            if not spread:
                spread = True
                nodes = [f"(0, {item})" for item in nodes]
            nodes.append(f"(1, {_wrapped(g, child)})")
            pending = False
        elif child.is_named and kind != "comment":
            value = expr(g, child)
            nodes.append(f"(0, {value})" if spread else value)
            pending = False
    site = g.site(node)
    if spread:
        return f"R.arr(R.spread([{', '.join(nodes)}], {site}), {site})"
    return f"R.arr([{', '.join(nodes)}], {site})"


def _object(g: Gen, node: Node) -> str:
    fields = g.fields
    entries: list[str] = []
    for child in named(g, node):
        kind = g.kinds[child.kind_id]
        site = g.site(child)
        if kind == "pair":
            key = child.child_by_field_id(fields.key)
            if key is None:
                continue
            text = key_of(g, key)
            entries.append(f"(0, {text}, {_missing(child.child_by_field_id(fields.value), g)}, {site})")
        elif kind == "shorthand_property_identifier":
            entries.append(f"(0, {g.text(child)!a}, {_identifier(g, child)}, {site})")
        elif kind == "spread_element":
            entries.append(f"(1, {_wrapped(g, child)}, {site})")
        elif kind == "method_definition":
            info = g.a.functions.get(child.id)
            name = child.child_by_field_id(fields.name)
            if info is None or name is None:
                continue
            code = {"getter": 2, "setter": 3}.get(info.code.kind, 0)
            value = f"R.method({info.code.index}, {g.environment(info)}, None, fn)"
            entries.append(f"({code}, {key_of(g, name)}, {value}, {site})")
    return f"R.objlit([{', '.join(entries)}], {g.site(node)})" if entries else f"R.obj({g.site(node)})"


def function_value(g: Gen, node: Node) -> str:
    """A function or arrow expression."""
    info = g.a.functions.get(node.id)
    if info is None:
        return "UNDEFINED"
    code = info.code
    if code.kind == "arrow":
        return f"R.arrow({code.index}, {g.environment(info)}, this, fn, nt)"
    value = f"R.func({code.index}, {g.environment(info)}, fn)"
    var = info.self_var
    if var is None or not var.cell:
        return value
    name = g.tmp()
    cell = f"({var.ref} := R.cell({var.name!a}, {g.site(node)}))"
    return f"({cell}, {name} := {value}, R.init({var.ref}, {name}))[1]"


def class_value(g: Gen, node: Node) -> str:
    """A class, as an expression.  Its own cell, if any, is filled before static members run."""
    info = g.a.classes.get(node.id)
    if info is None:
        return "UNDEFINED"
    parent = expr(g, info.heritage) if info.heritage is not None else "NOSUPER"
    var = info.var
    cell = ""
    steps: list[str] = []
    if var is not None and var.cell and var.alias is None:
        if info.own_name:
            steps.append(f"({var.ref} := R.cell({var.name!a}, {g.site(node)}))")
        cell = f", {var.ref}"
    environments = ", ".join(g.environment(function) for function in info.functions)
    keys = ", ".join(key_of(g, key) for key in info.keys)
    text = (
        f"R.class_({info.code.index}, {parent}, [{environments}], [{keys}], fn, this, {g.site(node)}{cell})"
    )
    return sequence([*steps, text])


# ---- JSX


def _jsx(g: Gen, node: Node) -> str:
    fields = g.fields
    opening = node
    children: list[str] = []
    if g.kinds[node.kind_id] == "jsx_element":
        first = node.named_child(0)
        opening = first if first is not None else node
        for child in node.named_children[1:]:
            kind = g.kinds[child.kind_id]
            if kind == "jsx_text":
                text = " ".join(g.text(child).split())
                if text:
                    children.append(ascii(text))
            elif kind == "jsx_expression":
                inner = first_child(g, child)
                if inner is not None:
                    spread = g.kinds[inner.kind_id] == "spread_element"
                    children.append(_wrapped(g, inner) if spread else expr(g, inner))
            elif kind in ("jsx_element", "jsx_self_closing_element"):
                children.append(expr(g, child))
            elif kind == "html_character_reference":
                children.append(ascii(g.text(child)))
    name = opening.child_by_field_id(fields.name)
    tag = "''"
    if name is not None:
        text = g.text(name)
        simple = g.kinds[name.kind_id] == "identifier" and not text[:1].islower()
        member = g.kinds[name.kind_id] in MEMBERS
        tag = expr(g, name) if simple or member else ascii(text)
    attributes: list[str] = []
    for attribute in opening.named_children:
        kind = g.kinds[attribute.kind_id]
        if kind == "jsx_attribute":
            parts = named(g, attribute)
            value = "True"
            if len(parts) > 1:
                inside = (
                    first_child(g, parts[1]) if g.kinds[parts[1].kind_id] == "jsx_expression" else parts[1]
                )
                value = _missing(inside, g)
            attributes.append(f"({g.text(parts[0])!a}, {value})")
        elif kind == "jsx_expression":
            inner = first_child(g, attribute)
            if inner is not None:
                attributes.append(f"(None, {_wrapped(g, inner)})")
    return f"R.jsx({tag}, [{', '.join(attributes)}], [{', '.join(children)}], {g.site(node)})"


# ---- enumerations


def enum_value(g: Gen, node: Node) -> str:
    """An enum object; constant members are computed here."""
    fields = g.fields
    name = node.child_by_field_id(fields.name)
    body = node.child_by_field_id(fields.body)
    enum_name = g.text(name) if name is not None else ""
    known: dict[str, int | float | str] = {}
    entries: list[str] = []
    following: int | float | None = 0
    for child in named(g, body) if body is not None else []:
        assigned = g.kinds[child.kind_id] == "enum_assignment"
        key_node = child.child_by_field_id(fields.name) if assigned else child
        key = property_name(g.source, g.kinds, key_node) if key_node is not None else None
        if key is None:
            continue
        value_node = child.child_by_field_id(fields.value) if assigned else None
        if value_node is None:
            if following is not None:
                known[key] = following
                following += 1
            entries.append(f"({key!a}, None)")
            continue
        value = _constant(g, value_node, enum_name, known)
        following = value + 1 if isinstance(value, (int, float)) else None
        if value is None:
            entries.append(f"({key!a}, {expr(g, value_node)})")
        else:
            known[key] = value
            text = ascii(value) if isinstance(value, str) else number_text(value)
            entries.append(f"({key!a}, {text})")
    return f"R.enum({enum_name!a}, [{', '.join(entries)}], {g.site(node)})"


def _constant(
    g: Gen, node: Node, enum_name: str, known: dict[str, int | float | str], depth: int = 0
) -> int | float | str | None:
    """The value of a constant enum expression, None when it is not one."""
    fields = g.fields
    node = g.a.unwrap(node)
    kind = g.kinds[node.kind_id]
    text = g.text(node)
    if depth > 20:
        return None
    if kind == "number":
        return number_value(text)
    if kind in ("string", "template_string"):
        return string_value(g.source, g.kinds, node)
    if kind == "identifier":
        return known.get(text)
    if kind in MEMBERS:
        base = node.child_by_field_id(fields.object)
        part = node.child_by_field_id(fields.property) or node.child_by_field_id(fields.index)
        if base is None or part is None or g.text(base) != enum_name:
            return None
        return known.get(property_name(g.source, g.kinds, part) or "")
    operator = node.child_by_field_id(fields.operator)
    token = g.kinds[operator.kind_id] if operator is not None else ""
    if kind == "unary_expression":
        argument = node.child_by_field_id(fields.argument)
        value = _constant(g, argument, enum_name, known, depth + 1) if argument is not None else None
        if not isinstance(value, (int, float)):
            return None
        return {"'-": -value, "'+": value, "'~": ~int(value) if value == value else None}.get(token)
    if kind == "binary_expression":
        sides = [node.child_by_field_id(fields.left), node.child_by_field_id(fields.right)]
        values = [_constant(g, side, enum_name, known, depth + 1) if side else None for side in sides]
        left, right = values
        if isinstance(left, str) or isinstance(right, str):
            if token == "'+" and left is not None and right is not None:
                return f"{left}{right}"
            return None
        if isinstance(left, int) and isinstance(right, int):
            return _fold(token, left, right)
    return None


def _fold(token: str, left: int, right: int) -> int | None:
    if token in ("'<<", "'>>") and not 0 <= right < 32:
        return None
    operations: dict[str, Callable[[], int]] = {
        "'+": lambda: left + right,
        "'-": lambda: left - right,
        "'*": lambda: left * right,
        "'|": lambda: left | right,
        "'&": lambda: left & right,
        "'^": lambda: left ^ right,
        "'<<": lambda: ((left << right) + 2**31) % 2**32 - 2**31,
        "'>>": lambda: left >> right,
    }
    operation = operations.get(token)
    return operation() if operation is not None else None


def _constant_text(text: str) -> Callable[[Gen, Node], str]:
    return lambda g, node: text


def _key_expression(g: Gen, node: Node) -> str:
    return ascii(g.text(node))


_EXPRESSIONS: dict[str, Callable[[Gen, Node], str]] = {
    "identifier": _identifier,
    "shorthand_property_identifier": _identifier,
    "undefined": _constant_text("UNDEFINED"),
    "null": _constant_text("None"),
    "true": _constant_text("True"),
    "false": _constant_text("False"),
    "this": _constant_text("this"),
    "string": _string,
    "number": _number,
    "template_string": _template,
    "regex": _regex,
    "meta_property": _meta,
    "parenthesized_expression": _wrapped,
    "non_null_expression": _chain,
    "satisfies_expression": _wrapped,
    "instantiation_expression": _wrapped,
    "as_expression": _typed,
    "type_assertion": _asserted,
    "member_expression": _chain,
    "subscript_expression": _chain,
    "call_expression": _chain,
    "new_expression": _new,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "update_expression": _update,
    "ternary_expression": _ternary,
    "sequence_expression": _sequence,
    "await_expression": _await,
    "yield_expression": _yield,
    "assignment_expression": _assign,
    "augmented_assignment_expression": _augmented,
    "array": _array,
    "object": _object,
    "class": class_value,
    "jsx_element": _jsx,
    "jsx_self_closing_element": _jsx,
    "private_property_identifier": _key_expression,
    "nested_identifier": _chain,
    **dict.fromkeys(FUNCTIONS, function_value),
}
