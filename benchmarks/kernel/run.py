"""Compares the kernel with its peers: same core, same load, interleaved runs, equal answers first.

    python benchmarks/kernel/run.py [--rounds 5] [--seconds 2] [--peers krepis,express,...] [--json FILE]

The harness is `krepis.kernel.bench`. The peers from npm are installed into `kernel_c/bench/peers/` on first use; nginx
is measured where Debian's package is installed. Needs `make kernel` before it. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

from krepis.kernel import bench
from krepis.kernel.bench import Peer, Run, Workload, request
from krepis.kernel.node import addon, find_node

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
WORKLOADS = [
    Workload("application, GET", request("GET", "/api/orders/42", more=BROWSER), 1, application=True),
    Workload("application, POST", request("POST", "/api/orders", ORDER, BROWSER), 1, application=True),
    Workload("application, GET, pipelined 16", request("GET", "/api/orders/42", more=BROWSER), 16, application=True),
    *bench.STANDARD,
]


@contextmanager
def served(name: str, target: str, folder: Path, *, scripts: Mapping[str, str] = bench.PEERS) -> Iterator[int]:
    """A peer on the first core; gives its process id."""
    node = find_node()
    if name == "nginx":
        own = folder / target.replace("/", "_")
        own.mkdir()
        listen = f"unix:{target}" if target.startswith("/") else f"127.0.0.1:{target}"
        (own / "conf").write_text(NGINX.format(folder=own, target=listen))
        command = ["nginx", "-p", str(own), "-c", "conf"]
    else:
        command = bench.peer_command(node, scripts[name], target)
    environment = {**bench.environment(addon(node)), "LOG": str(folder / "access.log")}
    with bench.serving(command, target, cwd=bench.peers_folder(), env=environment) as pid:
        yield pid


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument(
        "--peers",
        default=",".join(
            [name.replace(", ", "+") for name in {**bench.PEERS, **APPLICATIONS} if "idle" not in name] + ["nginx"]
        ),
    )
    parser.add_argument("--workloads", help="those whose name contains this")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not bench.installed("Express"):
        bench.install_peers(find_node())
    names = [name.replace("+", ", ") for name in options.peers.split(",")]
    if not shutil.which("nginx"):
        names = [name for name in names if name != "nginx"]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        runs: list[Run] = []
        for workload in WORKLOADS:
            if options.workloads and options.workloads not in workload.name:
                continue
            with ExitStack() as servers:
                peers: list[Peer] = []
                scripts = APPLICATIONS if workload.application else bench.PEERS
                for name in names:
                    if name not in scripts and (workload.application or name != "nginx"):
                        continue
                    path = str(folder / f"{len(runs)}-{len(peers)}.sock")
                    port = str(bench.free_port())
                    target = path if workload.local else port
                    pid = servers.enter_context(served(name, target, folder, scripts=scripts))
                    peers.append(Peer(name, pid, port, path))
                peers = bench.agreeing(peers, workload)  # nginx and fixed routes cannot answer everything
                runs += bench.compare(peers, workload, options.rounds, options.connections, options.seconds)
            print(f"{workload.name}: done", file=sys.stderr)
    print("\n".join(bench.table(runs)))
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1))


if __name__ == "__main__":
    main()
