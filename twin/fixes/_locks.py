"""Recipes with locks: hold one from the read to the write, take the right one, in one order, and give it back.

The lock that a file has is taken before a new one is made. A new one is keyed by what the read and the write have
in common, so that calls for other keys do not wait; one for all comes last. Locks in memory protect one process,
and the titles of those that stand in for the database's own say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from krepis.twin.fixes._case import Case, Region, Spot, region_of
from krepis.twin.fixes._keys import as_text, bound, declared, names_in, parameters, shared_keys
from krepis.twin.fixes._source import (
    FUNCTIONS,
    Code,
    Draft,
    above,
    awaits,
    body_of,
    function_of,
    is_async,
    statement_of,
    statements,
    unwrapped,
    walk,
    within,
)
from tree_sitter import Node

_HELPER = """\
const {queues} = new Map<string, Promise<void>>(){semi}

/** Runs `work` when all earlier work of the same key is done. */
async function {name}<T>(key: string, work: () => Promise<T>): Promise<T> {{
{unit}const earlier = {queues}.get(key){semi}
{unit}let done = () => {{}}{semi}
{unit}const turn = new Promise<void>((resolve) => {{
{unit}{unit}done = resolve{semi}
{unit}}}){semi}
{unit}{queues}.set(key, turn){semi}
{unit}try {{
{unit}{unit}await earlier{semi}
{unit}{unit}return await work(){semi}
{unit}}} finally {{
{unit}{unit}if ({queues}.get(key) === turn) {queues}.delete(key){semi}
{unit}{unit}done(){semi}
{unit}}}
}}
"""
_HELPER_MARK = "/** Runs `work` when all earlier work of the same key is done. */"


# ---------------------------------------------------------------------- hold a lock from the read to the write


def hold_lock(case: Case) -> Iterator[Draft]:
    """Wrap the function from the stale read on in a lock that the file has, a keyed mutex, or one for all calls."""
    mine = _place(case)
    if mine is None:
        return
    function, start = mine
    code = case.code
    body = statements(_body(function))
    keys = shared_keys(case.read, case.act, function, body[start].start_byte)
    for opened, title in _existing(case, function, keys):
        draft = Draft("existing-lock", title)
        if wrap(draft, code, function, start, opened):
            yield draft
    for key in keys[:3]:
        text = as_text(code, key, function)
        draft = Draft("keyed-mutex", f"Run calls with the same {key.lstrip('$')} one after another{_scope(case)}")
        lock = _helper(draft, code)
        quoted = f"`{_resource(case)}:{text if text.startswith('$') else '${' + text + '}'}`"
        if wrap(draft, code, function, start, f"{lock}({quoted}, "):
            yield draft
    rival = _rival_place(case, function)
    for several in ([mine], [mine, rival] if rival is not None else []):
        if not several:
            continue
        names = " and ".join(_name(code, f) for f, _ in several)
        draft = Draft("mutex", f"Run calls of {names} one after another{_scope(case)}")
        if "Mutex" in code.imports("async-mutex"):
            lock = _mutex(draft, code, function) + ".runExclusive("
        else:
            lock = f"{_helper(draft, code)}({code.quote}{_resource(case)}{code.quote}, "
        if all(wrap(draft, code, f, s, lock) for f, s in several):
            yield draft


def lock_calls(case: Case) -> Iterator[Draft]:
    """Run whole calls one after another: those that the interleaving is of, or all that use what is raced on."""
    code, what = case.code, re.compile(rf"\b{re.escape(_resource(case))}\b")
    lines = {s.line - 1 for s in case.finding.steps if s.action == "call" and s.file == case.finding.file}
    whole = [n for n in walk(code.root) if n.type in FUNCTIONS and _promises(code, n) and function_of(n) is None]
    whole = [n for n in whole if body_of(n) is not None and statements(_body(n))]
    called = [n for n in whole if n.start_point.row in lines]
    using = [n for n in whole if n in called or what.search(code.of(n))]
    for functions in (called, using) if len(using) > len(called) else (called,):
        shared = set.intersection(*(set(parameters(code, n)) for n in functions)) if functions else set()
        names = " and ".join(_name(code, n) for n in functions)
        for key in [*sorted(shared & set(re.findall(r"\w+", case.act.what))), ""] if called else ():
            same = f" with the same {key}" if key else ""
            draft = Draft("whole-call", f"Run calls of {names}{same} one after another{_scope(case)}")
            quoted = f"`{_resource(case)}:${{{key}}}`" if key else f"{code.quote}{_resource(case)}{code.quote}"
            lock = f"{_helper(draft, code)}({quoted}, "
            if all(wrap(draft, code, n, 0, lock) for n in functions):
                yield draft


def lock_callbacks(case: Case) -> Iterator[Draft]:
    """Run calls that end by calling back one after another: the next begins when the last has called back."""
    code = case.code
    function = case.act.statement
    while (outer := function_of(function)) is not None:
        function = outer
    body = body_of(function)
    names = list(parameters(code, function))
    if body is None or is_async(function) or not names or not statements(body):
        return
    done = names[-1]
    uses = [n for n in walk(body) if n.type == "identifier" and code.of(n) == done]
    if not any(n.parent is not None and n.parent.type == "call_expression" for n in uses):
        return
    first, last = statements(body)[0], statements(body)[-1]
    if not (code.alone(first) and code.alone(last)) or _gives_value(statements(body)):
        return
    finish, end = code.free_variable("finish", "callBack"), code.free_variable("end", "endTurn")
    draft = Draft("callback-turn", f"Run calls of {_name(code, function)} one after another, until they call back")
    lock = _helper(draft, code)
    pad, unit, semi, eol = code.indent(first), code.unit, code.semi, code.eol
    promise = f"new Promise<void>(({end}) => {{"
    opened = [
        f"void {lock}({code.quote}{_resource(case)}{code.quote}, () => {promise}",
        f"{unit}const {finish}: typeof {done} = (...results) => {{",
        f"{unit * 2}{end}(){semi}",
        f"{unit * 2}{done}(...results){semi}",
        f"{unit}}}{semi}",
    ]
    draft.insert(code, code.start_of_line(first), "".join(f"{pad}{line}{eol}" for line in opened))
    draft.shift(code, first, last)
    for n in uses:
        draft.replace(code, n, finish)
    draft.insert(code, code.end_of_line(last), f"{pad}}})){semi}{eol}")
    yield draft


def _promises(code: Code, function: Node) -> bool:
    """Whether a function gives a promise, as it is declared."""
    given = function.child_by_field_name("return_type")
    return is_async(function) or (given is not None and code.of(given).lstrip(": ").startswith("Promise<"))


def _place(case: Case) -> tuple[Node, int] | None:
    """The function to protect, and the index of the statement of its body from which on."""
    function = function_of(case.act.statement)
    if case.read is not None and case.read.code is case.code:
        while function is not None and not within(case.read.node, function):
            function = function_of(function)
    while function is not None and (body_of(function) is None or not _suspends(function)):
        function = function_of(function)
    if function is None:
        return None
    body = statements(_body(function))
    first = case.read.node if case.read is not None and case.read.code is case.code else case.act.node
    start = next((i for i, n in enumerate(body) if within(first, n)), None)
    return None if start is None else (function, start)


def _rival_place(case: Case, mine: Node) -> tuple[Node, int] | None:
    """The same for the function that changed what was read, if it is another one."""
    function = _rival_function(case, mine)
    while function is not None and (body_of(function) is None or not _suspends(function)):
        function = function_of(function)
    if function is None or within(function, mine) or within(mine, function):
        return None
    return function, 0


def _rival_function(case: Case, mine: Node) -> Node | None:
    """The function of this file that changed what was read, or that called what did."""
    if case.rival is not None and case.rival.code is case.code:
        return function_of(case.rival.statement)
    for step in case.finding.steps:
        node = case.code.on_line(step.line) if step.file == case.finding.file and step.action != "call" else None
        function = function_of(node) if node is not None else None
        if function is not None and not within(function, mine) and not within(mine, function):
            return function
    return None


def _suspends(function: Node) -> bool:
    return is_async(function) or any(c.type == "then" for c in function.children)


def _body(function: Node) -> Node:
    body = body_of(function)
    assert body is not None
    return body


def _scope(case: Case) -> str:
    """A warning, where the state is not in this process."""
    what = case.act.what or (case.read.what if case.read is not None else "")
    return " (within this process)" if re.match(r"\w+\[\w+=|rows of |\w*[rR]edis\b", what) else ""


def _resource(case: Case) -> str:
    """A short name for what is raced on."""
    what = case.act.what or (case.read.what if case.read is not None else "")
    words: list[str] = re.findall(r"[A-Za-z_]\w*", re.sub(r"\[.*", "", what).removeprefix("rows of "))
    names = [w for w in words if w not in ("this", "object", "Set", "Map", "array")]
    return names[-1] if names else _name(case.code, function_of(case.act.statement)).split(".")[-1]


def _name(code: Code, function: Node | None) -> str:
    """What people call a function."""
    for n in above(function) if function is not None else ():
        name = n.child_by_field_name("name")
        if name is not None and n.type != "class_declaration":
            return code.of(name)
        if n.type == "pair" and (key := n.child_by_field_name("key")) is not None:
            return code.of(key)
        if n.type == "call_expression" and (arguments := n.child_by_field_name("arguments")) is not None:
            first = arguments.named_children[:1]
            if first and first[0].type == "string":
                return "this handler"
    return "this function"


def _helper(draft: Draft, code: Code) -> str:
    """The name of the function that queues by key, added to the file unless an earlier repair did."""
    text = code.text
    if _HELPER_MARK in text:
        found = re.search(r"async function (\w+)", text[text.index(_HELPER_MARK) :])
        if found:
            return found[1]
    name = code.free("inTurn", "oneAtATime")
    helper = _HELPER.format(queues=code.free("turns", "turnQueue"), name=name, unit=code.unit, semi=code.semi)
    at = code.after_imports()
    before = code.eol if at and not code.data[:at].endswith(b"\n\n") else ""
    after = "" if code.data[at:].startswith((b"\n", b"\r\n")) else code.eol
    draft.insert(code, at, before + helper.replace("\n", code.eol) + after)
    return name


def _mutex(draft: Draft, code: Code, function: Node) -> str:
    """An expression for a new Mutex of async-mutex, in a field of the class or at module level."""
    method = next((n for n in above(function) if n.type in ("method_definition", "public_field_definition")), None)
    if method is not None and method.parent is not None and not any(c.type == "static" for c in method.children):
        name = code.free("mutex", "callMutex")
        first = statements(method.parent)[0]
        draft.lines_before(code, first, f"private readonly {name} = new Mutex(){code.semi}")
        return f"this.{name}"
    name = code.free("mutex", "callMutex")
    draft.insert(code, code.after_imports(), f"{code.eol}const {name} = new Mutex(){code.semi}{code.eol}")
    return name


def wrap(
    draft: Draft, code: Code, function: Node, start: int, opened: str, given: str = "", closed: str = "", lead: str = ""
) -> bool:
    """Put the statements of a function's body from `start` on into `opened async (given) => {lead ...}closed)`."""
    body = statements(_body(function))
    first, last = body[start], body[-1]
    if not (code.alone(first) and code.alone(last)) or any(
        n.type in ("yield_expression",) for n in walk(function, False)
    ):
        return False
    if any(code.of(n) == "arguments" for s in body[start:] for n in walk(s) if n.type == "identifier"):
        return False
    verb = "return" if _gives_value(body[start:]) or not is_async(function) else "await"
    pad = code.indent(first)
    top = _comment_above(code, first)
    first_line = f"{pad}{code.unit}{lead}{code.eol}" if lead else ""
    draft.insert(code, code.start_of_line(top), f"{pad}{verb} {opened}async ({given}) => {{{code.eol}{first_line}")
    draft.shift(code, top, last)
    draft.insert(code, code.end_of_line(last), f"{pad}}}{closed}){code.semi}{code.eol}")
    return True


