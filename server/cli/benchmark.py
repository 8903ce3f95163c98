"""`krepis benchmark`: a project's routes, or the standard set with its peers, measured by `krepis.kernel.bench`."""

from __future__ import annotations

import json
import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click
from krepis.kernel import bench
from krepis.kernel.node import Node, NodeError, addon, find_node
from krepis.server.chart import svg
from krepis.server.config import ConfigError, find_settings
from krepis.server.project import Project, ProjectError, find_project, missing_packages
from krepis.server.regression import ROUNDS_MIN, Comparison, compare
from krepis.server.version import installed_version
from krepis.twin.report import visible

_WORSE: Final = 1
_FAILURE: Final = 3
_REFERENCE: Final = "reference"
_NAMES: Final = {name.lower().replace(", ", "-"): name for name in bench.PEERS if name != "krepis, idle"}


# fmt: off
@click.command(short_help="Measure the routes of a project, or Krepis beside its peers.")
@click.argument("path", required=False, metavar="[PATH]", type=click.Path(exists=True, path_type=Path))
@click.option("--route", "routes", multiple=True, metavar="'METHOD /PATH [BODY]'",
              help="A request to measure, with a JSON body or @FILE; may be given again.  "
                   "[default: all GET routes of the application without parameters]")
@click.option("--against", multiple=True, metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Another program to measure beside PATH with the same requests; may be given again.")
@click.option("--peers", metavar="NAME,...",
              help=f"Of {', '.join(_NAMES)}; those of npm are installed if need be.  [default: what is installed]")
@click.option("--rounds", type=click.IntRange(min=1), default=ROUNDS_MIN, show_default=True, metavar="N",
              help="Runs of each server, interleaved; medians are shown.")
@click.option("--seconds", type=click.FloatRange(min=0.05), default=2.0, show_default=True, metavar="S",
              help="How long a run takes.")
@click.option("--connections", type=click.IntRange(1, 16384), default=64, show_default=True, metavar="N",
              help="Connections of the load.")
@click.option("--pipeline", type=click.IntRange(1, 256), default=1, show_default=True, metavar="N",
              help="Requests on each connection at once, with PATH.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with every run.")
@click.option("--svg", "chart", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path),
              help="Write a chart of the medians to FILE.")
