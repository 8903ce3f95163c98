"""Objects that a method makes ready before anybody calls the others: `onModuleInit`, `init`, `connect`.

A field without a value that one method assigns, and that the others use without looking, is assigned before they are
called. Whoever starts the program calls that method; a container does for `onModuleInit`, and `main` for `init`.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Final

from krepis.twin.typescript.code import ClassCode, Member
from krepis.twin.typescript.values import JsFunction, JsObject, JsPromise, Stop, own, raw

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine

_NOTHING: Final = re.compile(rb"=\s*(?:null|undefined|void 0)\s*;?\s*$")
_ENDS: Final = re.compile(
    r"(?i)^(?:on)?(?:module|application)?(?:destroy|shutdown|close|stop|end|disconnect|dispose|quit)"
)
"""Methods after which nobody calls the others."""


def start(R: Machine, o: JsObject, but: str = "") -> None:
    """Run the methods that make an object ready, once, unless `but` is one of them."""
    klass = o.cls
    while klass is not None and klass.code is not None:
        for name in R.program.initialisers(klass.code):
            key = ("started", o.ident, name)
            if name == but or key in R.singletons:
                continue
            R.singletons[key] = True
            f = method(o, name)
            if f is not None:
                _run(R, o, f, key)
        base = klass.base
        klass = base.klass if base is not None else None


def method(o: JsObject, name: str) -> JsFunction | None:
    """The function that an object, or what it inherits from, has under a name."""
    h: JsObject | None = o
    while h is not None:
        f = own(h, name)
        if isinstance(f, JsFunction):
            return f
        h = h.proto
    return None


def _run(R: Machine, o: JsObject, f: JsFunction, key: tuple[object, ...]) -> None:
    """To its end, beside whatever else is going on."""
    queues = R.micro, R.ticks, R.pending, R.created
    R.micro, R.ticks, R.pending, R.created = deque(), deque(), [], []

    def run() -> None:
        result = raw(R.call(f, o, [], 0))
        if isinstance(result, JsPromise):
            result.handled = result.observed = True
        R.settle_setup()

    try:
        R.program.quietly(R, run, key)
    except Stop:
        pass
    finally:
        R.micro, R.ticks, R.pending, R.created = queues


def initialisers(cls: ClassCode) -> tuple[str, ...]:
    """The methods of a class that give its fields their first values, and that no other method calls."""
    blank = [m.name for m in cls.members if _blank(m)]
    methods = [m for m in cls.members if m.kind == "method" and m.code is not None and m.name is not None]
    found: dict[str, None] = {}
    for name in blank:
        assert name is not None
        this = rb"this\." + re.escape(name.encode()) + rb"\b"
        gives = re.compile(this + rb"\s*=(?!=|>)(?!\s*(?:null|undefined)\b)")
        negated, alone, compared = rb"!\s*%b\s*[)&|?;]", rb"[(&|]\s*%b\s*(?:[)&|]|\?[^.])", rb"%b\s*(?:\?\?|[!=]==?)"
        looks = re.compile(b"|".join(form % this for form in (negated, alone, compared)))
        text = {m.name: cls.module.text[m.code.start : m.code.end] for m in methods if m.code is not None}
        givers = [m for m in methods if gives.search(text[m.name])]
        if len(givers) != 1 or (cls.ctor is not None and gives.search(cls.module.text, cls.ctor.start, cls.ctor.end)):
            continue
        giver = givers[0]
        others = [m for m in methods if m is not giver and not _ENDS.match(m.name or "")]
        assert giver.name is not None and giver.code is not None
        called = re.compile(rb"this\." + re.escape(giver.name.encode()) + rb"\s*\(")
        if (
            giver.code.n_params == 0
            and not giver.static
            and not called.search(cls.module.text, cls.start, cls.end)
            and not any(looks.search(text[m.name]) for m in others)
        ):
            found[giver.name] = None
    return tuple(found)


def _blank(member: Member) -> bool:
    """Whether a field begins without a value."""
    if member.kind != "field" or member.static or member.ambient or member.name is None or member.decorators:
        return False
    code = member.code
    return code is None or bool(_NOTHING.search(code.module.text[code.start : code.end]))