def _comment_above(code: Code, node: Node) -> Node:
    """The first of the comments that stand right above a statement."""
    top = node
    while (
        (before := top.prev_sibling) is not None
        and before.type == "comment"
        and code.alone(before)
        and before.end_point.row + 1 == top.start_point.row
    ):
        top = before
    return top


def _gives_value(body: list[Node]) -> bool:
    return any(n.type == "return_statement" and n.named_children for s in body for n in walk(s, False))


def _existing(case: Case, function: Node, keys: list[str]) -> Iterator[tuple[str, str]]:
    """How to open a lock that the class or the module has, with a title."""
    code = case.code
    own_class = next((n for n in above(function) if n.type == "class_body"), None)
    for n in walk(code.root):
        if n.type == "new_expression" and (made := n.child_by_field_name("constructor")) is not None:
            owner = n.parent
            kind = code.of(made)
            if owner is None or owner.type not in ("variable_declarator", "public_field_definition"):
                continue
            name = owner.child_by_field_name("name")
            if name is None:
                continue
            if owner.type == "public_field_definition":
                if owner.parent != own_class:
                    continue
                text = f"this.{code.of(name)}"
            elif (
                owner.parent is not None
                and owner.parent.parent is not None
                and (owner.parent.parent.type in ("program", "export_statement"))
            ):
                text = code.of(name)
            else:
                continue
            if kind == "Mutex" or (kind == "Semaphore" and "(1)" in code.of(n)):
                yield f"{text}.runExclusive(", f"Hold {text} from the read to the write"
            elif kind == "AsyncLock":
                for key in keys[:2] or [f"{code.quote}{_resource(case)}{code.quote}"]:
                    yield f"{text}.acquire({key}, ", f"Hold {text} for the same {key} from the read to the write"


