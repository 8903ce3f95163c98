"""The step that measures a change: the project and its base, in turn, on the machine at hand."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from krepis.kernel import bench
from krepis.kernel.node import NodeError, addon, find_node
from krepis.server.ci.steps import Status, Step
from krepis.server.config import Settings
from krepis.server.project import Project, ProjectError, find_project, missing_packages
from krepis.server.regression import PILOT, Comparison, compare, rounds_needed

_NAME: Final = "benchmark"
_SECONDS: Final = 0.1
_CONNECTIONS: Final = 16
_ROUTES_MAX: Final = 8
_MANIFESTS: Final = ("package.json", "package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock")


@dataclass(frozen=True, slots=True)
class Measured:
    """A route, and processor time per request compared with that of the base."""

    route: str
    comparison: Comparison


def measure_change(folder: Path, base: Path | None, settings: Settings, threshold: float, limit_s: float) -> Step:
    """The step, failed when a route became slower, skipped where it cannot be run. The pilot is always finished."""
    start = time.monotonic()
    if base is None:
        return Step(_NAME, "skipped", 0.0, "it needs --base, and a project that was there then")
    try:
        measured = tuple(_measured(folder, base, settings, threshold, start + limit_s))
    except (NodeError, ProjectError, bench.BenchError, OSError) as error:
        return Step(_NAME, "skipped", 0.0, f"cannot be compared: {error}")
    slower = [one for one in measured if one.comparison.verdict == "slower"]
    detail = f"{len(measured)} routes, {len(slower)} slower" if measured else "no GET route without parameters"
    status: Status = "failed" if slower else "passed" if measured else "skipped"
    return Step(_NAME, status, time.monotonic() - start, detail, "\n".join(map(line, measured)))


def line(one: Measured) -> str:
    """`GET /items: 1.12 times the processor time (1.08 to 1.17), slower`."""
    c = one.comparison
    text = f"{one.route}: {c.ratio:.2f} times the processor time ({c.low:.2f} to {c.high:.2f}, {c.rounds} rounds)"
    blind = f"; less than {100 * c.sees:.0f} % would not be seen" if c.verdict == "same" else ""
    return f"{text}, {c.verdict}{blind}"


def _measured(folder: Path, base: Path, settings: Settings, threshold: float, deadline: float) -> Iterator[Measured]:
    if any(_text(folder / name) != _text(base / name) for name in _MANIFESTS):
        raise ProjectError("the packages are others than those of the base")
    if (folder / "node_modules").is_dir() and not (base / "node_modules").exists():
        (base / "node_modules").symlink_to(folder / "node_modules")
    node = find_node(settings.node)
    native = addon(node)
    with TemporaryDirectory() as scratch, ExitStack() as servers:
        peers, routes = [], Path(scratch) / "routes"
        for name, project in (("base", _project(base, settings)), ("change", _project(folder, settings))):
            port = str(bench.free_port())
            environment = {**bench.environment(native), "PORT": port}
            command = bench.project_command(node, project.entry, port, routes)
            pid = servers.enter_context(bench.serving(command, port, cwd=project.root, env=environment))
            peers.append(bench.Peer(name, pid, port))
        for route in bench.routes_without_parameters(routes)[:_ROUTES_MAX]:
            workload = bench.Workload(f"GET {route}", bench.request("GET", route), application=True)
            if len(bench.agreeing(peers, workload)) == 2:
                yield Measured(workload.name, _compared(peers, workload, threshold, deadline))


def _project(folder: Path, settings: Settings) -> Project:
    project = find_project(folder, settings.entry)
    if missing := missing_packages(project.root):
        raise ProjectError(f"not installed: {', '.join(missing)}")
    return project


def _compared(peers: Sequence[bench.Peer], workload: bench.Workload, threshold: float, deadline: float) -> Comparison:
    """Rounds in turn, as many as the noise asks for, and the time allows."""
    old: list[float] = []
    new: list[float] = []
    wanted = PILOT
    while wanted > len(old) and (not old or time.monotonic() < deadline):
        runs = list(bench.compare(peers, workload, min(PILOT, wanted - len(old)), _CONNECTIONS, _SECONDS))
        old += [run.cpu_us for run in runs[::2]]
        new += [run.cpu_us for run in runs[1::2]]
        wanted = rounds_needed(old, new)
    return compare(old, new, threshold)


def _text(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
