"""The report of a simulation: one document of plain values, as JSON, as text, and as a self-contained page with charts.

The document holds no real time, so equal plans give equal bytes. The page loads nothing and needs no script.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from krepis.twin.report import visible
from krepis.twin.simulation.chart import area, lines
from krepis.twin.simulation.plan import MICROSECOND, MILLISECOND, SECOND
from krepis.twin.simulation.results import OUTCOMES, Figures, Result

VERSION: Final = 1
SHARES: Final[Mapping[str, float]] = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
WORDS: Final[Mapping[str, str]] = {
    "answered": "200",
    "failed": "500",
    "limited": "429",
    "refused": "503",
    "late": "504",
    "given-up": "gave up",
    "reset": "reset",
    "open": "open",
}

_FORMS: Final = (("", ".2f"), ("_max", ",d"))


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two routes that a race needs to overlap, and how many requests of `route` began while one of `other` ran."""

    route: str
    other: str
    times: int


@dataclass(frozen=True, slots=True)
class Race:
    """A finding of the verifier in named handlers, and how often this traffic gave it an opportunity."""

    rule: str
    severity: str
    file: str
    line: int
    message: str
    meetings: tuple[Meeting, ...]

    @property
    def times(self) -> int:
        return sum(meeting.times for meeting in self.meetings)


def document(result: Result, races: Sequence[Race] | None, notes: Sequence[str]) -> dict[str, Any]:
    """Everything that a report says. `races` None: no handler was named."""
    plan = result.plan
    seconds = plan.duration / SECOND
    return {
        "version": VERSION,
        "seed": plan.seed,
        "virtual_seconds": round(seconds, 9),
        "totals": {
            **_figures(result, result.of(), seconds),
            "fairness": round(result.fairness(), 4),
            "busy": round(result.busy, 4),
            "connections": result.connections,
            "kernel_requests": result.kernel_requests,
        },
        "tenants": [
            {
                "tenant": t.name,
                "weight": t.weight,
                **_figures(result, result.of(t.name), seconds),
                **_queue(result, t.name),
            }
            for t in plan.tenants
        ],
        "routes": [
            {"tenant": t.name, "route": r.name, **_figures(result, result.figures[t.name, r.name], seconds)}
            for t in plan.tenants
            for r in plan.routes
            if result.figures[t.name, r.name].arrived
        ],
        "dependencies": [
            {
                "dependency": d.name,
                "operations": load.operations,
                "failures": load.failures,
                "busy": round(load.busy, 4),
                "waiting": round(load.waiting, 4),
                "waiting_max": load.waiting_max,
            }
            for d in plan.dependencies
            for load in (result.loads[d.name],)
        ],
        "windows": list(_windows(result)),
        "races": None if races is None else [_race(r) for r in sorted(races, key=lambda r: (-r.times, r.file, r.line))],
        "notes": list(notes),
    }  # fmt: skip


def _race(race: Race) -> dict[str, Any]:
    return {**asdict(race), "times": race.times}


def _figures(result: Result, figures: Figures, seconds: float) -> dict[str, Any]:
    answered = figures.outcomes["answered"]
    latency: dict[str, float | None] = {
        name: _ms(result.percentile(figures.latencies, share)) for name, share in SHARES.items()
    }
    return {
        "requests": figures.arrived,
        "per_second": round(answered / seconds, 3),
        "outcomes": dict(figures.outcomes),
        "latency_ms": {
            "mean": _ms(figures.latency_sum / answered) if answered else None,
            **latency,
            "max": _ms(figures.latency_max) if answered else None,
        },
        "waited_ms": _ms(figures.waited_sum / figures.begun) if figures.begun else None,
        "cpu_ms": round(figures.cpu / MILLISECOND, 3),
    }


def _ms(nanoseconds: float | None) -> float | None:
    return None if nanoseconds is None else round(nanoseconds / MILLISECOND, 4)


def _queue(result: Result, tenant: str) -> dict[str, Any]:
    windows = result.windows[tenant]
    return {
        "waiting": round(sum(w.waiting for w in windows) / len(windows), 4),
        "waiting_max": max(w.waiting_max for w in windows),
        "running": round(sum(w.running for w in windows) / len(windows), 4),
        "running_max": max(w.running_max for w in windows),
    }