# ---------------------------------------------------------------------- the lock is there, but wrong


def right_key(case: Case) -> Iterator[Draft]:
    """Key the lock that is held by what it should protect."""
    code = case.code
    function = function_of(case.act.statement)
    if function is None:
        return
    for call in _locking_calls(case):
        arguments = call.child_by_field_name("arguments")
        if arguments is None or not arguments.named_children:
            continue
        first = arguments.named_children[0]
        target = first.named_children[0] if first.type == "array" and len(first.named_children) == 1 else first
        if target.type not in ("template_string", "identifier", "member_expression"):
            continue
        outer = function_of(call) or function
        for key in shared_keys(case.read, case.act, outer, call.start_byte):
            if key in code.of(target):
                continue
            draft = Draft("right-key", f"Key the lock by {key}, which is what it protects")
            inner = as_text(code, key, outer)
            quoted = f"`{_resource(case)}:{inner if inner.startswith('$') else '${' + inner + '}'}`"
            draft.replace(code, target, quoted if target.type == "template_string" else key)
            yield draft


_LOCKING = re.compile(r"(?:acquire|lock|exclusive|inTurn|runExclusive)$", re.I)


def _callee(code: Code, call: Node) -> str:
    function = call.child_by_field_name("function")
    return code.of(function) if function is not None else ""


