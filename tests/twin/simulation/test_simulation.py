"""Simulations whose results are known from queueing theory, from limits, or from counting."""

from __future__ import annotations

from dataclasses import replace

import pytest
from krepis.twin.simulation import (
    MICROSECOND,
    MILLISECOND,
    SECOND,
    Dependency,
    Keys,
    Law,
    Outage,
    Piece,
    Plan,
    Result,
    Route,
    SimulationError,
    Stream,
    Tenant,
    shares,
    simulate,
)
from krepis.twin.simulation.report import as_html, as_json, as_text, document

GET = Route("GET", "/a", Law("constant", MILLISECOND))


def stream(seconds: float, rate: float, tenant: str = "t", route: str = "GET /a", **more: object) -> Stream:
    end = round(seconds * SECOND)
    plain = Stream(tenant, ((route, 1.0),), (Piece(0, end, rate, rate),), connections=2000)
    return replace(plain, **more)  # type: ignore[arg-type]


def plan(seconds: float, *streams: Stream, **more: object) -> Plan:
    """One worker that costs nothing besides its handlers, and limits that are never met."""
    tenants = tuple(Tenant(name, running=10_000, queued=60_000) for name in sorted({s.tenant for s in streams}))
    plain = Plan(round(seconds * SECOND), (GET,), streams, tenants, request_cost=0, running=10_000)
    return replace(plain, **more)  # type: ignore[arg-type]


def outcomes(result: Result, tenant: str | None = None) -> dict[str, int]:
    return {name: count for name, count in result.of(tenant).outcomes.items() if count}


@pytest.mark.parametrize(("kind", "factor"), [("constant", 1.0), ("exponential", 2.0)])
def test_one_worker_is_an_m_g_1_queue(kind: str, factor: float) -> None:
    """Pollaczek and Khinchine: the mean wait is rho * service * (1 + c^2) / (2 * (1 - rho)); c is 0 or 1."""
    rate, service = 600, 0.001
    route = replace(GET, cpu=Law(kind, MILLISECOND))  # type: ignore[arg-type]
    result = simulate(plan(1000, stream(1000, rate), routes=(route,)))
    figures, load = result.of(), rate * service
    wait = load * service * factor / (2 * (1 - load))
    assert figures.waited_sum / figures.begun / SECOND == pytest.approx(wait, rel=0.03)
    assert result.busy == pytest.approx(load, rel=0.01)
    # Little: the mean number in the queue is the rate times the wait.
    waiting = sum(w.waiting for w in result.windows["t"]) / len(result.windows["t"])
    assert waiting == pytest.approx(rate * wait, rel=0.05)
    assert outcomes(result) == {"answered": figures.arrived}
    assert result.kernel_requests == figures.arrived


def test_tenants_that_always_wait_get_shares_in_proportion_to_their_weights() -> None:
    tenants = (Tenant("a", weight=1), Tenant("b", weight=3), Tenant("c", weight=4))
    route = replace(GET, awaits=(("db",),))
    result = simulate(
        plan(
            60,
            *(stream(60, 900, name) for name in "abc"),
            tenants=tenants,
            routes=(route,),
            dependencies=(Dependency("db", Law("constant", MILLISECOND)),),
            running=1,
        )
    )
    # The first seconds fill the queues, and after the last arrival they only empty.
    answered = {name: sum(w.outcomes["answered"] for w in result.windows[name][20:]) for name in "abc"}
    total = sum(answered.values())
    for tenant in tenants:
        assert answered[tenant.name] / total == pytest.approx(tenant.weight / 8, abs=0.005)
    assert result.fairness() > 0.99


def test_a_rate_lets_in_its_burst_and_what_comes_back_meanwhile() -> None:
    tenant = Tenant("t", rate=10, burst=15)
    result = simulate(plan(100, stream(100, 20, constant=True), tenants=(tenant,)))
    # Arrivals at 0.05 s, 0.1 s, ..., 99.95 s; the bucket is full at the first and gets a token in 0.1 s.
    assert result.of().arrived == 1999
    assert outcomes(result) == {"answered": 15 + 999, "limited": 1999 - 15 - 999}


