"""A store survives what can happen to its process and its disk: real processes, real signals, real limits.

`make soak` kills the writer 100 times (KREPIS_KILLS); `make test` a few times.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from krepis.server.index import facts
from krepis.server.store import Store, StoreError
from krepis.server.store.indexing import index

KILLS = int(os.environ.get("KREPIS_KILLS", "6"))

WRITER = """
import sys
from pathlib import Path
from krepis.server.index import facts
from krepis.server.store import Store
folder, first = Path(sys.argv[1]), int(sys.argv[2])
with Store.open(folder) as store:
    print("open", flush=True)
    for n in range(first, first + 100_000):
        text = f"export async function f{n}() {{ await f{n - 1}(); }}"
        store.update({f"{n % 40}.ts": facts(text, f"{n % 40}.ts"), "last.ts": facts(f"let n{n} = 0", "last.ts")})
        print(n, flush=True)
        if n % 7 == 0:
            store.refresh()
"""


def run(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def consistent(store: Store) -> None:
    """Each tier says what the facts of the files say."""
    with store.snapshot() as snapshot:
        files = dict(snapshot.files())
        assert snapshot.digests() == {path: known.digest for path, known in files.items()}
        wanted = {(path, symbol.qualified) for path, known in files.items() for symbol in known.symbols}
        found = {(hit.path, hit.symbol.qualified) for hit in snapshot.prefix("", 100_000)}
        assert found == wanted
        assert all(snapshot.numbered(hit.number) == hit for hit in snapshot.prefix("", 100_000))


def test_a_killed_writer_loses_nothing_that_it_reported(tmp_path: Path) -> None:
    chance = random.Random(7)
    last = 0
    for _ in range(KILLS):
        writer = run(WRITER, str(tmp_path), str(last + 1))
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        time.sleep(chance.random() * 0.2)
        writer.send_signal(signal.SIGKILL)
        reported = [int(line) for line in writer.stdout.read().splitlines() if line.isdecimal()]
        writer.wait()
        with Store.open(tmp_path) as store:
            consistent(store)
            names = [hit.symbol.name for hit in store.prefix("n", 10) if hit.path == "last.ts"]
            kept = int(names[0][1:]) if names else 0
            assert kept >= (reported[-1] if reported else last)
            last = kept
            if last > 1:
                callers = {edge.source.qualified for edge in store.relations(f"f{last - 1}", "calls", "in")}
                assert callers == {f"f{last}"}
    with Store.open(tmp_path) as store:
        store.refresh()
        leftovers = [path.name for path in next(tmp_path.iterdir()).iterdir() if ".tmp-" in path.name]
        assert leftovers == []
        assert store.similar(f"f {last}", 3)


FULL = """
import resource, signal, sys
from pathlib import Path
from krepis.server.index import facts
from krepis.server.store import Store, StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[2])
with Store.open(Path(sys.argv[1])) as store:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    for n in range(100_000):
        text = "".join(f"function f{n}_{m}() {{}} " for m in range(200))
        try:
            store.update({f"{n}.ts": facts(text, f"{n}.ts")})
        except StoreError as error:
            print(n, error)
            assert not store.symbol(f"f{n}_0") and store.symbol(f"f{n - 1}_199")
            break
"""


def test_a_file_that_cannot_grow_fails_the_update_and_nothing_else(tmp_path: Path) -> None:
    """RLIMIT_FSIZE makes the kernel refuse the write, as a full disk does."""
    writer = run(FULL, str(tmp_path), str(2 << 20))
    out, err = writer.communicate(timeout=120)
    assert writer.returncode == 0, err
    failed, message = out.split(" ", 1)
    assert "cannot write the index" in message and "what it held before is unharmed" in message
    with Store.open(tmp_path) as store:
        consistent(store)
        assert store.symbol(f"f{int(failed) - 1}_199")
        store.update({"after.ts": facts("function after() {}", "after.ts")})
        assert store.symbol("after")


READONLY = """
import os, sys
from pathlib import Path
from krepis.server.index import facts
from krepis.server.store import Store, StoreError
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)
with Store.open(Path(sys.argv[1])) as store:
    assert store.readonly and store.symbol("f") and store.relations("g", "calls", "in")
    assert store.similar("f", 1)
    store.refresh()
    try:
        store.update({"a.ts": facts("", "a.ts")})
    except StoreError as error:
        print(error)