def _locking_calls(case: Case) -> Iterator[Node]:
    """Calls that look as if they took a lock around the act, inside out."""
    code = case.code
    seen: set[int] = set()
    for n in above(case.act.node):
        if (
            n.type == "call_expression"
            and n.id not in seen
            and n != case.act.node
            and _LOCKING.search(_callee(code, n))
        ):
            seen.add(n.id)
            yield n
        if n.type == "statement_block":
            for s in statements(n):
                if s.end_byte <= case.act.node.start_byte:
                    for c in walk(s, False):
                        if c.type == "call_expression" and _LOCKING.search(_callee(code, c)):
                            yield c


def shared_mutex(case: Case) -> Iterator[Draft]:
    """Move a mutex that is made in each call to where calls share it."""
    code = case.code
    for n in walk(code.root):
        if n.type != "lexical_declaration" or not re.search(
            r"=\s*(new\s+(Mutex|AsyncLock|Semaphore|PQueue)\b|pLimit\()", code.of(n)
        ):
            continue
        function = function_of(n)
        if function is None or not within(case.act.node, function) or not code.alone(n):
            continue
        name, _, made = code.of(n).removeprefix("const ").partition("=")
        name = name.split(":")[0].strip()
        method = function if function.type == "method_definition" else None
        if method is not None and method.parent is not None:
            fields = {code.of(f) for f in walk(method.parent) if f.type in ("property_identifier",)}
            if name in fields:
                continue
            draft = Draft("shared-mutex", f"Keep {name} in a field, so that calls share it")
            draft.remove(code, n)
            body = [c for c in method.parent.named_children if c.type != "comment"]
            draft.lines_before(code, body[0], f"private readonly {name} = {made.strip().rstrip(';')}{code.semi}")
            for use in walk(function):
                if use.type == "identifier" and code.of(use) == name and not within(use, n):
                    draft.replace(code, use, f"this.{name}")
            yield draft
        else:
            top = next((p for p in above(n) if p.parent is not None and p.parent.type == "program"), None)
            if top is None:
                continue
            draft = Draft("shared-mutex", f"Make {name} once, so that calls share it")
            draft.remove(code, n)
            draft.insert(
                code,
                code.start_of_line(top),
                f"const {name} = {made.strip().rstrip(';')}{code.semi}{code.eol}{code.eol}",
            )
            yield draft


