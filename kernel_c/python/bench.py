"""Measures HTTP servers side by side: equal answers first, then interleaved runs of one load, and their medians.

The server has one core and the load another, where there are two. The load generator (`bench/load.c`, compiled on
first use) is a closed loop that costs less than what it measures, so latencies are those of a saturated server.
Processor time comes from the scheduler's own account and hardly depends on what else the machine does; requests per
second do.
Deliberately absent: arrivals at a given rate.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from krepis.kernel.node import CHECKOUT, PACKAGE, Node, NodeError, sdk

PATIENCE_S: Final = 20
"""For a server to listen."""
_SAID_BYTES: Final = 4000
APART: Final = frozenset(
    ("connection", "keep-alive", "date", "etag", "x-powered-by", "content-length", "transfer-encoding", "vary")
)
"""Fields that belong to the connection, or to one server's ways of caching and naming itself."""


class BenchError(RuntimeError):
    """Nothing can be measured, and why; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A request, how many of it are pipelined on each connection, whether over a Unix socket, and who serves it."""

    name: str
    data: bytes
    pipeline: int = 1
    local: bool = False
    application: bool = False


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that runs: the process whose time counts, and where it listens."""

    name: str
    pid: int
    port: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One measurement of one peer. Processor time is per request, latency of a batch of pipelined ones."""

    workload: str
    peer: str
    per_second: float
    cpu_us: float
    user_us: float
    p50_us: int
    p99_us: int
    resident_kib: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says to a request; `others` are the fields that servers of one application should agree on."""

    status: int
    media: str
    body: bytes
    others: tuple[tuple[str, str], ...]


def request(method: str, path: str, body: bytes = b"", more: str = "") -> bytes:
    """The bytes of a request; `more` are complete field lines."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


def load_generator() -> Path:
    """The load generator, compiled on first use. Raises NodeError."""
    source = (CHECKOUT / "bench" if CHECKOUT else PACKAGE / "_bench") / "load.c"
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "krepis"
    target = cache / f"load-{digest}"
    if not target.is_file():
        partial = cache / f".load-{os.getpid()}"
        try:
            cache.mkdir(parents=True, exist_ok=True)
            command = ["gcc", "-O2", "-D_GNU_SOURCE", str(source), "-o", str(partial)]
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise NodeError(f"the load generator cannot be built with gcc: {error}") from error
        partial.replace(target)
    return target


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pinned(command: Sequence[str], *, core: int) -> list[str]:
    """The command, on the first or second of our cores, where there are two and `taskset`."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2 or shutil.which("taskset") is None:
        return list(command)
    return ["taskset", "-c", str(cores[core]), *command]


PEERS: Final[Mapping[str, str]] = {
    "krepis": "krepis.ts",
    "krepis, async": "krepis-async.ts",
    "krepis, fixed": "krepis-fixed.ts",
    "krepis, idle": "krepis-idle.ts",
    "node:http": "node.mjs",
    "Express": "express.mjs",
    "Fastify": "fastify.mjs",
    "Hono": "hono.mjs",
}
"""Who serves the standard set, and the script that does; all but the first ones need packages of that name."""
ECHO: Final = b'{"items":[{"sku":"a-1","count":2},{"sku":"b-7","count":1}],"note":"ring twice","paid":true}'
STANDARD: Final = (
    Workload("hello, pipelined 16", request("GET", "/"), 16),
    Workload("JSON by id, pipelined 16", request("GET", "/users/42"), 16),
    Workload("JSON echo, pipelined 16", request("POST", "/echo", ECHO), 16),
    Workload("hello", request("GET", "/")),
    Workload("JSON by id", request("GET", "/users/42")),
    Workload("JSON echo", request("POST", "/echo", ECHO)),
    Workload("hello, Unix socket", request("GET", "/"), local=True),
)
"""What every peer answers alike."""


def peers_folder() -> Path:
    """The folder of the peers' scripts, where their packages can be installed."""
    if CHECKOUT:
        return CHECKOUT / "bench" / "peers"
    source = PACKAGE / "_bench" / "peers"
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in sorted(source.iterdir()) if file.is_file()))
    target = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "krepis" / digest.hexdigest()[:16]
    shutil.copytree(source, target, dirs_exist_ok=True)
    return target


