"""The only module that touches the simulation's cdata: a plan goes in, a result comes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from krepis.twin._simulation import ffi, lib
from krepis.twin.simulation.plan import Law, Plan, Route
from krepis.twin.simulation.results import OUTCOMES, Figures, Histogram, Load, Result, Window

_LAWS: Final = {"constant": 0, "uniform": 1, "exponential": 2, "lognormal": 3}
_NEVER: Final = 0xFFFFFFFF
_SLICES: Final = 100  # of a run, between which somebody may interrupt it
_REASONS: Final = {
    lib.SIM_EINVAL: "the kernel does not take this plan: a route's pattern is malformed or conflicts with another, "
    "or a number is out of range",
    lib.SIM_ENOMEM: "there is not enough memory",
    lib.SIM_EOPEN: "more requests are open at once than can be simulated: the deployment does not keep up. Lower the "
    "rates, or give the clients a timeout",
    lib.SIM_ESERVER: "the kernel's server cannot be made with these limits",
}


class SimulationError(Exception):
    """The plan cannot be simulated; the message says why, and what to do."""


def simulate(plan: Plan, progress: Callable[[float], None] = lambda share: None) -> Result:
    """Run a plan to its end. `progress` is told the share that is done. Raises SimulationError."""
    kept: list[Any] = []
    error = ffi.new("int *")
    handle = lib.sim_new(_plan(plan, kept), error)
    if handle == ffi.NULL:
        raise SimulationError(_REASONS[error[0]])
    try:
        for part in range(1, _SLICES + 1):
            over = lib.sim_run(handle, plan.duration * part // _SLICES)
            if over < 0:
                raise SimulationError(_REASONS[over])
            progress(part / _SLICES)
        if lib.sim_run(handle, 0xFFFFFFFFFFFFFFFF) < 0:
            raise SimulationError(_REASONS[lib.SIM_EOPEN])
        return _result(plan, handle)
    finally:
        lib.sim_free(handle)


def _plan(plan: Plan, kept: list[Any]) -> Any:
    """The plan as the C code takes it; `kept` holds what it points to."""
    names = [dependency.name for dependency in plan.dependencies]
    routes = [route.name for route in plan.routes]
    tenants = [tenant.name for tenant in plan.tenants]
    keys = [one.name for one in plan.keys]
    steps: list[dict[str, int]] = []
    mixes: list[dict[str, Any]] = []
    pieces: list[dict[str, Any]] = []
    made = [_route(route, names, keys, steps, kept) for route in plan.routes]
    streams = []
    for stream in plan.streams:
        streams.append(
            {
                "tenant": tenants.index(stream.tenant),
                "constant": stream.constant,
                "pieces_first": len(pieces),
                "pieces_count": len(stream.pieces),
                "mix_first": len(mixes),
                "mix_count": len(stream.mix),
                "connections_max": stream.connections,
                "pipeline_max": stream.pipeline,
                "closes": stream.closes,
                "latency": stream.latency,
                "timeout": stream.timeout,
                "bytes_per_second": stream.bytes_per_second,
            }
        )
        mixes += ({"route": routes.index(name), "weight": weight} for name, weight in stream.mix)
        pieces += ({"from": p.start, "until": p.end, "rate_from": p.first, "rate_until": p.last} for p in stream.pieces)
    tables = {
        "dependencies": _table(
            "sim_dependency",
            (
                {
                    "latency": _law(d.latency),
                    "at_once_max": d.at_once,
                    "retries": d.retries,
                    "failures": d.failures,
                    "timeout": d.timeout,
                }
                for d in plan.dependencies
            ),
        ),
        "outages": _table(
            "sim_outage",
            (
                {"dependency": i, "from": o.start, "until": o.end, "failures": o.failures, "slower": o.slower}
                for i, d in enumerate(plan.dependencies)
                for o in d.outages
            ),
        ),
        "routes": _table("sim_route", made),
        "steps": _table("sim_step", steps),
        "keys": _table("sim_keys", ({"count": k.count, "skew": k.skew} for k in plan.keys)),
        "tenants": _table(
            "sim_tenant",
            (
                {
                    "host": _text(f"{name}.tenant", kept),
                    "weight": t.weight,
                    "connections_max": _NEVER if t.connections is None else t.connections,
                    "running_max": t.running,
                    "queued_max": t.queued,
                    "rate_per_second": t.rate or 0,
                    "burst": (t.burst if t.burst is not None else t.rate) or 0,
                }
                for name, t in enumerate(plan.tenants)
            ),
        ),
        "streams": _table("sim_stream", streams),
        "pieces": _table("sim_piece", pieces),
        "mixes": _table("sim_mix", mixes),
    }
    kept += tables.values()
    numbers = {
        f"{name}_count": len(tables[name])
        for name in ("dependencies", "outages", "routes", "keys", "tenants", "streams")
    }
    return ffi.new(
        "sim_plan *",
        {
            **tables,
            **numbers,
            "seed": plan.seed,
            "duration": plan.duration,
            "workers": plan.workers,
            "connections_max": plan.connections,
            "running_max": plan.running,
            "handler_ms": plan.handler_ms,
            "idle_ms": plan.idle_ms,
            "windows": plan.windows,
            "request_cost": plan.request_cost,
        },
    )


def _table(kind: str, rows: Any) -> Any:
    return ffi.new(f"{kind}[]", list(rows))


def _text(text: str, kept: list[Any]) -> Any:
    kept.append(ffi.new("char[]", text.encode("utf-8")))
    return kept[-1]


def _law(law: Law) -> dict[str, Any]:
    return {"kind": _LAWS[law.kind], "a": law.a, "b": law.b}


def _route(
    route: Route, names: Sequence[str], keys: Sequence[str], steps: list[dict[str, int]], kept: list[Any]
) -> dict[str, Any]:
    first = len(steps)
    for group in route.awaits:
        steps += ({"dependency": names.index(name), "with_next": i + 1 < len(group)} for i, name in enumerate(group))
    return {
        "method": _text(route.method, kept),
        "pattern": _text(route.pattern, kept),
        "cpu": _law(route.cpu),
        "steps_first": first,
        "steps_count": len(steps) - first,
        "request_bytes": route.request_bytes,
        "response_bytes": route.response_bytes,
        "keys": -1 if route.keys is None else keys.index(route.keys),
    }


def _result(plan: Plan, handle: Any) -> Result:
    totals, figures, window, load = (ffi.new(f"sim_{kind} *") for kind in ("totals", "figures", "window", "load"))
    lib.sim_read_totals(handle, totals)
    known: dict[tuple[str, str], Figures] = {}
    windows: dict[str, list[Window]] = {}
    loads: dict[str, Load] = {}
    for t, tenant in enumerate(plan.tenants):
        for r, route in enumerate(plan.routes):
            lib.sim_read_figures(handle, t, r, figures)
            known[tenant.name, route.name] = Figures(
                _outcomes(figures.outcomes),
                figures.begun,
                figures.latency_sum,
                figures.latency_max,
                figures.waited_sum,
                figures.cpu,
                _histogram(lib.sim_read_latencies, handle, t, r),
            )
        windows[tenant.name] = []
        for w in range(plan.windows):
            lib.sim_read_window(handle, t, w, window)
            windows[tenant.name].append(
                Window(
                    window.arrived,
                    _outcomes(window.outcomes),
                    window.waiting,
                    window.running,
                    window.waiting_max,
                    window.running_max,
                )
            )
    for d, dependency in enumerate(plan.dependencies):
        lib.sim_read_load(handle, d, load)
        loads[dependency.name] = Load(load.busy, load.waiting, load.waiting_max, load.operations, load.failures)
    return Result(
        plan,
        known,
        windows,
        [
            _histogram(lib.sim_read_window_latencies, handle, w)
            for w in range(plan.windows)
        ],
        loads,
        {
            (a.name, b.name): lib.sim_overlaps(handle, i, j)
            for i, a in enumerate(plan.routes)
            for j, b in enumerate(plan.routes)
        },
        np.array([lib.sim_bucket(i) for i in range(lib.SIM_BUCKETS)], dtype=np.uint64),
        totals.busy,
        totals.events,
        totals.ticks,
        totals.connections,
        totals.kernel_requests,
    )  # fmt: skip


def _outcomes(numbers: Any) -> Mapping[str, int]:
    return dict(zip(OUTCOMES, numbers, strict=True))


def _histogram(read: Callable[..., None], *where: Any) -> Histogram:
    made = np.zeros(lib.SIM_BUCKETS, dtype=np.uint64)
    read(*where, ffi.cast("uint64_t *", ffi.from_buffer(made)))
    return made