@click.option("--baseline", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Compare with what --json printed earlier.")
@click.option("--tolerance", type=click.FloatRange(min=0), default=15.0, show_default=True, metavar="PERCENT",
              help="How much more processor time a request may take than in the baseline, beyond noise.")
@click.option("--slower", type=click.FloatRange(min=0), metavar="PERCENT",
              help="With one --against: fail when PATH takes that much more processor time, beyond noise.")
def benchmark(path: Path | None, peers: str | None, as_json: bool, chart: Path | None, baseline: Path | None,
              tolerance: float, slower: float | None, **how: Any) -> int:
    """Measure the routes of a project, or Krepis beside its peers.

    With PATH, a project as krepis run takes it: its routes, or those named with --route. Without, the standard set:
    hello, JSON by id and JSON echo, by Krepis, node:http, Express, Fastify and Hono where they are installed.

    Servers that are measured together must give equal answers first. Each has the machine's first core while the load
    has the second; runs are interleaved, and the load is a closed loop. A warm-up run of each is not counted.

    \b
    krepis benchmark src/app.ts --route 'POST /orders @order.json'
    krepis benchmark --peers krepis,node:http,express --svg chart.svg
    krepis benchmark src/app.ts --json > base.json && krepis benchmark src/app.ts --baseline base.json

    Exit status: 0 done; 1 a request takes more processor time than the baseline or --slower allow; 2 wrong usage;
    3 there is no Node or no gcc, or a server does not start, or answers differ.
    """
    # fmt: on
    if slower is not None and len(how["against"]) != 1:
        raise click.UsageError("--slower needs PATH and one --against")
    if (slower is not None or baseline) and how["rounds"] < ROUNDS_MIN:
        raise click.UsageError(f"--slower and --baseline need at least {ROUNDS_MIN} --rounds")
    try:
        known = _read(baseline) if baseline else {}
        node = find_node(find_settings(Path.cwd()).node)
        native = addon(node)
        if path is None:
            if how["routes"] or how["against"]:
                raise click.UsageError("--route and --against need PATH")
            runs = list(_standard(node, native, _peers(node, peers), how))
        else:
            runs = list(_own(node, native, path, how, kept=as_json or baseline is not None))
    except (ConfigError, ProjectError) as error:
        raise click.UsageError(visible(str(error))) from error
    except (NodeError, bench.BenchError) as error:
        click.echo(visible(f"krepis: {error}"), err=True)
        return _FAILURE
    if chart:
        chart.write_text(svg(runs), encoding="utf-8")
    worse = list(_compared(runs, known, tolerance / 100))
    worse += _slower(runs, slower / 100) if slower is not None else []
    if as_json:
        report = {"version": 1, "machine": _machine(node), "runs": [asdict(run) for run in runs]}
        click.echo(json.dumps(report, indent=1))
    else:
        click.echo("\n".join([_machine(node)["text"], *bench.table(runs)]))
    for line in worse:
        click.echo(visible(f"krepis: {line}"), err=True)
    return _WORSE if worse else 0


def _slower(runs: Sequence[bench.Run], threshold: float) -> Iterator[str]:
    """What the first program needs more processor time for than the second, noise considered."""
    for workload, peers in bench.by_workload(runs).items():
        own, other = ([run.cpu_us for run in peer] for peer in list(peers.values())[:2])
        yield from _judged(f"{workload}, {next(iter(peers))}", compare(other, own, threshold))


def _judged(what: str, found: Comparison) -> Iterator[str]:
    if found.verdict == "slower":
        interval = f"{found.low:.2f} to {found.high:.2f}"
        yield f"{what}: {found.ratio:.2f} times the CPU per request ({interval}, {found.rounds} rounds)"


def _peers(node: Node, named: str | None) -> list[str]:
    """The names of the peers, installed."""
    if named is None:
        left_out = [name for name in _NAMES.values() if not bench.installed(name)]
        if left_out:
            click.echo(f"krepis: not installed, name them with --peers: {', '.join(left_out)}", err=True)
        return [name for name in _NAMES.values() if name not in (*left_out, "krepis, async", "krepis, fixed")]
    wanted = [name.strip().lower() for name in named.split(",")]
    unknown = [name for name in wanted if name not in _NAMES]
    if unknown:
        raise click.UsageError(f"no such peer: {', '.join(unknown)}; there are {', '.join(_NAMES)}")
    names = [_NAMES[name] for name in wanted]
    if not all(map(bench.installed, names)):
        click.echo(f"krepis: installing the peers in {bench.peers_folder()}", err=True)
        bench.install_peers(node)
    return names


def _standard(node: Node, native: Path, names: Sequence[str], how: dict[str, Any]) -> Iterator[bench.Run]:
    with tempfile.TemporaryDirectory() as folder:
        for number, workload in enumerate(bench.STANDARD):
            with ExitStack() as servers:
                peers: list[bench.Peer] = []
                for name in names:
                    port, path = str(bench.free_port()), f"{folder}/{number}-{len(peers)}"
                    target = path if workload.local else port
                    command = bench.peer_command(node, bench.PEERS[name], target)
                    environment = bench.environment(native)
                    pid = servers.enter_context(
                        bench.serving(command, target, cwd=bench.peers_folder(), env=environment)
                    )
                    peers.append(bench.Peer(name, pid, port, path))
                yield from _measured(bench.agreeing(peers, workload), workload, how)


def _own(node: Node, native: Path, path: Path, how: dict[str, Any], *, kept: bool) -> Iterator[bench.Run]:
    """The runs of a project, and of the programs that it is measured against; if they are kept, of the reference too.

    Processor time depends on what else the machine does. What a program that stays the same takes, in turn with the
    others, is known then at both times.
    """
    settings = find_settings((path if path.is_dir() else path.parent).resolve())
    projects = [find_project(path.resolve(), settings.entry), *(find_project(one.resolve()) for one in how["against"])]
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        peers: list[bench.Peer] = []
        for project in projects:
            if missing := missing_packages(project.root):
                raise ProjectError(f"not installed in {project.root}: {', '.join(missing)}. Run npm install there.")
            port, routes = str(bench.free_port()), Path(folder) / str(len(peers))
            environment = {**bench.environment(native), "PORT": port}
            command = bench.project_command(node, project.entry, port, routes)
            pid = servers.enter_context(bench.serving(command, port, cwd=project.root, env=environment))
            peers.append(bench.Peer(_shown(project, projects), pid, port))
        reference = []
        if kept:
            port = str(bench.free_port())
            command = bench.peer_command(node, "reference.mjs", port)
            pid = servers.enter_context(bench.serving(command, port, cwd=bench.peers_folder()))
            reference.append(bench.Peer(_REFERENCE, pid, port))
        for workload in _workloads(how["routes"], Path(folder) / "0", how["pipeline"]):
            measured = bench.agreeing(peers, workload)
            if len(measured) < len(peers):
                raise bench.BenchError(f"{workload.name}: there is no such route in every program")
            yield from _measured([*measured, *reference], workload, how)


def _shown(project: Project, projects: Sequence[Project]) -> str:
    names = [one.entry.name for one in projects]
    return project.entry.name if names.count(project.entry.name) == 1 else str(project.entry)


def _workloads(routes: Sequence[str], listed: Path, pipeline: int) -> list[bench.Workload]:
    """The requests to measure: those that are named, or what the application has without parameters."""
    if routes:
        return [_workload(route, pipeline) for route in routes]
    found = [_workload(f"GET {path}", pipeline) for path in bench.routes_without_parameters(listed)]
    if not found:
        raise ProjectError("there is no GET route without parameters to measure: name requests with --route")
    return found


def _workload(route: str, pipeline: int) -> bench.Workload:
    method, path, *rest = route.split(maxsplit=2)
    body = rest[0] if rest else ""
    if body.startswith("@"):
        try:
            body = Path(body[1:]).read_text(encoding="utf-8")
        except OSError as error:
            raise ProjectError(f"{body[1:]}: {error.strerror}") from error
    name = f"{method} {path}" + (f", pipelined {pipeline}" if pipeline > 1 else "")
    return bench.Workload(name, bench.request(method, path, body.encode()), pipeline, application=True)


def _measured(peers: Sequence[bench.Peer], workload: bench.Workload, how: dict[str, Any]) -> Iterator[bench.Run]:
    yield from bench.compare(peers, workload, how["rounds"], how["connections"], how["seconds"])
    click.echo(f"krepis: {workload.name} measured", err=True)


def _machine(node: Node) -> dict[str, Any]:
    load = os.getloadavg()[0]
    cores = len(os.sched_getaffinity(0))
    system = f"{platform.system()} {platform.release()}"
    text = f"krepis {installed_version()}, Node {node.version}, {system}, {cores} cores, load {load:.1f}"
    return {"krepis": installed_version(), "node": node.version, "system": system, "cores": cores, "load": load,
            "text": text}  # fmt: skip


def _read(file: Path) -> dict[tuple[str, str], Sequence[bench.Run]]:
    """The runs of an earlier report, by workload and peer."""
    try:
        runs = [bench.Run(**run) for run in json.loads(file.read_text(encoding="utf-8"))["runs"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise click.UsageError(f"{file} is not what krepis benchmark --json prints: {error}") from error
    grouped = bench.by_workload(runs)
    known = {(workload, peer): own for workload, peers in grouped.items() for peer, own in peers.items()}
    if (few := min(map(len, known.values()), default=ROUNDS_MIN)) < ROUNDS_MIN:
        raise click.UsageError(f"{file} has {few} rounds, which say too little: take it with at least {ROUNDS_MIN}")
    return known


def _compared(
    runs: Sequence[bench.Run], known: dict[tuple[str, str], Sequence[bench.Run]], threshold: float
) -> Iterator[str]:
    """What takes more processor time than it did: beside what the reference took, where both times have it."""
    for workload, peers in bench.by_workload(runs).items():
        reference = next((name for name in (_REFERENCE, "node:http") if name in peers), "")
        base = known.get((workload, reference), ())
        for peer, own in peers.items():
            before = known.get((workload, peer), ())
            if not before or peer == _REFERENCE:
                continue
            beside = bool(base) and peer != reference
            old = _costs(before, base if beside else ())
            new = _costs(own, peers[reference] if beside else ())
            yield from _judged(f"{workload}, {peer}", compare(old, new, threshold, paired=False))


def _costs(runs: Sequence[bench.Run], reference: Sequence[bench.Run]) -> list[float]:
    """Processor time per request of each round, as a multiple of the reference's in that round if there is one."""
    if not reference:
        return [run.cpu_us for run in runs]
    return [run.cpu_us / other.cpu_us for run, other in zip(runs, reference, strict=False)]