def one_at_a_time(case: Case) -> Iterator[Draft]:
    """Let a queue or a limiter that is taken for a mutex run one task at a time."""
    code = case.code
    for n in walk(code.root):
        if n.type == "pair" and (value := n.child_by_field_name("value")) is not None and value.type == "number":
            key = n.child_by_field_name("key")
            made = next((p for p in above(n) if p.type == "new_expression"), None)
            if key is None or code.of(key) != "concurrency" or made is None or code.of(value) == "1":
                continue
            kind = made.child_by_field_name("constructor")
            if kind is not None and code.of(kind) in ("PQueue", "Queue"):
                draft = Draft("one-at-a-time", "Let the queue run one task at a time")
                draft.replace(code, value, "1")
                yield draft
        elif n.type == "call_expression" and re.fullmatch(r"pLimit\((?!1\))\d+\)", code.of(n)):
            draft = Draft("one-at-a-time", "Let the limiter run one task at a time")
            draft.insert(code, n.start_byte, "")
            draft.replace(code, n, "pLimit(1)")
            yield draft


def wait_in_loop(case: Case) -> Iterator[Draft]:
    """Test again after waiting: `while` for the `if` around an await in the lock that is used."""
    code = case.code
    for n in walk(code.root):
        if n.type != "if_statement" or n.child_by_field_name("alternative") is not None:
            continue
        inner = n.child_by_field_name("consequence")
        if inner is None or not awaits(inner) or "new Promise" not in code.of(inner):
            continue
        draft = Draft("wait-in-loop", "Test the flag again after waiting")
        draft.parts.append((code, n.start_byte, n.start_byte + 2, "while"))
        yield draft


def chain_tail(case: Case) -> Iterator[Draft]:
    """Append to the tail of a promise queue before waiting for it."""
    for code in case.codes.values():
        for block in walk(code.root):
            if block.type != "statement_block":
                continue
            body = statements(block)
            for waiting, started, stored in zip(body, body[1:], body[2:], strict=False):
                tail = re.fullmatch(r"await (?P<tail>this\.\w+|\w+)(?:\.catch\(.*\))?;?", code.of(waiting), re.S)
                begun = re.fullmatch(r"const (?P<name>\w+) = (?P<task>\w+)\(\);?", code.of(started))
                if tail is None or begun is None:
                    continue
                if code.of(stored).rstrip(";") != f"{tail['tail']} = {begun['name']}":
                    continue
                draft = Draft("chain-tail", "Append to the queue before waiting for it")
                draft.remove(code, waiting)
                settled = f"{tail['tail']}.catch(() => undefined)"
                draft.replace(code, started, f"const {begun['name']} = {settled}.then({begun['task']}){code.semi}")
                yield draft


def evict_when_free(case: Case) -> Iterator[Draft]:
    """Forget a lock only when nobody holds it or waits for it."""
    code = case.code
    for n in walk(code.root):
        if n.type != "expression_statement":
            continue
        dropped = re.fullmatch(r"(\w+)\.delete\((.+)\);?", code.of(n))
        if dropped is None or not any(p.type == "finally_clause" for p in above(n)):
            continue
        function = function_of(n)
        name = re.search(r"(\w+) = new Mutex\(\)", code.of(function)) if function is not None else None
        if name is not None:
            draft = Draft("evict-when-free", "Forget the lock only when nobody waits for it")
            draft.insert(code, n.start_byte, f"if (!{name[1]}.isLocked()) ")
            yield draft


# ---------------------------------------------------------------------- locks that are not given back