def test_a_queue_that_is_full_refuses() -> None:
    tenant = Tenant("t", running=1, queued=3)
    route = replace(GET, cpu=Law("constant", 0), awaits=(("db",),))
    burst = replace(stream(1, 0), pieces=(Piece(0, SECOND // 10, 100, 100),), constant=True)
    result = simulate(
        plan(1, burst, tenants=(tenant,), routes=(route,), dependencies=(Dependency("db", Law("constant", SECOND)),))
    )
    assert outcomes(result) == {"answered": 4, "refused": 5}


def test_a_handler_that_takes_too_long_gets_a_504_and_an_impatient_client_leaves() -> None:
    slow = Dependency("db", Law("constant", 3 * SECOND))
    route = replace(GET, awaits=(("db",),))
    late = simulate(plan(10, stream(10, 1, constant=True), routes=(route,), dependencies=(slow,), handler_ms=2000))
    assert outcomes(late) == {"late": 9}
    gone = simulate(
        plan(10, stream(10, 1, constant=True, timeout=SECOND), routes=(route,), dependencies=(slow,), handler_ms=2000)
    )
    assert outcomes(gone) == {"given-up": 9}


def test_failures_retries_and_outages_of_a_dependency() -> None:
    down = Dependency("db", Law("constant", MILLISECOND), outages=(Outage(2 * SECOND, 4 * SECOND, 1.0),))
    route = replace(GET, awaits=(("db", "db"),))
    result = simulate(plan(10, stream(10, 10, constant=True), routes=(route,), dependencies=(down,)))
    assert outcomes(result) == {"answered": 79, "failed": 20}
    assert (result.loads["db"].operations, result.loads["db"].failures) == (198, 40)
    flaky = Dependency("db", Law("constant", MILLISECOND), failures=0.5, retries=60)
    result = simulate(plan(10, stream(10, 50), routes=(route,), dependencies=(flaky,)))
    assert outcomes(result) == {"answered": result.of().arrived}


def test_a_pool_makes_operations_wait() -> None:
    """Ten at once for a pool of two: the last pair begins after four others."""
    pool = Dependency("db", Law("constant", 100 * MILLISECOND), at_once=2)
    route = replace(GET, cpu=Law("constant", 0), awaits=(("db",) * 10,))
    result = simulate(plan(1, stream(1, 1.5, constant=True), routes=(route,), dependencies=(pool,)))
    assert result.of().latency_max == 500 * MILLISECOND
    assert result.loads["db"].waiting_max == 8


@pytest.mark.parametrize(
    "how",
    [
        {"latency": 10 * MILLISECOND},
        {"closes": True, "latency": 10 * MILLISECOND},
        {"pipeline": 16, "connections": 2, "latency": 30 * MILLISECOND},
        {"bytes_per_second": 20_000.0},
        {"timeout": 40 * MILLISECOND},
    ],
    ids=str,
)
def test_every_request_has_one_outcome_and_equal_seeds_give_equal_reports(how: dict[str, object]) -> None:
    tight = plan(
        40,
        stream(40, 60, route="POST /a/:id", **how),
        routes=(Route("POST", "/a/:id", Law("exponential", 2 * MILLISECOND), (("db",),), 400, 3000, "k"),),
        tenants=(Tenant("t", running=8, queued=4, rate=55, burst=20, connections=30),),
        dependencies=(Dependency("db", Law("lognormal", 8 * MILLISECOND, 1.0), at_once=6, failures=0.02),),
        keys=(Keys("k", 50, 1.0),),
        workers=2,
        idle_ms=300,
        handler_ms=200,
    )
    first, again, other = simulate(tight), simulate(tight), simulate(replace(tight, seed=2))
    assert first.of().arrived > 2000
    assert first.of().outcomes["open"] == 0
    assert first.of().outcomes["answered"] > 300
    assert sum(int(n) for n in first.of().latencies) == first.of().outcomes["answered"]
    assert as_json(document(first, [], [])) == as_json(document(again, [], []))
    assert as_json(document(first, [], [])) != as_json(document(other, [], []))


def test_requests_about_the_same_key_overlap_as_often_as_chance_has_it() -> None:
    """With K keys, a request meets another one about its own in a share of about rate * time / K."""
    wait = Dependency("db", Law("constant", 50 * MILLISECOND))
    route = replace(GET, cpu=Law("constant", 0), awaits=(("db",),), keys="k")
    result = simulate(
        plan(300, stream(300, 100), routes=(route,), dependencies=(wait,), keys=(Keys("k", 100),)),
    )
    share = result.overlaps["GET /a", "GET /a"] / result.of().begun
    assert share == pytest.approx(1 - 2.718281828459045 ** (-100 * 0.05 / 100), rel=0.06)


def test_ramps_and_distributions_have_their_means() -> None:
    ramp = replace(stream(100, 0), pieces=(Piece(0, 50 * SECOND, 0, 100), Piece(50 * SECOND, 100 * SECOND, 100, 0)))
    laws = (
        Law("uniform", MICROSECOND, 3 * MICROSECOND),
        Law("exponential", 2 * MICROSECOND),
        Law("lognormal", 2 * MICROSECOND, 0.5),
    )
    means = (2.0, 2.0, 2 * 2.718281828459045 ** (0.5**2 / 2))
    for law, mean in zip(laws, means, strict=True):
        figures = simulate(plan(100, ramp, routes=(replace(GET, cpu=law),))).of()
        assert figures.arrived == pytest.approx(5000, abs=300)  # four standard deviations
        assert figures.cpu / figures.arrived / MICROSECOND == pytest.approx(mean, rel=0.06)
    assert simulate(plan(100, replace(ramp, constant=True))).of().arrived == pytest.approx(5000, abs=1)


def test_percentiles_and_fair_shares() -> None:
    result = simulate(plan(20, stream(20, 100, constant=True), routes=(replace(GET, cpu=Law("uniform", 0, 8e6)),)))
    latencies = result.of().latencies
    assert result.percentile(latencies, 0.5) == pytest.approx(4e6, rel=0.1)
    assert result.percentile(latencies, 1.0) == pytest.approx(result.of().latency_max, rel=0.01)
    assert result.percentile(latencies * 0, 0.5) is None
    assert shares(10, {"a": 1, "b": 20, "c": 20}, {"a": 1, "b": 1, "c": 2}) == pytest.approx({"a": 1, "b": 3, "c": 6})
    assert shares(10, {"a": 1, "b": 2}, {"a": 1, "b": 1}) == {"a": 1, "b": 2}


def test_what_the_kernel_does_not_take_is_an_error() -> None:
    for routes in ((replace(GET, pattern="/a//:"),), (GET, GET), (replace(GET, method="BREW"),)):
        with pytest.raises(SimulationError, match="the kernel does not take this plan"):
            simulate(plan(1, replace(stream(1, 1), mix=((routes[0].name, 1.0),)), routes=routes))


def test_reports_escape_names_and_load_nothing() -> None:
    name = "<script>alert(1)</script>\x1b[31m"
    made = document(simulate(plan(1, stream(1, 9, tenant=name))), None, [f"note {name}"])
    page = as_html(made, name)
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<svg") == 4
    assert "\x1b" not in page + as_text(made)