"""


def test_a_read_only_store_answers_and_says_why_it_does_not_write(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.update({"a.ts": facts("function f() { g(); } function g() {}", "a.ts")})
        store.refresh()
    folders = [tmp_path, *(path for path in tmp_path.rglob("*"))]
    above = [folder for folder in tmp_path.parents if folder.stat().st_uid == os.getuid() and folder != Path("/tmp")]
    modes = {path: path.stat().st_mode for path in (*folders, *above)}
    try:
        for path in folders:
            path.chmod(0o555 if path.is_dir() else 0o444)
        for path in above:
            path.chmod(path.stat().st_mode | 0o055)
        reader = run(READONLY, str(tmp_path))
        out, err = reader.communicate(timeout=60)
        assert reader.returncode == 0, err
        assert "cannot be written" in out
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def test_two_servers_on_one_workspace_lose_nothing(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from krepis.server.index import facts
from krepis.server.store import Store
with Store.open(Path(sys.argv[1])) as store:
    for n in range(60):
        path = f"{sys.argv[2]}{n}.ts"
        store.update({path: facts(f"function {sys.argv[2]}{n}() {{ shared(); }}", path)})
        if n % 20 == 0:
            store.refresh()
        assert store.relations("shared", "calls", "in")
"""
    servers = [run(code, str(tmp_path), name) for name in ("left", "right")]
    for server in servers:
        _, err = server.communicate(timeout=120)
        assert server.returncode == 0, err
    with Store.open(tmp_path) as store:
        consistent(store)
        for _ in range(2):
            assert len(store.relations("shared", "calls", "in")) == 120
            store.refresh()


@pytest.mark.parametrize("damage", [b"", b"not a database" * 1000, bytes(1 << 16)])
def test_a_damaged_store_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    source = tmp_path / "a.ts"
    source.write_text("export function kept() {}")
    with Store.open(tmp_path / "index") as store:
        index(store, {"a.ts": source}, jobs=1)
        store.refresh()
    folder = next((tmp_path / "index").iterdir())
    for file in folder.iterdir():
        if file.name != "lock.mdb":
            file.write_bytes(damage)
    with Store.open(tmp_path / "index") as store:
        index(store, {"a.ts": source}, jobs=1)
        assert store.symbol("kept")
        store.refresh()
        assert store.similar("kept", 1) and store.relations("kept", "defines", "in")


def test_a_store_of_another_schema_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(tmp_path) as store:
        store.update({"a.ts": facts("function old() {}", "a.ts")})
    monkeypatch.setattr("krepis.server.store.truth.SCHEMA", 2)
    with Store.open(tmp_path) as store:
        assert store.symbol("old") == ()
        store.update({"a.ts": facts("function old() {}", "a.ts")})
    with Store.open(tmp_path) as store:
        assert store.symbol("old")


def test_one_process_opens_a_workspace_once(tmp_path: Path) -> None:
    with Store.open(tmp_path), pytest.raises(StoreError, match="already open"):
        Store.open(tmp_path)


def test_an_interrupted_index_goes_on_where_it_ended(tmp_path: Path) -> None:
    files = {}
    for n in range(300):
        file = tmp_path / f"{n}.ts"
        file.write_text(f"export function f{n}() {{}}")
        files[file.name] = file
    with Store.open(tmp_path / "index") as store:

        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            index(store, files, 1, stop)
        consistent(store)
        done = index(store, files, 2)
        assert 0 < done.changed < 300 and done.symbols == 600
        files.pop("0.ts")
        assert json.dumps(index(store, files, 1).gone) == "1"
        assert not store.symbol("f0")
