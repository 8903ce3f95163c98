"""The recipes in order: for each kind of finding, the most specific first, a lock in memory last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from krepis.twin.findings import Kind
from krepis.twin.fixes import _claims as claims
from krepis.twin.fixes import _locals as local
from krepis.twin.fixes import _locks as locks
from krepis.twin.fixes import _memory as memory
from krepis.twin.fixes import _orders as orders
from krepis.twin.fixes import _promises as promises
from krepis.twin.fixes import _transactions as transactions
from krepis.twin.fixes import _updates as updates
from krepis.twin.fixes._case import Case
from krepis.twin.fixes._source import Draft

Recipe = Callable[[Case], Iterator[Draft]]

_WRONG_LOCK: Final[tuple[Recipe, ...]] = (
    promises.return_await,
    locks.shared_mutex,
    locks.right_key,
    locks.one_at_a_time,
    locks.wait_in_loop,
    locks.chain_tail,
    locks.evict_when_free,
    orders.release_once,
    orders.free_when_done,
    orders.read_in_turn,
)
_DATABASE: Final[tuple[Recipe, ...]] = (
    updates.redis_counter,
    updates.relative_update,
    claims.compare_and_set,
    claims.set_if_new,
    transactions.right_connection,
    transactions.lock_rows,
    transactions.serializable,
    transactions.new_transaction,
)
_MEMORY: Final[tuple[Recipe, ...]] = (
    local.make_local,
    memory.share_promise,
    memory.share_promise_of_key,
    memory.hoist_await,
    memory.move_read,
    memory.take_buffer,
    memory.claim_first,
    memory.recheck,
    orders.still_the_one,
    memory.reread_in_callback,
    memory.still_mine,
    memory.latest_call,
)
_RACE: Final[tuple[Recipe, ...]] = (
    *_WRONG_LOCK,
    *_DATABASE,
    *_MEMORY,
    locks.hold_lock,
    locks.lock_calls,
    locks.lock_callbacks,
)
RECIPES: Final[Mapping[Kind, tuple[Recipe, ...]]] = {
    "lost-update": _RACE,
    "check-then-act": _RACE,
    "stale-read": _RACE,
    "write-skew": _RACE,
    "init-race": _RACE,
    "order-violation": _RACE,
    "deadlock": (locks.order_locks, locks.swap_nesting, locks.split_reentry, locks.unnest, locks.lock_calls),
    "lock-leak": (locks.release_in_finally,),
    "floating-promise": (promises.wait_for_all, promises.return_await, promises.await_it),
    "invariant": _RACE,
}


def drafts(case: Case) -> Iterator[Draft]:
    """Everything that might repair a finding."""
    for recipe in RECIPES[case.finding.kind]:
        yield from recipe(case)


def remedies(kind: Kind) -> tuple[str, ...]:
    """What may be offered for findings of a kind, best first, for people."""
    return tuple((recipe.__doc__ or "").strip().splitlines()[0] for recipe in RECIPES[kind])
