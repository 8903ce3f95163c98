"""Recipes for promises that nobody waits for: await them, return them, or wait for all that a loop starts.

A function that is not `async` is made so only where nobody can see it: an anonymous callback without a return type.
"""

from __future__ import annotations

from collections.abc import Iterator

from krepis.twin.fixes._case import Case
from krepis.twin.fixes._source import (
    FUNCTIONS,
    Code,
    Draft,
    above,
    body_of,
    function_of,
    is_async,
    statements,
    walk,
)
from tree_sitter import Node

_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement", "switch_statement"})


def wait_for_all(case: Case) -> Iterator[Draft]:
    """Wait for what `forEach(async ...)` or a bare `map(async ...)` starts: all at once, or one after the other."""
    code = case.code
    call = _floating(case)
    if call is None or call.parent is None or call.parent.type != "expression_statement":
        return
    target, method = _method(code, call)
    arguments = call.child_by_field_name("arguments")
    callback = arguments.named_children[0] if arguments is not None and arguments.named_children else None
    if target is None or method not in ("forEach", "map") or callback is None or not _may_wait(call):
        return
    if len(arguments.named_children if arguments is not None else ()) != 1 or not code.alone(call.parent):
        return
    each = _one_by_one(code, call, target, callback)
    together = _together(code, call)
    for draft in (each, together) if _in_transaction(code, call) else (together, each):
        if draft is not None:
            yield draft


def _together(code: Code, call: Node) -> Draft:
    """`await Promise.all(xs.map(async ...))`."""
    draft = Draft("promise-all", "Wait for all of them: await Promise.all(map)")
    statement = call.parent
    assert statement is not None
    prop = _property(call)
    if prop is not None and code.of(prop) != "map":
        draft.replace(code, prop, "map")
    pad = code.indent(statement)
    lines = call.start_point.row != call.end_point.row
    draft.insert(
        code, call.start_byte, f"await Promise.all({code.eol}{pad}{code.unit}" if lines else "await Promise.all("
    )
    if lines:
        draft.shift_below(code, call)
    draft.insert(code, call.end_byte, f",{code.eol}{pad})" if lines else ")")
    return draft


def _one_by_one(code: Code, call: Node, target: Node, callback: Node) -> Draft | None:
    """`for (const x of xs) {...}`, where the callback takes the element alone."""
    body = body_of(callback)
    params = callback.child_by_field_name("parameters")
    single = callback.child_by_field_name("parameter")
    names = params.named_children if params is not None else [single] if single is not None else []
    if body is None or len(names) != 1 or _optional(call):
        return None
    name = names[0].child_by_field_name("pattern") or names[0]
    returns = [n for n in walk(body, False) if n.type == "return_statement"]
    if any(n.named_children or any(p.type in _LOOPS for p in _up_to(n, body)) for n in returns):
        return None
    draft = Draft("one-by-one", "Wait for each before the next: for (... of ...)")
    assert call.parent is not None
    head = f"for (const {code.of(name)} of {code.of(target)}) "
    draft.parts.append((code, call.start_byte, body.start_byte, head))
    for n in returns:
        draft.replace(code, n, f"continue{code.semi}")
    draft.parts.append((code, body.end_byte, call.parent.end_byte, ""))
    return draft


def await_it(case: Case) -> Iterator[Draft]:
    """Await the promise, or return it from the callback whose result is waited for."""
    code = case.code
    call = _floating(case)
    if call is None or call.parent is None:
        return
    holder = call.parent
    function = function_of(call)
    if holder.type == "unary_expression" and code.of(holder).startswith("void"):
        if _may_wait(call):
            draft = Draft("await", "Wait for it")
            draft.parts.append((code, holder.start_byte, holder.start_byte + len("void"), "await"))
            yield draft
        return
    if holder.type != "expression_statement" or function is None:
        return
    if is_async(function):
        draft = Draft("await", f"Await {_short(code, call)}")
        draft.insert(code, call.start_byte, "await ")
        yield draft
        return
    body = body_of(function)
    if body is None or function.type != "arrow_function":
        return
    if statements(body)[-1] == holder and function.parent is not None and function.parent.type == "arguments":
        draft = Draft("return-promise", f"Return {_short(code, call)}, so that it is waited for")
        draft.insert(code, call.start_byte, "return ")
        yield draft
    if function.child_by_field_name("return_type") is None:
        draft = Draft("await", f"Await {_short(code, call)}")
        draft.insert(code, function.start_byte, "async ")
        draft.insert(code, call.start_byte, "await ")
        yield draft


def return_await(case: Case) -> Iterator[Draft]:
    """`return await` inside of `try`, so that `finally` runs when the work is done, not when it starts."""
    for code in case.codes.values():
        for n in walk(code.root):
            if n.type != "return_statement" or not n.named_children or n.named_children[0].type != "call_expression":
                continue
            function = function_of(n)
            if function is None or not is_async(function):
                continue
            inside = next(
                (p for p in _up_to(n, function) if p.type == "statement_block" and _tries(p)),
                None,
            )
            if inside is None:
                continue
            draft = Draft("return-await", "Wait for the work before the lock or the file is given back: return await")
            draft.insert(code, n.named_children[0].start_byte, "await ")
            yield draft


def _tries(block: Node) -> bool:
    """Whether a block is the body of a `try` with a `finally`."""
    owner = block.parent
    return (
        owner is not None
        and owner.type == "try_statement"
        and owner.child_by_field_name("body") == block
        and owner.child_by_field_name("finalizer") is not None
    )


def _up_to(node: Node, outer: Node) -> Iterator[Node]:
    for n in above(node):
        if n == outer:
            return
        yield n


def _floating(case: Case) -> Node | None:
    """The outermost call of the expression that is reported."""
    best: Node | None = None
    for n in above(case.at.node):
        if n.type == "call_expression":
            best = n
        elif n.type in FUNCTIONS or n.type.endswith("statement") or n.type == "statement_block":
            break
    if best is None and case.at.node.type == "expression_statement":
        best = next((n for n in walk(case.at.node, False) if n.type == "call_expression"), None)
    return best


def _method(code: Code, call: Node) -> tuple[Node | None, str]:
    function = call.child_by_field_name("function")
    prop = _property(call)
    return (function.child_by_field_name("object"), code.of(prop)) if function and prop else (None, "")


def _property(call: Node) -> Node | None:
    function = call.child_by_field_name("function")
    return function.child_by_field_name("property") if function is not None else None


def _optional(call: Node) -> bool:
    function = call.child_by_field_name("function")
    return function is not None and any(c.type == "optional_chain" for c in function.children)


def _may_wait(node: Node) -> bool:
    function = function_of(node)
    return function is None or is_async(function)


def _in_transaction(code: Code, node: Node) -> bool:
    """Whether a node runs in a callback of a transaction, which has one connection."""
    return any(
        n.type == "call_expression"
        and (f := n.child_by_field_name("function")) is not None
        and "transaction" in code.of(f).lower()
        for n in above(node)
    )


def _short(code: Code, call: Node) -> str:
    function = call.child_by_field_name("function")
    text = code.of(function) if function is not None else "it"
    return text if len(text) <= 40 and "\n" not in text else "it"
