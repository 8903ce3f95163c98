"""Recipes for state in memory: what is read, checked, claimed and emptied in one step needs no lock.

Calls can only meet where one of them waits. So a read moves behind the last `await` before the write, a check is
made again there, and a claim (a flag, a counter, a buffer that is taken away) moves before the first one, with a
give-back where the work may fail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from krepis.twin.fixes._case import Case
from krepis.twin.fixes._keys import declared, names_in
from krepis.twin.fixes._source import (
    BLOCKS,
    EXITS,
    FUNCTIONS,
    Code,
    Draft,
    above,
    awaits,
    body_of,
    function_of,
    is_guard,
    statements,
    unwrapped,
    walk,
    within,
)
from tree_sitter import Node

_EXTERNAL = re.compile(r"\w+\[\w+=|rows of |\w*[rR]edis\b")


@dataclass(frozen=True, eq=False)
class _Place:
    """A block of the acting function: its statements, which of them acts, and which is the last before to wait."""

    block: Node
    body: list[Node]
    act: int
    wait: int


def _places(case: Case) -> Iterator[_Place]:
    """The blocks around the act, inside out, in which something waits before it."""
    if _EXTERNAL.match(case.act.what):
        return
    for block in above(case.act.statement):
        if block.type in FUNCTIONS:
            return
        if block.type not in BLOCKS:
            continue
        body = statements(block)
        act = next((i for i, n in enumerate(body) if within(case.act.node, n)), None)
        if act is None:
            continue
        waits = [i for i in range(act) if _waits(body[i])]
        if waits:
            yield _Place(block, body, act, waits[-1])


def _waits(node: Node) -> bool:
    return bool(awaits(node)) or any(n.type == "for_in_statement" and _for_await(n) for n in walk(node, False))


def _for_await(node: Node) -> bool:
    return any(c.type == "await" for c in node.children)


# ---------------------------------------------------------------------- read later


def hoist_await(case: Case) -> Iterator[Draft]:
    """Wait before reading what is updated: `x += await f()` reads `x` first."""
    code, statement = case.code, case.act.statement
    found = awaits(statement)
    if statement.type != "expression_statement" or len(found) != 1 or not code.alone(statement):
        return
    outer = statement.named_children[0]
    if outer.type not in ("augmented_assignment_expression", "assignment_expression"):
        return
    waiting = found[0]
    right = outer.child_by_field_name("right")
    if right is None or not within(waiting, right) or _conditional(waiting, right):
        return
    name = code.free_variable(_result_name(code, waiting), "result", "value")
    draft = Draft("wait-first", "Wait before reading what is updated")
    draft.lines_before(code, statement, f"const {name} = {code.of(waiting)}{code.semi}")
    whole = waiting.parent if waiting.parent is not None and waiting.parent.type == "parenthesized_expression" else None
    draft.replace(code, whole or waiting, name)
    yield draft


def _conditional(node: Node, outer: Node) -> bool:
    """Whether a part of an expression is not always evaluated."""
    for n in above(node):
        if n == outer:
            return False
        if n.type in ("ternary_expression", *FUNCTIONS):
            return True
        if n.type == "binary_expression" and any(c.type in ("&&", "||", "??") for c in n.children):
            return True
    return False


def _result_name(code: Code, waiting: Node) -> str:
    """A name for what a call gives: `priceOf` gives `price`, `fetchDelta` gives `delta`."""
    call = unwrapped(waiting.named_children[0])
    function = call.child_by_field_name("function")
    prop = function.child_by_field_name("property") if function is not None else None
    text = code.of(prop if prop is not None else function).split(".")[-1] if function is not None else "result"
    text = re.sub(r"^(?:get|fetch|load|find|read|compute|calculate)(?=[A-Z])", "", text)
    text = re.sub(r"(?<=[a-z])(?:Of|For|From|By|In)(?:[A-Z]\w*)?$", "", text)
    return text[:1].lower() + text[1:] if text.isidentifier() else "result"


def move_read(case: Case) -> Iterator[Draft]:
    """Move the read behind the last `await` before the write."""
    code = case.code
    if case.read is None or case.read.code is not code:
        return
    for place in _places(case):
        first = next((i for i, n in enumerate(place.body) if within(case.read.node, n)), None)
        if first is None or first >= place.wait:
            continue
        moved = _dependants(code, place, first)
        if not moved or not all(code.alone(n) for n in (*moved, place.body[place.wait])):
            continue
        draft = Draft("read-later", "Read after the await, so that nothing comes in between")
        for n in moved:
            draft.remove(code, n)
        draft.lines_after(code, place.body[place.wait], *(line for n in moved for line in _lines(code, n)))
        yield draft


def _dependants(code: Code, place: _Place, first: int) -> list[Node]:
    """The declaration at `first` and those that follow from it, if nothing else up to the await uses them."""
    moved: list[Node] = []
    names: set[str] = set()
    for i in range(first, place.wait + 1):
        n = place.body[i]
        if i == first or names & names_in(code, n):
            if n.type != "lexical_declaration" or _waits(n) or _calls_out(code, n):
                return []
            moved.append(n)
            names |= set(declared(code, n))
    return moved


def _calls_out(code: Code, node: Node) -> bool:
    return any(n.type in ("new_expression", *FUNCTIONS) for n in walk(node))


def _lines(code: Code, node: Node, names: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """The lines of a statement without its indentation, with some identifiers renamed."""
    out, at = bytearray(), node.start_byte
    for n in walk(node):
        if n.type == "identifier" and code.of(n) in names:
            out += code.data[at : n.start_byte] + names[code.of(n)].encode()
            at = n.end_byte
    text = (bytes(out) + code.data[at : node.end_byte]).decode()
    return [line.removeprefix(code.indent(node)) for line in text.splitlines()]


# ---------------------------------------------------------------------- check again


def recheck(case: Case) -> Iterator[Draft]:
    """Make the checks before the await again after it, of the values as they are then."""
    if any(True for _ in claim_first(case)):
        return  # what was done while waiting could not be undone
    code = case.code
    for place in _places(case):
        after = place.body[place.wait]
        guards = [
            (i, n) for i, n in enumerate(place.body[: place.wait]) if is_guard(n) and code.alone(n) and not _waits(n)
        ]
        if not guards or not code.alone(after):
            continue
        for chosen in [[g] for g in reversed(guards)] + ([guards] if len(guards) > 1 else []):
            plain = Draft("recheck", "Check again after the await")
            plain.lines_after(code, after, *(line for _, n in chosen for line in _lines(code, n)))
            yield plain
            yield from _reread(code, place, chosen)
    yield from _recheck_in_callback(case)


def _reread(code: Code, place: _Place, guards: list[tuple[int, Node]]) -> Iterator[Draft]:
    """Read anew what the checks use, check that, and go on with it."""
    used = frozenset[str]().union(*(names_in(code, n) for _, n in guards))
    read = [
        n
        for n in place.body[: guards[-1][0]]
        if n.type == "lexical_declaration"
        and not _waits(n)
        and not _calls_out(code, n)
        and used & set(declared(code, n))
    ]
    if not read or any(_pattern(n) for n in read):
        return
    fresh = {name: code.free_variable(f"{name}Now") for n in read for name in declared(code, n)}
    chosen = {i for i, _ in guards}
    if any(i not in chosen and is_guard(n) and fresh.keys() & names_in(code, n) for i, n in enumerate(place.body)):
        return
    draft = Draft("recheck", "Read and check again after the await")
    lines = [line for n in (*read, *(g for _, g in guards)) for line in _lines(code, n, fresh)]
    draft.lines_after(code, place.body[place.wait], *lines)
    for n in place.body[place.wait + 1 :]:
        for use in walk(n):
            if use.type == "identifier" and code.of(use) in fresh:
                draft.replace(code, use, fresh[code.of(use)])
            elif use.type == "shorthand_property_identifier" and code.of(use) in fresh:
                draft.replace(code, use, f"{code.of(use)}: {fresh[code.of(use)]}")
    yield draft


def _pattern(declaration: Node) -> bool:
    return any(
        n.type == "variable_declarator"
        and (name := n.child_by_field_name("name")) is not None
        and name.type != "identifier"
        for n in declaration.named_children
    )


def _recheck_in_callback(case: Case) -> Iterator[Draft]:
    """The same where the act is in a callback that runs later: checks of the function that sets it up."""
    code = case.code
    function = function_of(case.act.statement)
    body = body_of(function) if function is not None else None
    outer = function_of(function) if function is not None else None
    if function is None or body is None or outer is None or _EXTERNAL.match(case.act.what) or not statements(body):
        return
    if function.parent is None or function.parent.type != "arguments":
        return
    for n in walk(outer, False):
        if not is_guard(n) or n.end_byte > function.start_byte or not code.alone(n) or _waits(n):
            continue
        consequence = n.child_by_field_name("consequence")
        if consequence is None or not re.fullmatch(r"\{?\s*return;?\s*\}?", code.of(consequence)):
            continue
        draft = Draft("recheck", "Check again when the callback runs")
        draft.lines_before(code, statements(body)[0], *_lines(code, n))
        yield draft


def reread_in_callback(case: Case) -> Iterator[Draft]:
    """Read, and check, again at the start of the callback of `then` that acts."""
    code, read = case.code, case.read
    function = function_of(case.act.statement)
    call = function.parent.parent if function is not None and function.parent is not None else None
    called = call.child_by_field_name("function") if call is not None and call.type == "call_expression" else None
    body = body_of(function) if function is not None else None
    if function is None or called is None or body is None or body.type != "statement_block" or read is None:
        return
    block = read.statement.parent
    if not code.of(called).endswith(".then") or block is None or read.code is not code or within(read.node, function):
        return
    between = [n for n in statements(block) if read.statement.start_byte <= n.start_byte < function.start_byte]
    between = [n for n in between if not within(function, n)]
    plain = all((is_guard(n) or n.type == "lexical_declaration") and code.alone(n) for n in between)
    taken = {name for n in statements(body) for name in declared(code, n)}
    fresh = {name for n in between if n.type == "lexical_declaration" for name in declared(code, n)}
    if not between or not plain or taken & fresh or any(_waits(n) or _pattern(n) for n in between):
        return
    checks = any(is_guard(n) for n in between)
    draft = Draft("reread", "Read and check again in the callback" if checks else "Read again in the callback")
    draft.lines_before(code, statements(body)[0], *(line for n in between for line in _lines(code, n)))
    yield draft


def still_mine(case: Case) -> Iterator[Draft]:
    """Stop after the await when what this call had written there is no longer what it wrote."""
    code = case.code
    for place in _places(case):
        after = place.body[place.wait]
        function = function_of(place.block)
        if function is None or not code.alone(after) or _gives_value(function):
            continue
        for test in _claims(code, place):
            draft = Draft("still-mine", "Stop when another call has changed it meanwhile")
            draft.lines_after(code, after, f"if ({test}) return{code.semi}")
            yield draft


def latest_call(case: Case) -> Iterator[Draft]:
    """Number the calls, and drop the answer of a call when a later one has begun."""
    code, act = case.code, case.act.statement
    if case.finding.kind not in ("stale-read", "order-violation"):
        return  # to drop an update would lose it
    if re.fullmatch(r"(?:this\.)?#?\w+ = [^;]+;?", code.of(act)) is None:  # what has a key is not for the latest alone
        return
    for place in _places(case):
        after, function = place.body[place.wait], function_of(place.block)
        body = body_of(function) if function is not None else None
        if function is None or body is None or _gives_value(function) or not code.alone(after):
            continue
        first = statements(body)[0]
        if not code.alone(first) or any(n.type == "yield_expression" for n in walk(body, False)):
            continue
        draft = Draft("latest-call", "Drop the answer when a later call has begun")
        name, number = code.free("latestCall", "latestCallNumber"), code.free_variable("call", "thisCall")
        method = function if function.type == "method_definition" else None
        if method is not None and method.parent is not None and "static" not in code.of(method).split("(")[0].split():
            draft.lines_before(code, statements(method.parent)[0], f"private {name} = 0{code.semi}")
            name = f"this.{name}"
        else:
            draft.insert(code, code.after_imports(), f"{code.eol}let {name} = 0{code.semi}{code.eol}")
        draft.lines_before(code, first, f"const {number} = ++{name}{code.semi}")
        draft.lines_after(code, after, f"if ({number} !== {name}) return{code.semi}")
        yield draft


def _claims(code: Code, place: _Place) -> Iterator[str]:
    """Tests of whether what was written before the await has been replaced."""
    for n in place.body[: place.wait + 1]:
        text = code.of(n).rstrip(";")
        if found := re.fullmatch(r"((?:this\.)?[\w.#]+)\.set\((\w+), ('[^']*'|\"[^\"]*\"|\d+|\w+)\)", text):
            yield f"{found[1]}.get({found[2]}) !== {found[3]}"
        elif found := re.fullmatch(
            r"((?:this\.)?[\w.#]+) = ('[^']*'|\d+|[\w.]+(?:\.trim\(\)|\.toLowerCase\(\))?)", text
        ):
            yield f"{found[1]} !== {found[2]}"
        elif found := re.match(r"const (\w+)(?:: \w+)? = \{.*?\b(\w+): ('[^']*')", text, re.S):
            yield f"{found[1]}.{found[2]} !== {found[3]}"


def _gives_value(function: Node) -> bool:
    body = body_of(function)
    return body is None or any(n.type == "return_statement" and n.named_children for n in walk(body, False))


# ---------------------------------------------------------------------- one initialisation for all


def share_promise(case: Case) -> Iterator[Draft]:
    """Store the promise of an initialisation before waiting for it, so that other calls share it."""
    code, statement = case.code, case.act.statement
    made = re.fullmatch(r"(this\.)?(#?\w+) = await (.+?);?", code.of(statement), re.S)
    found = awaits(statement)
    if made is None or statement.type != "expression_statement" or len(found) != 1 or not code.alone(statement):
        return
    field, name, started = made.groups()
    kinds = ("public_field_definition",) if field else ("variable_declarator",)
    for n in walk(code.root):
        key, kind = n.child_by_field_name("name"), n.child_by_field_name("type")
        if n.type not in kinds or key is None or kind is None or code.of(key) != name:
            continue
        held = re.fullmatch(r":\s*(.+?)\s*\|\s*(?:undefined|null)", code.of(kind), re.S)
        declaration = n if field else n.parent
        if held is None or declaration is None:
            continue
        plain = name.removeprefix("#")
        pending = code.free(f"pending{plain[:1].upper()}{plain[1:]}")
        static = "static " if "static" in code.of(n).split(name)[0] else ""
        draft = Draft("share-promise", "Store the promise before waiting for it, so that other calls share it")
        head = f"private {static}{pending}" if field else f"let {pending}"
        draft.lines_after(code, declaration, f"{head}: Promise<{held[1]}> | undefined{code.semi}")
        pad, unit, semi = code.indent(statement), code.unit, code.semi
        kept = f"{field or ''}{pending}"
        lines = [
            f"{kept} ??= {started}{semi}",
            "try {",
            f"{unit}{field or ''}{name} = await {kept}{semi}",
            "} finally {",
            f"{unit}{kept} = undefined{semi}",
            "}",
        ]
        draft.replace(code, statement, f"{code.eol}{pad}".join(lines))
        yield draft
        return


def share_promise_of_key(case: Case) -> Iterator[Draft]:
    """Keep the promise of what is loaded for a key in a map, so that other calls for the key share it."""
    code, act = case.code, case.act.statement
    put = re.fullmatch(r"((?:this\.)?#?\w+)\.set\(([\w.]+), (\w+)\);?", code.of(act))
    block = act.parent
    if put is None or block is None:
        return
    cache, key, name = put.groups()
    made = re.compile(rf"\b{re.escape(cache.removeprefix('this.'))}\b[^=\n]*=\s*new Map<(.+?),\s*(.+)>\(")
    holder = next((n for n in walk(code.root) if n.type in _HOLDERS and made.search(code.of(n))), None)
    kinds = made.search(code.of(holder)) if holder is not None else None
    loads = re.compile(rf"const {name}(?:: [^=]+)? = await ([^;]+\));?", re.S)
    for n in statements(block):
        loaded = loads.fullmatch(code.of(n))
        if holder is None or kinds is None or loaded is None or len(awaits(n)) != 1 or not code.alone(n):
            continue
        plain = cache.split(".")[-1].lstrip("#")
        pending, started = code.free(f"pending{plain[:1].upper()}{plain[1:]}"), code.free_variable("loading", "started")
        field = cache.startswith("this.")
        draft = Draft("share-promise", "Keep the promise for the key, so that other calls share it")
        head = f"private readonly {pending}" if field else f"const {pending}"
        draft.lines_after(code, holder, f"{head} = new Map<{kinds[1]}, Promise<{kinds[2]}>>(){code.semi}")
        held, unit, semi = f"{'this.' if field else ''}{pending}", code.unit, code.semi
        lines = [
            f"let {started} = {held}.get({key}){semi}",
            f"if (!{started}) {{",
            f"{unit}{started} = {loaded[1]}.finally(() => {held}.delete({key})){semi}",
            f"{unit}{held}.set({key}, {started}){semi}",
            "}",
            f"const {name} = await {started}{semi}",
        ]
        draft.replace(code, n, f"{code.eol}{code.indent(n)}".join(lines))
        yield draft


_HOLDERS = frozenset({"public_field_definition", "lexical_declaration"})

# ---------------------------------------------------------------------- claim first


def claim_first(case: Case) -> Iterator[Draft]:
    """Claim before the await what other calls check for, and give it back when the work fails."""
    code = case.code
    for place in _places(case):
        act = place.body[place.act]
        back = _give_back(code, act) or _put_back(code, place)
        first = next((i for i in range(place.act) if _waits(place.body[i])), None)
        if back is None or first is None or not code.alone(act) or not code.alone(place.body[first]):
            continue
        if place.body[first].type == "while_statement":
            first += 1
        between = place.body[first : place.act]
        if not between or names_in(code, act) & {x for n in between for x in declared(code, n)}:
            continue
        if any(n.type in EXITS - {"throw_statement"} for s in between for n in walk(s, False)):
            continue
        draft = Draft("claim-first", "Claim it before the await, and give it back when that fails")
        draft.remove(code, act)
        if _into_try(draft, code, place, between, back) or _around(draft, code, place, first, back):
            yield draft


def _give_back(code: Code, act: Node) -> str | None:
    """The statement that takes a claim back; None where the act is no claim."""
    text = code.of(act).rstrip(";")
    if found := re.fullmatch(r"([\w.#]+)\.add\((.+)\)", text, re.S):
        return f"{found[1]}.delete({found[2]})"
    if found := re.fullmatch(r"([\w.#]+) (\+|-)= (\w[\w.]*)", text):
        return f"{found[1]} {'-' if found[2] == '+' else '+'}= {found[3]}"
    if found := re.fullmatch(r"([\w.#]+)(\+\+|--)", text):
        return f"{found[1]}{'--' if found[2] == '++' else '++'}"
    if found := re.fullmatch(r"([\w.#]+) = (true|false)", text):
        return f"{found[1]} = {'false' if found[2] == 'true' else 'true'}"
    return None


def _put_back(code: Code, place: _Place) -> str | None:
    """The same for `stock.set(sku, left - units)`, where `left` is what was read there before."""
    text = code.of(place.body[place.act]).rstrip(";")
    written = re.fullmatch(r"((?:this\.)?[\w.#]+)\.set\(([\w.]+), (\w+) ([+-]) ([\w.]+)\)", text)
    changed = written or re.fullmatch(r"((?:this\.)?[\w.#]+)()\.\w+ = (\w+) ([+-]) ([\w.]+)", text)
    if changed is None:
        return None
    for n in place.body[: place.act]:
        read = re.fullmatch(rf"const {changed[3]}(?:: \w+)? = (.+?);?", code.of(n), re.S)
        if read is None or _waits(n):
            continue
        turned = f"{'-' if changed[4] == '+' else '+'} {changed[5]}"
        if written is None:
            return f"{text.split(' = ')[0]} {turned[0]}= {changed[5]}" if read[1] == text.split(" = ")[0] else None
        if f"{changed[1]}.get({changed[2]})" in read[1]:
            again = f"({read[1]})" if " " in read[1] else read[1]
            return f"{changed[1]}.set({changed[2]}, {again} {turned})"
    return None


def _into_try(draft: Draft, code: Code, place: _Place, between: list[Node], back: str) -> bool:
    """Move the statements up to the act into the `try` after it whose `finally` gives back."""
    later = place.body[place.act + 1] if place.act + 1 < len(place.body) else None
    block = later.child_by_field_name("body") if later is not None else None
    final = later.child_by_field_name("finalizer") if later is not None else None
    if later is None or block is None or final is None or back not in code.of(final) or not statements(block):
        return False
    for n in between:
        draft.remove(code, n)
    inner = statements(block)[0]
    draft.lines_before(code, between[0], *_lines(code, place.body[place.act]))
    draft.lines_before(code, inner, *(line for n in between for line in _lines(code, n)))
    return True


def _around(draft: Draft, code: Code, place: _Place, first: int, back: str) -> bool:
    """Put the statements up to the act into a `try` whose `catch` gives back."""
    end = _end_of_try(code, place, first)
    if end is None:
        return False
    _tried(draft, code, place.body[first], place.body[end], _lines(code, place.body[place.act]), [back])
    return True


def _end_of_try(code: Code, place: _Place, first: int) -> int | None:
    """The last statement to try: the one before the act, or of the block where its names are used later."""
    names = {x for n in place.body[first : place.act] for x in declared(code, n)}
    rest = place.body[place.act + 1 :]
    if not any(names & names_in(code, n) for n in rest):
        return place.act - 1
    return None if any(_waits(n) for n in rest) or not code.alone(place.body[-1]) else len(place.body) - 1


def _tried(draft: Draft, code: Code, first: Node, last: Node, before: list[str], back: list[str]) -> None:
    """Put statements into `try`, others before it, and what takes those back into `catch`."""
    pad, unit, semi = code.indent(first), code.unit, code.semi
    draft.lines_before(code, first, *before, "try {")
    draft.shift(code, first, last)
    lines = ["} catch (error) {", *(f"{unit}{line}{semi}" for line in back), f"{unit}throw error{semi}", "}"]
    draft.insert(code, code.end_of_line(last), "".join(f"{pad}{line}{code.eol}" for line in lines))


_EMPTIED = re.compile(
    r"(?P<what>(?:this\.)?#?[\w.#]+)(?: = (?P<empty>\[\]|0|''|\"\")|(?P<clear>\.clear\(\)|\.length = 0))"
)


def take_buffer(case: Case) -> Iterator[Draft]:
    """Take what a buffer holds and empty it before the await, so that what comes meanwhile is kept."""
    code = case.code
    for place in _places(case):
        act = place.body[place.act]
        emptied = _EMPTIED.fullmatch(code.of(act).rstrip(";"))
        if emptied is None or not code.alone(act):
            continue
        what = emptied["what"]
        first = next((i for i in range(place.act) if _waits(place.body[i])), None)
        if first is None or not code.alone(place.body[first]):
            continue
        uses = [
            n
            for s in place.body[first : place.act]
            for n in walk(s)
            if n.type in ("member_expression", "identifier") and code.of(n) == what and not _part(n)
        ]
        batch = code.free_variable("batch", "taken")
        taken = _taken(code, what, emptied)
        end = _end_of_try(code, place, first)
        if not uses or taken is None or end is None:
            continue
        copy, back = taken
        for tried in (True, False):
            draft = Draft("take-buffer", f"Take {what} and empty it before the await")
            for n in uses:
                draft.replace(code, n, batch)
            draft.remove(code, act)
            lines = [f"const {batch} = {copy}{code.semi}", *_lines(code, act)]
            if tried:
                _tried(draft, code, place.body[first], place.body[end], lines, [back.replace("BATCH", batch)])
            else:
                draft.lines_before(code, place.body[first], *lines)
            yield draft


def _part(node: Node) -> bool:
    """Whether an identifier is the name of a property or of a declaration."""
    parent = node.parent
    return parent is not None and parent.type == "member_expression" and parent.child_by_field_name("object") != node


def _taken(code: Code, what: str, emptied: re.Match[str]) -> tuple[str, str] | None:
    """What keeps the content of a buffer, and what puts it back."""
    if emptied["empty"] == "[]":
        return what, f"{what}.unshift(...BATCH)"
    if emptied["empty"] == "0":
        return what, f"{what} += BATCH"
    if emptied["empty"]:
        return what, f"{what} = BATCH + {what}"
    if emptied["clear"] == ".length = 0":
        return f"[...{what}]", f"{what}.unshift(...BATCH)"
    name = re.escape(what.removeprefix("this."))
    made = re.search(rf"{name}\b[^=\n]*= new (Map|Set)\b", code.text)
    if made is None:
        return None
    if made[1] == "Set":
        return f"new Set({what})", f"for (const item of BATCH) {what}.add(item)"
    put = f"if (!{what}.has(key)) {what}.set(key, value)"
    return f"new Map({what})", f"for (const [key, value] of BATCH) {put}"