def _windows(result: Result) -> Iterator[dict[str, Any]]:
    plan = result.plan
    length = -(-plan.duration // plan.windows)
    for i in range(plan.windows):
        latencies = result.window_latencies[i]
        own = {t.name: result.windows[t.name][i] for t in plan.tenants}
        yield {
            "at": round(i * length / SECOND, 6),
            "p50_ms": _ms(result.percentile(latencies, 0.5)),
            "p99_ms": _ms(result.percentile(latencies, 0.99)),
            "tenants": {
                name: {
                    "arrived": w.arrived,
                    "outcomes": {key: count for key, count in w.outcomes.items() if count},
                    "waiting": round(w.waiting, 4),
                    "running": round(w.running, 4),
                    "waiting_max": w.waiting_max,
                }
                for name, w in own.items()
            },
        }


def as_json(made: Mapping[str, Any]) -> str:
    """For machines."""
    return json.dumps(made, indent=1, allow_nan=False) + "\n"


# -- text ------------------------------------------------------------------------------------------------------


def as_text(made: Mapping[str, Any]) -> str:
    """For people, at most 110 columns wide unless names are long."""
    totals = made["totals"]
    lines = [
        f"{totals['requests']:,} requests in {span(made['virtual_seconds'])} of virtual time, seed {made['seed']}",
        f"{totals['per_second']:,.1f} answered per second, workers busy {totals['busy']:.1%}, "
        f"fairness {totals['fairness']:.3f} (Jain, of fair shares; 1 is best)",
        "",
        *_table("Tenant", made["tenants"], lambda row: str(row["tenant"])),
        "",
        *_table("Route", made["routes"], lambda row: f"{row['tenant']}: {row['route']}"),
        "",
        *_rows(
            ["Queue", "waiting", "at most", "running", "at most"],
            [
                [t["tenant"], *(f"{t[what + most]:{form}}" for what in ("waiting", "running") for most, form in _FORMS)]
                for t in made["tenants"]
            ],
        ),
    ]  # fmt: skip
    if made["dependencies"]:
        header = ["Dependency", "operations", "failed", "under way", "waiting", "at most"]
        lines += ["", *_rows(header, [_dependency(d) for d in made["dependencies"]])]
    if made["races"] is not None:
        lines += ["", *_races(made["races"])]
    lines += ["", *made["notes"]] if made["notes"] else []
    return "".join(f"{visible(line)}\n" for line in lines)


def _dependency(d: Mapping[str, Any]) -> list[str]:
    return [
        d["dependency"],
        f"{d['operations']:,}",
        f"{d['failures']:,}",
        f"{d['busy']:.2f}",
        f"{d['waiting']:.2f}",
        f"{d['waiting_max']:,}",
    ]


def _table(title: str, rows: Sequence[Mapping[str, Any]], name: Any) -> Iterator[str]:
    seen = [outcome for outcome in OUTCOMES if any(row["outcomes"][outcome] for row in rows)]
    header = [
        title,
        "requests",
        *(WORDS[outcome] for outcome in seen),
        *("p50", "p90", "p99", "p99.9", "max"),
        "waited",
    ]
    yield from _rows(
        header,
        [
            [
                name(row),
                f"{row['requests']:,}",
                *(f"{row['outcomes'][outcome]:,}" for outcome in seen),
                *(time(row["latency_ms"][key]) for key in (*SHARES, "max")),
                time(row["waited_ms"]),
            ]
            for row in rows
        ],
    )


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        first, *others = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()


def _races(races: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    seen = [race for race in races if race["times"]]
    yield f"Races in the named handlers: {len(seen)} of {len(races)} could happen under this traffic"
    for race in races:
        meetings = ", ".join(f"{m['route']} with {m['other']}: {m['times']:,}" for m in race["meetings"])
        yield f"  {race['file']}:{race['line']} {race['rule']}"
        yield f"    {race['message']}"
        yield f"    overlapped {race['times']:,} times ({meetings or 'handlers that were not asked for'})"


def time(ms: float | None) -> str:
    """A time in a unit that fits."""
    if ms is None:
        return "-"
    if ms >= 1000:
        return f"{ms / 1000:.2f} s"
    return f"{ms:.0f} ms" if ms >= 100 else f"{ms:.1f} ms" if ms >= 1 else f"{ms * MILLISECOND / MICROSECOND:.0f} us"


def span(seconds: float) -> str:
    """How long something was."""
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.4g} {unit}"
    return f"{seconds:.4g} seconds"


# -- the page ---------------------------------------------------------------------------------------------------


def as_html(made: Mapping[str, Any], title: str) -> str:
    """One self-contained page."""
    windows = made["windows"]
    end = made["virtual_seconds"]
    length = windows[1]["at"] - windows[0]["at"] if len(windows) > 1 else end
    kinds = [outcome for outcome in OUTCOMES if made["totals"]["outcomes"][outcome] and outcome != "open"]
    rates = {
        WORDS[kind]: [sum(t["outcomes"].get(kind, 0) for t in w["tenants"].values()) / length for w in windows]
        for kind in kinds
    }
    tenants = [t["tenant"] for t in made["tenants"]]
    charts = [
        ("Requests per second, by what became of them", area(rates, end)),
        (
            "Latency of answered requests (ms, logarithmic)",
            lines({"median": [w["p50_ms"] for w in windows], "p99": [w["p99_ms"] for w in windows]}, end, log=True),
        ),
        (
            "Requests that wait, by tenant (mean of each part of the time)",
            lines({name: [w["tenants"][name]["waiting"] for w in windows] for name in tenants}, end),
        ),
        (
            "Requests whose handlers run, by tenant",
            lines({name: [w["tenants"][name]["running"] for w in windows] for name in tenants}, end),
        ),
    ]
    seen = [outcome for outcome in OUTCOMES if made["totals"]["outcomes"][outcome]]
    return (
        _template().render(
            title=visible(title),
            made=made,
            span=span(end),
            charts=charts,
            outcomes=seen,
            words=WORDS,
            shares=(*SHARES, "max"),
            time=time,
            visible=visible,
        )
        + "\n"
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("simulation.html.jinja")
