"""Map, Set, WeakMap and WeakSet (ECMA-262 section 24), by key through the machine's logged operations.

Deliberately absent: `size`, which the machine answers itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript.builtins._base import Realm, arg, callable_, iterator
from krepis.twin.typescript.values import (
    NOT_BOUND,
    SYMBOL_ITERATOR,
    UNDEFINED,
    JsArray,
    JsMap,
    JsObject,
    Term,
    Value,
    raw,
    tagged,
    tags_of,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine


def _map(R: Machine, this: Value) -> JsMap:
    m = raw(this)
    if not isinstance(m, JsMap):
        raise R.error("TypeError", "Method called on incompatible receiver")
    return m


def get(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    key = arg(args, 0)
    v = R.map_get(_map(R, this), key, s)
    t = tags_of(this) | tags_of(key)
    return tagged(UNDEFINED, t | tags_of(v)) if raw(v) is NOT_BOUND else tagged(v, t)


def has(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    key = arg(args, 0)
    v = R.map_get(_map(R, this), key, s)
    return tagged(raw(v) is not NOT_BOUND, tags_of(v) | tags_of(this) | tags_of(key))


def set_(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    R.map_set(_map(R, this), arg(args, 0), arg(args, 1), s)
    return this


def add(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    R.map_set(_map(R, this), arg(args, 0), arg(args, 0), s)
    return this


def delete(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.map_delete(_map(R, this), arg(args, 0), s)


def clear(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    R.map_clear(_map(R, this), s)
    return UNDEFINED


def for_each(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    m = _map(R, this)
    for k, v in R.map_live(m, s):
        R.call(arg(args, 0), arg(args, 1), [k if m.kind == "Set" else v, k, m], s)
    return UNDEFINED


def entries(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    m = _map(R, this)
    pairs = R.map_live(m, s)
    return iterator(R, (R.new_array([k, k if m.kind == "Set" else v]) for k, v in pairs), "MapIterator")


def keys(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return iterator(R, (k for k, _ in R.map_live(_map(R, this), s)), "MapIterator")


def values(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    m = _map(R, this)
    return iterator(R, (k if m.kind == "Set" else v for k, v in R.map_live(m, s)), "MapIterator")


def _construct(kind: str) -> Any:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        m = R.new_map(kind)
        source = arg(args, 0)
        r = raw(source)
        if r is UNDEFINED or r is None:
            return m
        if r.__class__ is Term:
            m.types = r.type if R.program.kind_of(r.type) == "map" else None
        for item in R.iter(source, s):
            if kind in ("Set", "WeakSet"):
                R.map_set(m, item, item, s)
            else:
                R.map_set(m, R.get(item, 0, s), R.get(item, 1, s), s)
        return m

    return native


def _group_by(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    m = R.new_map("Map")
    for i, v in enumerate(R.iter(arg(args, 0), s)):
        k = R.call(arg(args, 1), UNDEFINED, [v, i], s)
        group = raw(R.map_get(m, k, s))
        if not isinstance(group, JsArray):
            group = R.new_array([])
            R.map_set(m, k, group, s)
        group.items.append(v)
    return m


# ---------------------------------------------------------------- set algebra (ECMA-262 2025, section 24.2.4)


def _members(R: Machine, v: Value, s: int) -> Iterator[Value]:
    r = raw(v)
    if isinstance(r, JsMap):
        return (k for k, _ in R.map_live(r, s))
    if isinstance(r, JsObject) and callable_(R.get(r, "keys", s)):
        return R.iter(R.callm(v, "keys", [], s), s)
    return R.iter(v, s)


def _contains(R: Machine, v: Value, key: Value, s: int) -> bool:
    r = raw(v)
    found = has(R, v, [key], s) if isinstance(r, JsMap) else R.callm(v, "has", [key], s)
    return R.truth(raw(found), s)


def _of(R: Machine, members: list[Value], s: int) -> JsMap:
    out = R.new_map("Set")
    for v in members:
        R.map_set(out, v, v, s)
    return out


def union(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _of(R, [*_members(R, this, s), *_members(R, arg(args, 0), s)], s)


def intersection(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _of(R, [v for v in _members(R, this, s) if _contains(R, arg(args, 0), v, s)], s)


def difference(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _of(R, [v for v in _members(R, this, s) if not _contains(R, arg(args, 0), v, s)], s)


def symmetric_difference(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    other = _of(R, list(_members(R, arg(args, 0), s)), s)
    left = [v for v in _members(R, this, s) if not _contains(R, other, v, s)]
    return _of(R, left + [v for v in _members(R, other, s) if not _contains(R, this, v, s)], s)


def is_subset_of(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return all(_contains(R, arg(args, 0), v, s) for v in _members(R, this, s))


def is_superset_of(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return all(_contains(R, this, v, s) for v in _members(R, arg(args, 0), s))


def is_disjoint_from(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return not any(_contains(R, arg(args, 0), v, s) for v in _members(R, this, s))


def define(realm: Realm) -> None:
    """Adds the keyed collections to the realm."""
    common = {
        "clear": clear,
        "delete": delete,
        "entries": entries,
        "forEach": for_each,
        "has": has,
        "keys": keys,
        "values": values,
    }
    table = realm.proto("Map")
    realm.methods(table, {**common, "get": get, "set": set_, SYMBOL_ITERATOR: entries})
    realm.constructor("Map", _construct("Map"), {"groupBy": _group_by})
    sets = realm.proto("Set")
    algebra = {
        "union": union, "intersection": intersection, "difference": difference,
        "symmetricDifference": symmetric_difference, "isSubsetOf": is_subset_of,
        "isSupersetOf": is_superset_of,
        "isDisjointFrom": is_disjoint_from,
    }  # fmt: skip
    realm.methods(sets, {**common, **algebra, "add": add, SYMBOL_ITERATOR: values})
    realm.constructor("Set", _construct("Set"))
    realm.methods(realm.proto("WeakMap"), {"get": get, "set": set_, "has": has, "delete": delete})
    realm.constructor("WeakMap", _construct("WeakMap"))
    realm.methods(realm.proto("WeakSet"), {"add": add, "has": has, "delete": delete})
    realm.constructor("WeakSet", _construct("WeakSet"))
