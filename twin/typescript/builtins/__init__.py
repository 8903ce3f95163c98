"""The ECMAScript and Node globals of the simulated machine.

Strategy: the objects of the realm are built once per process, at first use, and shared by all executions;
`install` only hands out references. Every native is `fn(R, this, args, site)`.
Deliberately absent: exotic corners, which are unknown values to the machine.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from krepis.twin.typescript.builtins import (
    arrays,
    collections,
    dates,
    generators,
    node,
    numbers,
    objects,
    promises,
    serial,
    strings,
    timers,
)
from krepis.twin.typescript.builtins._base import Realm, to_primitive
from krepis.twin.typescript.builtins.objects import proxy_delete, proxy_get, proxy_has, proxy_keys, proxy_set
from krepis.twin.typescript.builtins.strings import make_regexp
from krepis.twin.typescript.builtins.unknown import unknown_method
from krepis.twin.typescript.values import JsObject, JsRegExp

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine

__all__ = [
    "install", "proxy_delete", "proxy_get", "proxy_has", "proxy_keys", "proxy_set", "regex",
    "to_primitive", "unknown_method",
]  # fmt: skip


@cache
def realm() -> Realm:
    """The realm of this process."""
    r = Realm()
    for group in (
        objects,
        arrays,
        strings,
        numbers,
        collections,
        promises,
        generators,
        timers,
        dates,
        serial,
        node,
    ):
        group.define(r)
    return r


def install(R: Machine) -> None:
    """Gives an execution its globals: shared built-ins, and a global object of its own."""
    shared = realm()
    R.protos = shared.protos
    own = dict(shared.globals)
    o = JsObject(("global",), shared.protos["Object"])
    o.owner = R.setup_act
    o.shared = True
    o.label = "globalThis"
    o.props = own
    own["globalThis"] = own["global"] = o
    R.globals = own


def regex(R: Machine, pattern: str, flags: str) -> JsRegExp:
    """A regular expression literal."""
    return make_regexp(R, pattern, flags)
