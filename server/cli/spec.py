"""`krepis spec check`: the TLA+ modules of the Twin, checked by TLC."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import click
from krepis.twin import tlc
from krepis.twin.report import visible
from rich.console import Console

_BROKEN: Final = 1
_FAILURE: Final = 3


@click.group(short_help="The TLA+ specifications of the Twin.")
def spec() -> None:
    """The TLA+ specifications of the Twin."""


@spec.command(short_help="Check the specifications with TLC.")
@click.argument("module", required=False)
@click.option("--mutants", is_flag=True, help="Also check that TLC rejects each mutant of a specification.")
@click.option(
    "--workers", type=click.IntRange(min=1), default=1, show_default=True, metavar="N", help="Threads of TLC."
)
@click.option("--json", "as_json", is_flag=True, help="Print the results as JSON.")
def check(module: str | None, mutants: bool, workers: int, as_json: bool) -> int:
    """Check the specifications with TLC.

    MODULE is the name of a specification (VirtualClock); without it all are checked, each under all its
    configurations. For each, the number of distinct states and the properties that hold in them are printed.

    Needs TLC and Java, which pip install 'krepis[specs]' brings.

    \b
    krepis spec check
    krepis spec check VirtualClock --mutants --json

    Exit status: 0 all properties hold, every action
    happens, every mutant is rejected; 1 something of that is not so; 2 there is no such module; 3 TLC is not installed
    or failed.
    """
    if module is not None and module not in tlc.modules():
        raise click.UsageError(visible(f"there is no module {module!r}; there are: {', '.join(tlc.modules())}"))
    checks: list[dict[str, Any]] = []
    rejected: list[dict[str, Any]] = []
    missing: dict[str, tuple[str, ...]] = {}
    try:
        for name in [module] if module else tlc.modules():
            done: list[tlc.Checked] = []
            for title, config in tlc.configs(name).items():
                with _progress(title) as show:
                    done.append(tlc.check(name, config, workers=workers, progress=show))
                checks.append(_record(title, done[-1]))
                if not as_json:
                    click.echo(_line(checks[-1]))
            if all(checked.broken is None for checked in done) and tlc.never_taken(done):
                missing[name] = tlc.never_taken(done)
                if not as_json:
                    click.echo(f"{name}: these actions NEVER HAPPEN: {', '.join(missing[name])}")
            for mutant in tlc.mutants(name) if mutants else ():
                broken = tlc.check_mutant(mutant).broken is not None
                rejected.append({"name": mutant.name, "breaks": mutant.breaks, "rejected": broken})
                if not as_json:
                    said = "rejected: it breaks" if broken else "NOT REJECTED, though it should break"
                    click.echo(f"  mutant {mutant.name.partition('-')[2]} is {said} {mutant.breaks}")
    except tlc.TlcError as error:
        click.echo(visible(f"krepis: {error}"), err=True)
        return _FAILURE
    if as_json:
        click.echo(json.dumps({"version": 1, "checks": checks, "neverTaken": missing, "mutants": rejected}))
    fine = all(c["holds"] for c in checks) and all(m["rejected"] for m in rejected) and not missing
    return 0 if fine else _BROKEN


def _record(title: str, checked: tlc.Checked) -> dict[str, Any]:
    return {
        "config": title,
        "holds": checked.broken is None,
        "broken": checked.broken,
        "states": checked.states,
        "generated": checked.generated,
        "depth": checked.depth,
        "seconds": round(checked.seconds, 3),
        "properties": [*checked.config.invariants, *checked.config.properties],
        "actions": [{"name": a.name, "newStates": a.new_states, "taken": a.taken} for a in checked.actions],
        "behaviour": list(checked.behaviour),
    }


def _line(record: dict[str, Any]) -> str:
    start = f"{record['config']}: {record['states']:,} distinct states, {record['seconds']:.1f} s"
    if not record["holds"]:
        return "\n".join([f"{start}: {record['broken']} is BROKEN", *record["behaviour"]])
    return f"{start}, holds: {', '.join(record['properties'])}"


@contextmanager
def _progress(title: str) -> Iterator[Callable[[int, int], None] | None]:
    """A line on stderr that says how far TLC is while the block runs, if stderr is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    with Console(stderr=True).status(f"Checking {title}") as status:
        yield lambda found, left: status.update(f"Checking {title}: {found:,} states, {left:,} to look at")