def release_in_finally(case: Case) -> Iterator[Draft]:
    """Give back in `finally` what was taken, whatever happens in between."""
    code, taken = case.code, case.at.statement
    block = taken.parent
    if block is None:
        return
    body = statements(block)
    index = body.index(taken)
    rest = body[index + 1 :]
    if not rest:
        return
    extra = [r for r in _releases(code, taken, rest) if "(" in r]
    for unlock in _unlocks(code, rest):
        if extra:
            draft = Draft("release-in-finally", "Give back the lock and the connection in finally")
            yield from _with_finally(draft, code, rest, [unlock[0], extra[0]], unlock[1])
    for release in _releases(code, taken, rest):
        later = next(
            (
                n
                for n in rest
                if n.type == "try_statement"
                and (f := n.child_by_field_name("finalizer")) is not None
                and release in code.of(f)
            ),
            None,
        )
        draft = Draft("release-in-finally", f"Give back in finally: {release}")
        if later is not None:
            if later == rest[0]:
                continue
            inner = later.child_by_field_name("body")
            assert inner is not None
            moved = rest[: rest.index(later)]
            text = code.data[code.start_of_line(moved[0]) : code.end_of_line(moved[-1])].decode()
            deeper = "".join(code.unit + line if line.strip() else line for line in text.splitlines(keepends=True))
            first = statements(inner)[0]
            draft.parts.append((code, code.start_of_line(moved[0]), code.end_of_line(moved[-1]), ""))
            draft.insert(code, code.start_of_line(first), deeper)
            yield draft
            continue
        yield from _with_finally(draft, code, rest, [release])


def _with_finally(
    draft: Draft, code: Code, rest: list[Node], releases: list[str], after: Node | None = None
) -> Iterator[Draft]:
    """Wrap the rest of a block; with `after`, the first release is due only from that statement on."""
    first, last = rest[0], rest[-1]
    pad, unit = code.indent(first), code.unit
    gone = [n for s in rest for n in walk(s, False) if _is_release(code, n, releases)]
    kept_last = last
    while kept_last in gone and rest.index(kept_last) > 0:
        kept_last = rest[rest.index(kept_last) - 1]
    if not (code.alone(first) and code.alone(last)) or first in gone:
        return
    for n in gone:
        draft.remove(code, n)
    draft.insert(code, code.start_of_line(first), f"{pad}try {{{code.eol}")
    draft.shift(code, first, last)
    rollback = next((r for r in (_rollback(code, s) for s in rest) if r), "")
    tail = [f"{pad}}} finally {{", f"{pad}{unit}{releases[-1]}{code.semi}", f"{pad}}}"]
    if rollback:
        rethrow = [f"{pad}{unit}{rollback}{code.semi}", f"{pad}{unit}throw error{code.semi}"]
        tail[:0] = [f"{pad}}} catch (error) {{", *rethrow]
    draft.insert(code, code.end_of_line(last), "".join(line + code.eol for line in tail))
    if after is not None:
        following = rest[rest.index(after) + 1 :]
        if not following:
            return
        draft.insert(code, code.start_of_line(following[0]), f"{pad}{unit}try {{{code.eol}")
        draft.shift(code, following[0], kept_last)
        inner = [f"{pad}{unit}}} finally {{", f"{pad}{unit}{unit}{releases[0]}{code.semi}", f"{pad}{unit}}}"]
        draft.insert(code, code.end_of_line(kept_last), "".join(line + code.eol for line in inner))
    yield draft


def _rollback(code: Code, statement: Node) -> str:
    """How a transaction that is begun in the open by a driver's own call is rolled back."""
    begun = re.search(r"await (\w+)\.beginTransaction\(\)", code.of(statement))
    return f"await {begun[1]}.rollback()" if begun else ""


def _is_release(code: Code, node: Node, releases: list[str]) -> bool:
    return node.type == "expression_statement" and code.of(node).rstrip(";") in releases


def _releases(code: Code, taken: Node, rest: list[Node]) -> list[str]:
    """Statements that give back what a statement takes, as they stand in the code after it, or made up."""
    text = code.of(taken).rstrip(";")
    out: list[str] = []
    names = declared(code, taken)
    later = [code.of(n).rstrip(";") for s in rest for n in walk(s, False) if n.type == "expression_statement"]
    for name in names:
        pattern = rf"(?:await )?{re.escape(name)}(?:\.(?:release|unlock|close|end|destroy))?\(\)"
        out += [t for t in later if re.fullmatch(pattern, t)]
    flag = re.fullmatch(r"(.+?)\s*=\s*true", text)
    if flag:
        out += [t for t in later if re.fullmatch(rf"{re.escape(flag[1])}\s*=\s*false", t)]
    entry = re.fullmatch(r"([\w.#]+)\.(?:add|set)\((\w[\w.]*)(?:, .*)?\)", text)
    if entry:
        out += [t for t in later if t == f"{entry[1]}.delete({entry[2]})"]
    called = re.search(r"(?:await )?([\w.]+)\.(acquire|lock|wait|take|down)\(", text)
    if called and not names:
        out += [
            t
            for t in later
            if re.fullmatch(rf"(?:await )?{re.escape(called[1])}\.(release|unlock|signal|leave|up)\(.*\)", t)
        ]
    if names and not out:
        out += [f"{names[0]}.release()" if re.search(r"\.(?:connect|getConnection)\(", text) else f"{names[0]}()"]
    return list(dict.fromkeys(out))


