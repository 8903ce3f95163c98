"""Tenants: whose a request is, what is refused, and how the turns are shared, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from krepis.kernel import KernelError, TenantLimits, Tenants

QUANTUM_US = 1000
DEBT_US = 60_000_000


@dataclass
class Owner:
    """A tenant of the reference."""

    limits: TenantLimits
    queue: list[int] = field(default_factory=list)
    running: int = 0
    deficit: int = 0
    estimate: int = 1
    granted: bool = False

    @property
    def quantum(self) -> int:
        return self.limits.weight * QUANTUM_US


class Reference:
    """Deficit round robin, written down slowly: one tenant after the other, one round after the other."""

    def __init__(self, running_max: int) -> None:
        self.running_max = running_max
        self.owners: list[Owner] = []
        self.ring: list[Owner] = []
        self.started: dict[int, tuple[Owner, int]] = {}

    def offer(self, tenant: int, request: int) -> None:
        owner = self.owners[tenant]
        owner.queue.append(request)
        if owner not in self.ring:
            owner.granted = False
            self.ring.append(owner)

    def take(self) -> int | None:
        if len(self.started) == self.running_max:
            return None
        while any(self.may(owner) for owner in self.ring) or any(not owner.queue for owner in self.ring):
            owner = self.ring[0]
            if not owner.queue:
                owner.deficit = min(owner.deficit, 0)
                self.ring.remove(owner)
                continue
            if self.may(owner):
                owner.deficit += 0 if owner.granted else owner.quantum
                owner.granted = True
                if owner.deficit >= owner.estimate:
                    owner.deficit -= owner.estimate
                    owner.running += 1
                    request = owner.queue.pop(0)
                    self.started[request] = (owner, owner.estimate)
                    return request
            else:
                owner.deficit = min(owner.deficit, owner.quantum)
            owner.granted = False
            self.ring.append(self.ring.pop(0))
        return None

    def may(self, owner: Owner) -> bool:
        return bool(owner.queue) and owner.running < owner.limits.running_max

    def end(self, request: int, cost: int) -> None:
        if request not in self.started:
            next(owner for owner in self.owners if request in owner.queue).queue.remove(request)
            return
        owner, paid = self.started.pop(request)
        cost = min(max(cost, 1), DEBT_US)
        owner.deficit = max(owner.deficit - (cost - paid), -DEBT_US)
        if owner not in self.ring:
            owner.deficit = min(owner.deficit, 0)
        change = cost - owner.estimate
        owner.estimate = max(1, owner.estimate + (abs(change) // 8) * (1 if change >= 0 else -1))
        owner.running -= 1


LIMITS = st.builds(TenantLimits, weight=st.integers(1, 5), running_max=st.integers(1, 3))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), st.integers(0, 3)),
        st.tuples(st.just("take"), st.just(0)),
        st.tuples(st.just("take"), st.just(0)),
        st.tuples(st.just("end"), st.integers(0, 20_000)),
        st.tuples(st.just("leave"), st.integers(0, 100)),
    ),
    max_size=120,
)


@settings(deadline=None, max_examples=200)
@given(limits=st.lists(LIMITS, min_size=1, max_size=4), running_max=st.integers(1, 6), steps=STEPS)
def test_turns_are_those_of_the_reference(
    limits: list[TenantLimits], running_max: int, steps: list[tuple[str, int]]
) -> None:
    tenants, reference = Tenants(4, 200, running_max), Reference(running_max)
    for one in limits:
        tenants.add(one)
        reference.owners.append(Owner(one))
    queued: list[int] = []
    running: list[int] = []
    for step, number in steps:
        if step == "offer":
            request, _ = tenants.offer(number % len(limits), 0)
            reference.offer(number % len(limits), request)
            queued.append(request)
        elif step == "take":
            taken = tenants.take()
            assert taken == reference.take()
            if taken is not None:
                queued.remove(taken)
                running.append(taken)
        elif step == "end" and running:
            request = running.pop(0)
            tenants.end(request, number)
            reference.end(request, number)
        elif step == "leave" and queued:
            request = queued.pop(number % len(queued))
            tenants.end(request, 0)
            reference.end(request, 0)
        assert tenants.valid()


def served(costs: list[int], weights: list[int], turns: int, running_max: int = 4) -> list[int]:
    """What tenants that always have requests waiting used, in microseconds, of a server with so many turns."""
    tenants = Tenants(len(costs), 10_000, running_max)
    for weight in weights:
        tenants.add(TenantLimits(weight=weight, queued_max=10))
    under_way: list[int] = []
    for _ in range(turns):
        for tenant in range(len(costs)):
            tenants.offer(tenant, 0)
        while (taken := tenants.take()) is not None:
            under_way.append(taken)
        request = under_way.pop(0)
        tenants.end(request, costs[tenants.of(request)])
    assert tenants.valid()
    return [tenants.metrics(tenant).cost_us for tenant in range(len(costs))]


def test_a_dear_tenant_gets_no_more_time_than_a_cheap_one() -> None:
    used = served([20_000, 1000, 250], [1, 1, 1], 60_000)
    assert max(used) <= 1.02 * min(used)


def test_time_is_shared_by_weight() -> None:
    used = served([2000, 2000, 2000], [1, 2, 5], 40_000)
    assert [round(one / used[0], 1) for one in used] == [1, 2, 5]


def test_a_tenant_that_floods_costs_a_quiet_one_at_most_a_round() -> None:
    """Seven tenants with full queues; the eighth asks now and then, and is next but for those at their turn."""
    tenants = Tenants(8, 10_000, 1)
    for _ in range(8):
        tenants.add(TenantLimits(queued_max=500))
    for tenant in range(7):
        while tenants.offer(tenant, 0)[0] >= 0:
            pass
    for _ in range(200):  # what requests cost is known by then
        taken = tenants.take()
        assert taken is not None
        tenants.end(taken, 1000)
    for _ in range(50):
        mine, _ = tenants.offer(7, 0)
        waited = 0
        while (taken := tenants.take()) != mine:
            assert taken is not None
            tenants.end(taken, 1000)
            waited += 1
        tenants.end(mine, 1000)
        assert waited <= 8


def test_requests_that_take_no_time_do_not_keep_the_turn() -> None:
    """A cost of 0 us is what a clock says of the shortest requests; the specification EventScheduler found it."""
    tenants = Tenants(2, 100, 1)
    for _ in range(2):
        tenants.add(TenantLimits(queued_max=50))
    order = []
    for _ in range(3 * QUANTUM_US):
        tenants.offer(0, 0)
        tenants.offer(1, 0)
        taken = tenants.take()
        assert taken is not None
        order.append(tenants.of(taken))
        tenants.end(taken, 0)
    assert set(order) == {0, 1}


def test_one_that_loops_pays_for_it_and_is_not_locked_out_for_ever() -> None:
    tenants = Tenants(2, 100, 1)
    for _ in range(2):
        tenants.add(TenantLimits(queued_max=50))
    order = []
    cost = {0: 10**12, 1: 1000}  # a request of the first takes eleven days, of which a minute is remembered
    for _ in range(200):
        tenants.offer(0, 0)
        tenants.offer(1, 0)
        taken = tenants.take()
        assert taken is not None
        order.append(tenants.of(taken))
        tenants.end(taken, cost[tenants.of(taken)])
    assert order.count(0) == 1
    while tenants.metrics(1).queued:  # alone, it goes on at once, whatever it owes
        taken = tenants.take()
        assert taken is not None
        tenants.end(taken, 1000)
    taken = tenants.take()
    assert taken is not None and tenants.of(taken) == 0


def test_limits_of_rate_queue_running_and_connections() -> None:
    tenants = Tenants(2, 5, 3)
    tenants.add(TenantLimits(running_max=1, queued_max=2, connections_max=1))
    tenants.add(TenantLimits(rate_per_second=10, burst=2))
    assert [tenants.offer(0, 0)[0] for _ in range(3)] == [0, 1, -503]
    assert tenants.take() == 0
    assert tenants.take() is None  # one of it runs
    assert [tenants.offer(1, 0) for _ in range(3)] == [(2, 0), (3, 0), (-429, 100)]
    assert tenants.offer(1, 60) == (-429, 40)
    assert tenants.offer(1, 100) == (4, 0)
    assert tenants.offer(1, 10**15) == (-503, 0)  # the table is full; its tokens are not more than the burst
    assert [tenants.take(), tenants.take(), tenants.take()] == [2, 3, None]  # three run
    tenants.end(0, 5)
    assert [tenants.take(), tenants.take()] == [4, None]
    tenants.end(2, 0)
    assert tenants.take() == 1
    assert [tenants.open(0), tenants.open(0)] == [0, 503]
    tenants.close(0)
    assert tenants.open(0) == 0
    seen = tenants.metrics(0)
    assert (seen.offered, seen.limited, seen.refused, seen.ended, seen.cost_us) == (3, 0, 2, 1, 5)
    assert (seen.connections, seen.running, seen.queued) == (1, 1, 0)
    assert tenants.metrics(1).limited == 2
    assert tenants.valid()


@settings(deadline=None)
@given(times=st.lists(st.integers(0, 400), min_size=1, max_size=60), rate=st.integers(1, 3000), burst=st.integers(1, 5))
def test_a_rate_is_kept_over_every_span_of_time(times: list[int], rate: int, burst: int) -> None:
    tenants = Tenants(1, 1000, 1)
    tenants.add(TenantLimits(rate_per_second=rate, burst=burst))
    now, let_in = 0, []
    for step in times:
        now += step
        number, retry = tenants.offer(0, now)
        if number >= 0:
            let_in.append(now)
        else:
            assert tenants.offer(0, now + retry - 1)[0] == -429 or retry == 1
            now += retry
            assert tenants.offer(0, now)[0] >= 0
            let_in.append(now)
    for i, start in enumerate(let_in):
        for j in range(i, len(let_in)):
            assert j - i + 1 <= burst + (let_in[j] - start) * rate / 1000 + 1e-9


def test_whose_a_request_is() -> None:
    tenants = Tenants(5, 1, 1)
    for _ in range(5):
        tenants.add(TenantLimits())
    tenants.rule(0, "host", b"a.example")
    tenants.rule(1, "prefix", b"/shop")
    tenants.rule(2, "prefix", b"/shop/admin")
    tenants.rule(3, "header", b"key-3")
    tenants.rule(4, "prefix", b"/")
    for how, whose in [
        ({"host": b"A.Example:8080"}, 0),
        ({"host": b"a.example", "path": b"/shop"}, 0),
        ({"host": b"b.example", "path": b"/shop"}, 1),
        ({"path": b"/shop/x"}, 1),
        ({"path": b"/shopping"}, 4),
        ({"path": b"/shop/admin/x"}, 2),
        ({"path": b"/shop/administrator"}, 1),
        ({"header": b"key-3", "host": b"a.example"}, 3),
        ({"header": b"KEY-3", "host": b"[::1]:80"}, 4),
        ({"path": b"*"}, None),
    ]:
        assert tenants.find(**how) == whose, how
    tenants.rule(0, "host", b"A.EXAMPLE")  # again
    for tenant, kind, text in [
        (1, "host", b"A.example"),
        (5, "host", b"x"),
        (0, "prefix", b"shop"),
        (0, "header", b""),
    ]:
        with pytest.raises(KernelError):
            tenants.rule(tenant, kind, text)
    with pytest.raises(KernelError, match="full"):
        tenants.add(TenantLimits())


def test_limits_out_of_range_are_refused() -> None:
    tenants = Tenants(9, 1, 1)
    for limits in [
        TenantLimits(weight=0),
        TenantLimits(weight=1001),
        TenantLimits(running_max=0),
        TenantLimits(rate_per_second=1),
        TenantLimits(burst=1),
    ]:
        with pytest.raises(KernelError, match="out of range"):
            tenants.add(limits)
