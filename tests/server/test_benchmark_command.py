"""`krepis benchmark` as a user runs it; what is asserted is never how fast something is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from krepis.kernel.bench import Run, table
from krepis.server.chart import svg

COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()", "benchmark"]
QUICK = ["--rounds", "2", "--seconds", "0.05", "--connections", "4"]
APP = """
import { krepis } from 'krepis';
export default krepis()
  .get('/', () => 'Hello')
  .get('/list', () => [1, 2, 3])
  .get('/users/:id', (request) => ({ id: request.params.id }))
  .post('/echo', (request) => request.json() as object);
"""
PLAIN = """
import { createServer } from 'node:http';
createServer((request, response) => {
  response.setHeader('content-type', request.url === '/' ? 'text/plain' : 'application/json');
  response.end(request.url === '/' ? 'Hello' : LIST);
}).listen(Number(process.env.PORT));
"""


def benchmark(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *QUICK, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    file = tmp_path / "app.ts"
    file.write_text(APP)
    return file


def test_the_routes_of_an_application_are_measured(app: Path) -> None:
    done = benchmark(app, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    runs = [Run(**run) for run in report["runs"]]
    assert [run.workload for run in runs] == ["GET /"] * 4 + ["GET /list"] * 4
    assert [run.peer for run in runs] == ["app.ts", "reference"] * 4
    assert all(run.per_second > 0 and run.cpu_us > 0 and run.resident_kib > 0 for run in runs)
    assert report["machine"]["node"].startswith("24.")


def test_programs_side_by_side_have_to_give_equal_answers(app: Path, tmp_path: Path) -> None:
    other = tmp_path / "plain.mjs"
    other.write_text(PLAIN.replace("LIST", "'[1,2,3]'"))
    chart = tmp_path / "chart.svg"
    done = benchmark(app, "--against", other, "--svg", chart)
    assert done.returncode == 0, done.stderr
    assert "| app.ts |" in done.stdout and "| plain.mjs |" in done.stdout
    assert len(ElementTree.parse(chart).findall("{http://www.w3.org/2000/svg}rect")) == 4
    other.write_text(PLAIN.replace("LIST", "'[1, 2]'"))
    done = benchmark(app, "--against", other)
    assert (done.returncode, done.stdout) == (3, "")
    assert "GET /list: plain.mjs answers" in done.stderr


def test_what_is_slower_beyond_noise_fails(app: Path, tmp_path: Path) -> None:
    slow = tmp_path / "slow.ts"
    busy = "() => { let n = 0; for (let i = 0; i < 300_000; i++) n += i % 7; return n > 0 ? 'Hello' : ''; }"
    slow.write_text(APP.replace("() => 'Hello'", busy))
    few = benchmark(slow, "--against", app, "--route", "GET /", "--slower", "5")
    assert few.returncode == 2 and "at least 6 --rounds" in few.stderr
    command = [*COMMAND, slow, "--against", app, "--route", "GET /", *QUICK[2:], "--rounds", "6", "--slower", "5"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and "GET /, slow.ts: " in done.stderr


def test_requests_that_are_named_and_a_baseline(app: Path, tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"a": [1, 2]}')
    routes = ["--route", "GET /users/7", "--route", f"POST /echo @{tmp_path / 'order.json'}", "--pipeline", "4"]
    done = benchmark(app, *routes, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert {run["workload"] for run in report["runs"]} == {"GET /users/7, pipelined 4", "POST /echo, pipelined 4"}
    base = tmp_path / "base.json"

    def compared(times: list[float], reference: float = 1.0) -> subprocess.CompletedProcess[str]:
        runs = [
            {**run, "cpu_us": time if run["peer"] == "app.ts" else reference}
            for workload in ("GET /users/7, pipelined 4", "POST /echo, pipelined 4")
            for name in ("app.ts", "reference")
            for run in [next(one for one in report["runs"] if (one["workload"], one["peer"]) == (workload, name))]
            for time in times
        ]
        base.write_text(json.dumps({**report, "runs": runs}))
        return benchmark(app, *routes, "--baseline", base, "--rounds", "6")

    assert compared([1e9] * 6).returncode == 0
    assert compared([1e-9, 1e9] * 3).returncode == 0  # so much noise says nothing
    worse = compared([1e-9] * 6)
    assert worse.returncode == 1
    assert "POST /echo, pipelined 4, app.ts:" in worse.stderr and "times the CPU per request" in worse.stderr
    assert compared([1e-9] * 6, reference=1e-12).returncode == 0  # the machine was so much faster
    few = compared([1e-9] * 5)
    assert few.returncode == 2 and "has 5 rounds, which say too little" in few.stderr


def test_the_standard_set_beside_a_peer() -> None:
    done = benchmark("--peers", "krepis,node:http", "--json")
    assert done.returncode == 0, done.stderr
    runs = json.loads(done.stdout)["runs"]
    assert {run["peer"] for run in runs} == {"krepis", "node:http"}
    assert len(runs) == 7 * 2 * 2


def test_what_cannot_be_measured_is_said(app: Path, tmp_path: Path) -> None:
    for arguments, status, text in [
        ((app, "--route", "GET /nowhere"), 3, "there is no such route"),
        ((app, "--route", "POST /echo {"), 3, "answers 400, and only a 200 can be measured"),
        (("--peers", "apache"), 2, "no such peer: apache"),
        (("--route", "GET /"), 2, "--route and --against need PATH"),
        ((app, "--baseline", app, "--rounds", "6"), 2, "is not what krepis benchmark --json prints"),
    ]:
        done = benchmark(*arguments)
        assert (done.returncode, done.stdout) == (status, ""), done
        assert text in done.stderr
    app.write_text("throw new Error('not today')")
    done = benchmark(app)
    assert done.returncode == 3 and "did not start" in done.stderr


def test_tables_and_charts_show_medians_and_escape_names() -> None:
    runs = [
        Run("a<b", peer, rate, cost, 0, 1, 2, 1024)
        for peer, rate, cost in [("x", 300, 1), ("x", 100, 3), ("x", 200, 2), ("y&z", 50, 8)]
    ]
    lines = list(table(runs))
    assert "| x | 200 | 100 to 300 | 1.0x | 2.00 | 1/1.0 | 0.00 | 1 | 2 | 1 |" in lines
    assert "| y&z | 50 | 50 to 50 | 4.0x | 8.00 | 1/4.0 | 0.00 | 1 | 2 | 1 |" in lines
    drawn = svg(runs)
    assert "a&lt;b" in drawn and "y&amp;z" in drawn and "200 (2.0 us)" in drawn
    ElementTree.fromstring(drawn)