def _unlocks(code: Code, rest: list[Node]) -> Iterator[tuple[str, Node]]:
    """Advisory locks among statements: how they are given back, and the last statement before they are held."""
    for n in rest:
        if "pg_advisory_unlock" not in code.of(n):
            continue
        taken = next((s for s in rest if re.search(r"pg_(try_)?advisory_lock", code.of(s))), None)
        if taken is None:
            continue
        after = rest[rest.index(taken) + 1]
        yield code.of(n).rstrip(";"), after if after.type == "if_statement" else taken


# ---------------------------------------------------------------------- deadlocks


def order_locks(case: Case) -> Iterator[Draft]:
    """Take two locks of one kind in an order that does not depend on who calls."""
    code = case.code
    nested = case.at.node.type == "call_expression" and _only_argument(case.at.node) is not None
    mine = case.at.node if nested else _keyed_call(code, case.at.statement)
    function = function_of(case.at.node)
    if mine is None or function is None:
        return
    others = [
        n
        for n in (*above(case.at.node), *walk(function))
        if n.type == "call_expression"
        and (n.end_byte <= case.at.node.start_byte or (within(mine, n) and n != mine))
        and _same_callee(code, n, mine)
    ]
    for other in others[-1:]:
        a, b = _only_argument(other), _only_argument(mine)
        if a is None or b is None or code.of(a) == code.of(b):
            continue
        statement = statement_of(other)
        if statement is None:
            continue
        first, second = code.free("first", "lower"), code.free("second", "upper")
        draft = Draft("order-locks", "Take the two locks in one order, whoever calls")
        pair = f"{code.of(a)}, {code.of(b)}"
        turned = f"{code.of(b)}, {code.of(a)}"
        ordered = f"{code.of(a)} < {code.of(b)} ? [{pair}] : [{turned}]"
        draft.lines_before(code, statement, f"const [{first}, {second}] = {ordered}{code.semi}")
        draft.replace(code, a, first)
        draft.replace(code, b, second)
        yield draft


def _keyed_call(code: Code, statement: Node) -> Node | None:
    """`guardOf(to)` in `await guardOf(to).acquire()`, or the locking call itself."""
    calls = [n for n in walk(statement, False) if n.type == "call_expression"]
    return next((n for n in reversed(calls) if _only_argument(n) is not None), None)


def _only_argument(call: Node) -> Node | None:
    arguments = call.child_by_field_name("arguments")
    if arguments is None or not arguments.named_children:
        return None
    first = arguments.named_children[0]
    return first if first.type in ("identifier", "member_expression") else None


def _same_callee(code: Code, a: Node, b: Node) -> bool:
    x, y = a.child_by_field_name("function"), b.child_by_field_name("function")
    return x is not None and y is not None and code.of(x) == code.of(y) and _only_argument(a) is not None


def swap_nesting(case: Case) -> Iterator[Draft]:
    """Let one function take two locks in the order in which the other does."""
    pairs: list[tuple[Code, Node, Node]] = []
    for code in case.codes.values():
        for n in walk(code.root):
            if (target := _exclusive(code, n)) is not None:
                outer = next((t for p in above(n) if p != n and (t := _exclusive(code, p)) is not None), None)
                if outer is not None and code.of(outer) != code.of(target):
                    pairs.append((code, outer, target))
    for code, outer, target in reversed(pairs):
        first, second = code.of(outer), code.of(target)
        if any(c.of(a) == second and c.of(b) == first for c, a, b in pairs):
            draft = Draft("order-locks", f"Take {second} before {first} here too")
            draft.replace(code, outer, second)
            draft.replace(code, target, first)
            yield draft


def _exclusive(code: Code, node: Node) -> Node | None:
    """`lock` of `lock.runExclusive(...)`."""
    if node.type != "call_expression" or (f := node.child_by_field_name("function")) is None:
        return None
    name = f.child_by_field_name("property")
    return f.child_by_field_name("object") if name is not None and code.of(name) == "runExclusive" else None