def installed(peer: str) -> bool:
    """Whether a peer's packages are there, where it needs any."""
    package = {"Express": "express", "Fastify": "fastify", "Hono": "hono"}.get(peer)
    return package is None or (peers_folder() / "node_modules" / package).is_dir()


def install_peers(node: Node) -> None:
    """Install the packages of all peers. Raises NodeError."""
    if node.npm is None:
        raise NodeError(f"{node.program} has no npm to install the peers with")
    command = [str(node.program), str(node.npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    path = f"{node.program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(command, cwd=peers_folder(), capture_output=True, text=True, env={**os.environ, "PATH": path})
    if done.returncode != 0:
        raise NodeError(f"npm ended with status {done.returncode}: {done.stderr}")


def peer_command(node: Node, script: str, target: str) -> list[str]:
    """The command that serves with a script of a peer; it is run in `peers_folder()`."""
    hook = ["--import", str(sdk() / "run" / "register.ts")] if script.endswith(".ts") else []
    return [str(node.program), "--disable-warning=ExperimentalWarning", *hook, script, target]


def project_command(node: Node, entry: Path, port: str, routes: Path) -> list[str]:
    """The command that serves a project as `krepis run` does, without a log; it is run in the project's folder.

    `routes` is written when an application of the SDK listens: a JSON list of methods and patterns.
    """
    task = {
        "entry": str(entry),
        "port": int(port),
        "alone": False,
        "log": "none",
        "color": False,
        "routes": str(routes),
    }
    flags = ["--experimental-transform-types", "--disable-warning=ExperimentalWarning"]
    return [str(node.program), *flags, str(sdk() / "run" / "worker.ts"), json.dumps(task)]


def environment(native: Path) -> dict[str, str]:
    """That of a server that is measured."""
    return {**os.environ, "NODE_ENV": "production", "KREPIS_ADDON": str(native)}


@contextmanager
def serving(command: Sequence[str], target: str, **how: Any) -> Iterator[int]:
    """A server while the block runs; gives its process id. `target` is a port, or the path of a Unix socket.

    Raises BenchError, with what the server said, when it does not listen in time.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(pinned(command, core=0), stdout=subprocess.DEVNULL, stderr=said, **how)
        try:
            if not _listens(process, target):
                process.kill()
                process.wait()
                said.seek(0)
                text = said.read(_SAID_BYTES).decode(errors="replace")
                raise BenchError(f"the server for {target} did not start: {text}")
            yield process.pid
        finally:
            process.terminate()
            process.wait()


def _listens(process: subprocess.Popen[bytes], target: str) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        local = target.startswith("/")
        with socket.socket(socket.AF_UNIX if local else socket.AF_INET) as probe:
            if probe.connect_ex(target if local else ("127.0.0.1", int(target))) == 0:
                return True
        time.sleep(0.05)
    return False


def answer(port: str, workload: Workload) -> Answer:
    """What a server says to the request of a workload."""
    head, body = workload.data.split(b"\r\n\r\n", 1)
    line, *lines = head.decode().split("\r\n")
    method, path, _ = line.split()
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
    connection.request(method, path, body or None, dict(one.split(": ", 1) for one in lines))
    response = connection.getresponse()
    data = response.read()
    connection.close()
    fields = {name.lower(): value for name, value in response.getheaders()}
    media = fields.get("content-type", "").split(";")[0]
    if "x-request-id" in fields:
        fields["x-request-id"] = f"{len(fields['x-request-id'])} characters"
    others = sorted((name, value) for name, value in fields.items() if name not in APART | {"content-type"})
    return Answer(response.status, media, data, tuple(others) if workload.application else ())


def measure(load: Path, peer: Peer, workload: Workload, connections: int, seconds: float) -> Run:
    """One run of the load against a peer. Raises BenchError when answers differ or a connection breaks."""
    target = peer.path if workload.local else peer.port
    before = _cpu_us(peer.pid)
    command = [str(load), target, str(connections), str(workload.pipeline), str(seconds)]
    done = subprocess.run(pinned(command, core=1), input=workload.data, capture_output=True)
    after = _cpu_us(peer.pid)
    if done.returncode != 0:
        raise BenchError(f"{workload.name}, {peer.name}: {done.stderr.decode(errors='replace').strip()}")
    said = json.loads(done.stdout)
    return Run(
        workload.name,
        peer.name,
        said["responses"] / said["seconds"],
        (after[0] - before[0]) / said["responses"],
        (after[1] - before[1]) / said["responses"],
        said["p50_us"],
        said["p99_us"],
        resident_kib(peer.pid),
    )


def _cpu_us(pid: int) -> tuple[float, float]:
    """Processor time of a process: exactly, and how much of it is user mode by sampled ticks."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    exact = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return exact / 1e3, int(parts[11]) * 1e6 / os.sysconf("SC_CLK_TCK")


def resident_kib(pid: int) -> int:
    """The memory of a process that is in RAM."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise ProcessLookupError(pid)


def compare(peers: Sequence[Peer], workload: Workload, rounds: int, connections: int, seconds: float) -> Iterator[Run]:
    """The runs of one workload, interleaved, after one each that warms up and is not counted."""
    load = load_generator()
    for peer in peers:
        measure(load, peer, workload, connections, min(1.0, seconds))
    for _ in range(rounds):
        for peer in peers:
            yield measure(load, peer, workload, connections, seconds)


def agreeing(peers: Sequence[Peer], workload: Workload) -> list[Peer]:
    """The peers that know the request. Raises BenchError when two of them answer differently, or one with an error."""
    found: list[Peer] = []
    first: Answer | None = None
    for peer in peers:
        if workload.local:  # the same programs as over TCP
            found.append(peer)
            continue
        got = answer(peer.port, workload)
        if got.status in (404, 405):
            continue
        if got.status != 200:
            raise BenchError(f"{workload.name}: {peer.name} answers {got.status}, and only a 200 can be measured")
        if first is not None and got != first:
            raise BenchError(f"{workload.name}: {peer.name} answers {got}, {found[0].name} answers {first}")
        first = first or got
        found.append(peer)
    return found


def routes_without_parameters(listed: Path) -> list[str]:
    """The paths of GET routes that can be asked as they are, from the file that `project_command` has written."""
    patterns = json.loads(listed.read_text(encoding="utf-8")) if listed.is_file() else []
    return [one.removeprefix("GET ") for one in patterns if one.startswith("GET ") and not set(one) & set(":*")]


def by_workload(runs: Sequence[Run]) -> Mapping[str, Mapping[str, Sequence[Run]]]:
    """The runs by workload and peer, in the order in which they came."""
    found: dict[str, dict[str, list[Run]]] = {}
    for run in runs:
        found.setdefault(run.workload, {}).setdefault(run.peer, []).append(run)
    return found


def middle(runs: Sequence[Run], name: str) -> float:
    """The median of a figure."""
    return float(statistics.median(getattr(run, name) for run in runs))


def table(runs: Sequence[Run]) -> Iterator[str]:
    """Markdown: medians, the spread of the throughput, and how the first peer compares."""
    for workload, peers in by_workload(runs).items():
        first, base = next(iter(peers.items()))
        yield f"\n**{workload}**\n"
        yield f"| peer | requests/s | spread | {first} is | CPU us | {first} costs | user us | p50 us | p99 us | MiB |"
        yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
        for peer, own in peers.items():
            rate, cpu = middle(own, "per_second"), middle(own, "cpu_us")
            rates = [run.per_second for run in own]
            yield (
                f"| {peer} | {rate:,.0f} | {min(rates):,.0f} to {max(rates):,.0f} "
                f"| {middle(base, 'per_second') / rate:.1f}x | {cpu:.2f} "
                f"| 1/{cpu / middle(base, 'cpu_us'):.1f} | {middle(own, 'user_us'):.2f} "
                f"| {middle(own, 'p50_us'):,.0f} | {middle(own, 'p99_us'):,.0f} "
                f"| {middle(own, 'resident_kib') / 1024:,.0f} |"
            )
