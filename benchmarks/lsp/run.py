"""Measures the language server as an editor sees it, over stdio, on a real project.

usage: run.py FOLDER [--edits N] [--seed N]

The folder is copied first, so that nothing in it changes. Measured, in this order:

* cold start: from `initialize` to the first verdict and to the last, with an empty cache;
* warm start: the same with what the cold start left;
* edits: a comment above an entry point, and a statement into one, are typed character by character (each keystroke is
  followed by a request that is answered in order, so its answer says when the keystroke was handled), then nothing,
  until the diagnostics of the file are there for the new text, and, every other time, until all that depends on it is
  verified again; the other times the next edit interrupts that.
  The idle delay is subtracted from the first; CPU seconds are those of the server and all its processes;
* memory: the proportional set size of the server and of all its processes, after all that, and its peak while cold.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

SERVER = [sys.executable, "-c", "from krepis.server.cli import main; main()", "lsp"]
CAPABILITIES = {
    "textDocument": {"diagnostic": {}, "publishDiagnostics": {"relatedInformation": True, "dataSupport": True}},
    "workspace": {
        "diagnostics": {"refreshSupport": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "codeLens": {"refreshSupport": True},
    },
}
COMMENT = "// x\n"
STATEMENT = "void 0;\n"
GAP_S = 0.05
"""Between two keystrokes: a fast typist."""
PEAK_EVERY_S = 0.5


class Client:
    """The least that an editor is."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.status: dict[str, Any] = {"running": False}
        self.entries: dict[str, list[dict[str, Any]]] = {}
        self.changed = asyncio.Event()
        self.ended = False
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        stdout = self.process.stdout
        assert stdout is not None
        while header := await stdout.readline():
            length = int(header.split(b":")[1])
            while (await stdout.readline()).strip():
                pass
            self._take(json.loads(await stdout.readexactly(length)))
        for answer in self._answers.values():
            answer.set_exception(ConnectionError("the server has ended"))
        self.ended = True
        self.changed.set()

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._answers.pop(message["id"]).set_result(message.get("result"))
            return
        if "id" in message:
            self._send({"id": message["id"], "result": None})
        if message["method"] == "krepis/statusChanged":
            self.status = message["params"]
            for file in self.status["files"]:
                self.entries[file["uri"]] = file["entryPoints"]
        self.changed.set()
        self.changed = asyncio.Event()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    async def request(self, method: str, params: Any) -> Any:
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        self._send({"id": self._number, "method": method, "params": params})
        return await answer

    async def until(self, ready: Callable[[], bool]) -> None:
        while not ready():
            if self.ended:
                raise ConnectionError("the server has ended")
            await self.changed.wait()


def pss_mib(pid: int) -> float:
    """Memory of a process and its descendants, shared pages counted once."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return own / 1024 + sum(pss_mib(int(child)) for child in children.read_text().split())
    except (OSError, StopIteration):
        return 0.0


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and its descendants, those that have ended too."""
    try:
        figures = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    return sum(map(int, figures[11:15])) / os.sysconf("SC_CLK_TCK") + sum(cpu_s(int(child)) for child in children)