def unnest(case: Case) -> Iterator[Draft]:
    """Run what is inside a limited task at once, instead of waiting for the same limiter again."""
    code = case.act.code
    for call in (n for n in walk(case.act.statement) if n.type == "call_expression"):
        name, arguments = _callee(code, call), call.child_by_field_name("arguments")
        work = arguments.named_children[0] if arguments is not None and len(arguments.named_children) == 1 else None
        outer = [n for n in above(call) if n.type == "call_expression" and _callee(code, n) == name and n != call]
        if work is None or work.type != "arrow_function" or "()" not in code.of(work).split("=>")[0] or not outer:
            continue
        body = work.child_by_field_name("body")
        if body is None:
            continue
        draft = Draft("unnest", f"Do not wait for {name} inside a task that {name} runs")
        draft.replace(code, call, f"({code.of(work)})()" if body.type == "statement_block" else code.of(body))
        yield draft


def split_reentry(case: Case) -> Iterator[Draft]:
    """Call the part that needs the lock without taking it again."""
    for code in case.codes.values():
        for method in walk(code.root):
            if method.type != "method_definition" or body_of(method) is None:
                continue
            inner = _locked_body(method)
            name = method.child_by_field_name("name")
            if inner is None or name is None:
                continue
            for other, call in _calls_under_lock(case, code, method, code.of(name)):
                yield from _split(code, method, code.of(name), inner, other, call)


def _locked_body(method: Node) -> Node | None:
    """The callback of the one locking call that a method consists of."""
    body = statements(_body(method))
    if len(body) != 1:
        return None
    expression = body[0].named_children[0] if body[0].named_children else None
    if expression is not None and expression.type == "await_expression":
        expression = expression.named_children[0]
    if expression is None or expression.type != "call_expression":
        return None
    arguments = expression.child_by_field_name("arguments")
    last = arguments.named_children[-1:] if arguments is not None else []
    return last[0] if last and last[0].type == "arrow_function" and body_of(last[0]) is not None else None


def _calls_under_lock(case: Case, code: Code, method: Node, name: str) -> Iterator[tuple[Code, Node]]:
    for other in case.codes.values():
        for n in walk(other.root):
            if n.type != "call_expression" or (f := n.child_by_field_name("function")) is None:
                continue
            prop = f.child_by_field_name("property")
            if prop is None or other.of(prop) != name or (other is code and within(n, method)):
                continue
            if any(
                p.type == "arrow_function" and p.parent is not None and p.parent.type == "arguments" for p in above(n)
            ):
                yield other, prop


def _split(code: Code, method: Node, name: str, inner: Node, other: Code, call: Node) -> Iterator[Draft]:
    fresh = code.free(f"{name}Locked")
    draft = Draft("split-reentry", f"Call the part of {name} that expects the lock to be held")
    params = method.child_by_field_name("parameters")
    given = method.child_by_field_name("return_type")
    body = _body(inner)
    assert params is not None
    arguments = ", ".join(parameters(code, method))
    pad = code.indent(method)
    lines = code.data[body.start_byte + 1 : body.end_byte - 1].decode().strip("\r\n").rstrip().splitlines()
    depth = min((len(x) - len(x.lstrip()) for x in lines if x.strip()), default=0)
    text = code.eol.join(pad + code.unit + x[depth:] if x.strip() else "" for x in lines)
    draft.replace(code, body, f"this.{fresh}({arguments})")
    if is_async(inner):
        keyword = next(c for c in inner.children if c.type == "async")
        draft.parts.append((code, keyword.start_byte, inner.child_by_field_name("parameters").start_byte, ""))  # type: ignore[union-attr]
    visibility = "" if other is not code else "private "
    head = f"{pad}/** For callers that hold the lock. */{code.eol}"
    head += f"{pad}{visibility}async {fresh}{code.of(params)}{code.of(given) if given is not None else ''} {{"
    draft.insert(code, code.end_of_line(method), f"{code.eol}{head}{code.eol}{text}{code.eol}{pad}}}{code.eol}")
    draft.replace(other, call, fresh)
    yield draft


__all__ = ["Region", "Spot", "bound", "hold_lock", "names_in", "region_of", "release_in_finally", "unwrapped"]
