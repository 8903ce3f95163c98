"""`krepis simulate`: a deployment under expected traffic, in virtual time."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
from krepis.server.cli.verify import print_text, progress, write
from krepis.server.config import ConfigError
from krepis.server.discover import DiscoveryError
from krepis.server.traffic import read_traffic
from krepis.twin.options import Progress
from krepis.twin.report import visible

_FAILURE: Final = 3


# fmt: off
@click.command(short_help="Simulate a deployment under the traffic that is expected.")
@click.argument("traffic", metavar="TRAFFIC.toml", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="The seed, instead of the file's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--html", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
              help="Write a page with charts to FILE as well.")
@click.option("--no-verify", is_flag=True, help="Do not look for races in the handlers that the file names.")
def simulate(traffic: Path, seed: int | None, as_json: bool, html: Path | None, no_verify: bool) -> int:
    """Simulate a deployment under the traffic that is expected.

    TRAFFIC.toml says who sends what and how often, what handlers cost and wait for, and what the limits are. The
    kernel's own C sources then serve it over a simulated network, hours in seconds: latency by tenant and route,
    queues, fairness, what is refused, limited or too late. Where routes name handlers of the project, what they
    await is read from the program, and races that the verifier finds in them are counted as often as this traffic
    makes them possible.

    Equal files and seeds give equal reports. The reference of the file is docs/reference/simulate.md.

    \b
    krepis simulate traffic.toml
    krepis simulate traffic.toml --html report.html
    krepis simulate traffic.toml --seed 7 --json > report.json

    Exit status: 0 simulated; 2 wrong usage, or the file cannot be used; 3 the deployment cannot be simulated.
    """
    # fmt: on
    # slow to import, and not needed for --help
    from krepis.server.simulated import awaited, program_of, races_of
    from krepis.twin.simulation import SimulationError
    from krepis.twin.simulation import simulate as run
    from krepis.twin.simulation.report import as_html, as_text, document
    from krepis.twin.simulation.report import as_json as json_of

    started = time.monotonic()
    current = Path.cwd()
    if html and not (current / html).parent.is_dir():
        raise click.UsageError(f"no such folder to write {html.name!r} in: {str(html.parent)!r}")
    try:
        asked = read_traffic(traffic)
        program = program_of(asked, current, lambda text: click.echo(visible(text), err=True))
    except (ConfigError, DiscoveryError) as error:
        raise click.UsageError(visible(str(error))) from error
    plan, notes = awaited(asked, program) if program else (asked.plan, [])
    plan = plan if seed is None else replace(plan, seed=seed)
    with progress() as show:
        try:
            result = run(plan, lambda share: show(Progress(round(100 * share), 100, "Simulating")) if show else None)
        except SimulationError as error:
            click.echo(visible(f"krepis: {traffic}: {error}"), err=True)
            return _FAILURE
        races = races_of(program, result, show) if program and not no_verify else None
    made = document(result, races, notes)
    if html:
        write(current / html, as_html(made, f"Simulation of {traffic.name}"))
    print_text(json_of(made) if as_json else as_text(made))
    seconds = time.monotonic() - started
    click.echo(f"{result.events:,} events in {seconds:.1f} s of real time", err=True)
    return 0