def percentile(values: Iterable[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def with_server(folder: Path, delay_ms: int, work: Callable[[Client, float], Awaitable[None]]) -> None:
    """Starts a server on a folder, and ends it."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*SERVER, stdin=pipe, stdout=pipe, limit=1 << 26)
    client = Client(process)
    started = time.monotonic()
    folders = [{"uri": folder.as_uri(), "name": folder.name}]
    options = {"verify": {"delayMs": delay_ms}}
    params = {"processId": None, "rootUri": folder.as_uri(), "workspaceFolders": folders,
              "capabilities": CAPABILITIES, "initializationOptions": options}  # fmt: skip
    await client.request("initialize", params)
    client.notify("initialized", {})
    await work(client, started)
    await client.request("shutdown", None)
    client.notify("exit", None)
    await process.wait()


async def start_up(name: str, client: Client, started: float) -> None:
    """From `initialize` to the last verdict."""
    peak, total = 0.0, 0

    def done() -> bool:
        return bool(client.entries) and not client.status["running"]

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, await asyncio.to_thread(pss_mib, client.process.pid))
            await asyncio.sleep(PEAK_EVERY_S)

    watching = asyncio.ensure_future(watch())
    await client.until(lambda: bool(client.entries))
    first = time.monotonic() - started
    await client.until(done)
    last = time.monotonic() - started
    watching.cancel()
    await asyncio.sleep(0.5)
    total = len((await client.request("krepis/status", {}))["entryPoints"])
    print(f"{name}: first entry point after {first:.1f} s, all {total:,} after {last:.1f} s; peak {peak:.0f} MiB")


class Typist:
    """Edits files with entry points and waits for what the server says."""

    def __init__(self, client: Client, delay_ms: int, chance: random.Random) -> None:
        self.client, self.delay_s, self.chance = client, delay_ms / 1000, chance
        self.typed = COMMENT
        self.lines: dict[str, list[str]] = {}
        self.keystrokes: list[float] = []
        self.waits: list[float] = []
        self.told: list[float] = []
        self.rest: list[float] = []
        self.all: list[float] = []
        self.versions: dict[str, int] = {}

    async def edit(self, uri: str) -> None:
        """Types a comment above an entry point, or a statement into it."""
        client = self.client
        if uri not in self.versions:
            self.versions[uri] = 0
            self.lines[uri] = Path(unquote(urlsplit(uri).path)).read_text(encoding="utf-8").split("\n")
            text = "\n".join(self.lines[uri])
            item = {"uri": uri, "languageId": "typescript", "version": 0, "text": text}
            client.notify("textDocument/didOpen", {"textDocument": item})
            await client.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        if not client.entries[uri]:
            return  # an earlier edit broke the file
        line = self.chance.choice(client.entries[uri])["range"]["start"]["line"]
        lines = self.lines[uri]
        if self.typed is STATEMENT:  # behind the next line that opens a function
            line = next((n for n in range(line, len(lines)) if lines[n].endswith((") {", "=> {", "> {"))), line - 1) + 1
        lines.insert(line, self.typed.rstrip())
        for column, character in enumerate(self.typed):
            self.versions[uri] += 1
            at = {"line": line, "character": column}
            change = {"range": {"start": at, "end": at}, "text": character}
            identifier = {"uri": uri, "version": self.versions[uri]}
            began = time.monotonic()
            client.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": [change]})
            await client.request("textDocument/codeLens", {"textDocument": {"uri": uri}})
            self.keystrokes.append(time.monotonic() - began)
            await asyncio.sleep(GAP_S)
        spent = cpu_s(client.process.pid)
        await client.until(lambda: all(e["status"] in ("verified", "failed", "bounded") for e in client.entries[uri]))
        await client.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        self.waits.append(time.monotonic() - began - self.delay_s)
        self.told.append(cpu_s(client.process.pid) - spent)
        if len(self.waits) % 2:
            return  # the next edit comes while what depends on this one is still being verified
        await client.until(lambda: not client.status["running"])
        self.rest.append(time.monotonic() - began - self.delay_s)
        self.all.append(cpu_s(client.process.pid) - spent)

    def report(self) -> None:
        keys, waits = [1000 * k for k in self.keystrokes], [1000 * w for w in self.waits]
        told, rest, everything = self.told, self.rest, self.all
        self.keystrokes, self.waits, self.told, self.rest, self.all = [], [], [], [], []
        print(f"typing {self.typed.rstrip()!r}")
        print(f"keystroke: p50 {statistics.median(keys):.1f} ms, p99 {percentile(keys, 0.99):.1f} ms ({len(keys)})")
        print(f"edit to diagnostics beyond the idle delay: p50 {statistics.median(waits):.0f} ms, "
              f"p95 {percentile(waits, 0.95):.0f} ms ({len(waits)})")  # fmt: skip
        for name, values, unit in (("CPU until then", told, "CPU s"), ("all that depends on it", rest, "s"),
                                   ("CPU until then", everything, "CPU s")):  # fmt: skip
            print(f"{name}: p50 {statistics.median(values):.2f}, p95 {percentile(values, 0.95):.2f} {unit}")


async def measure(folder: Path, edits: int, seed: int, delay_ms: int) -> None:
    """All measurements."""

    async def cold(client: Client, started: float) -> None:
        await start_up("cold start", client, started)

    async def warm(client: Client, started: float) -> None:
        await start_up("warm start", client, started)
        chance = random.Random(seed)
        typist = Typist(client, delay_ms, chance)
        candidates = sorted(uri for uri, entries in client.entries.items() if entries)
        for typist.typed in (COMMENT, STATEMENT):
            for uri in chance.choices(candidates, k=edits):
                await typist.edit(uri)
            typist.report()
        print(f"memory: {pss_mib(client.process.pid):.0f} MiB in all processes")

    await with_server(folder, delay_ms, cold)
    await with_server(folder, delay_ms, warm)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--edits", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--delay-ms", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name).resolve() / "project"
        shutil.copytree(options.folder, work, ignore=shutil.ignore_patterns("node_modules", ".git", ".krepis"))
        sources = [p for p in work.rglob("*.ts*") if p.name.endswith((".ts", ".tsx")) and not p.name.endswith(".d.ts")]
        sources = [p for p in sources if p.is_file()]
        print(f"{len(sources):,} files, {sum(p.read_bytes().count(bytes([10])) for p in sources):,} lines")
        asyncio.run(measure(work, options.edits, options.seed, options.delay_ms))


if __name__ == "__main__":
    main()
