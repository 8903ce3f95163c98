"""An OpenAI-compatible server over real sockets: what it is sent, what of it is believed, and how it fails."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from krepis.server.agents.endpoint import Endpoint, same_server
from krepis.server.agents.messages import Ask, Cancellation, Chat, Infill, Message, SourceError
from krepis.server.agents.source import open_source
from krepis.server.config import AiSettings

CHAT = Ask(prompt=Chat((Message("user", "hi"),)), max_tokens=9, stop=("X",))


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[tuple[str, dict[str, Any], str | None]] = []
        self.status = 200
        self.lines: list[bytes] = [
            *(event({"choices": [{"delta": {"content": word}}]}) for word in ("hel", "lo")),
            event({"choices": [{"delta": {}, "finish_reason": "length"}]}),
            event({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}),
            b"data: [DONE]\n\n",
        ]
        self.waits = False
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


def event(value: object) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, body, self.headers.get("Authorization")))
        self.send_response(self.server.status)
        self.end_headers()
        for line in self.server.lines:
            self.wfile.write(line)
            self.wfile.flush()
        while self.server.waits:
            time.sleep(0.01)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    it = Server()
    yield it
    it.waits = False
    it.shutdown()
    it.server_close()


def test_an_answer_is_streamed_and_counted(server: Server) -> None:
    pieces: list[str] = []
    done = Endpoint(server.url, "m").complete(CHAT, lambda text: pieces.append(text) or True)

    assert (done.text, done.reason, done.prompt_tokens, done.generated) == ("hello", "length", 7, 2)
    assert pieces == ["hel", "lo"]
    ((path, body, key),) = server.asked
    assert (path, key) == ("/v1/chat/completions", None)
    assert (body["model"], body["max_tokens"], body["stop"], body["stream"]) == ("m", 9, ["X"], True)


def test_filling_in_asks_for_a_completion_with_a_suffix(server: Server) -> None:
    Endpoint(server.url + "/v1/", "").complete(Ask(prompt=Infill("a", "b")))
    ((path, body, _),) = server.asked
    assert (path, body["prompt"], body["suffix"]) == ("/v1/completions", "a", "b")


def test_cancelling_closes_a_connection_that_waits(server: Server) -> None:
    server.lines, server.waits = server.lines[:1], True
    cancellation = Cancellation()
    threading.Timer(0.1, cancellation.cancel).start()
    completion = Endpoint(server.url, "").complete(CHAT, None, cancellation)
    assert completion.reason == "cancelled"
    assert completion.total_s < CHAT.time_limit_s


@pytest.mark.parametrize(
    ("status", "lines", "message"),
    [
        (401, [b'{"error":{"message":"no key"}}'], r"401 .*\(no key\); set KREPIS_AI_KEY"),
        (404, [b"nothing"], "check `endpoint`"),
        (500, [b'{"error":"broken"}'], r"500 .*\(broken\)"),
        (200, [b"data: {\n"], "not what OpenAI-compatible servers send"),
        (200, [b"data: " + b"x" * (1 << 21)], "too long"),
        (200, [event({"error": {"message": "out of memory"}})], "ended the answer: out of memory"),
    ],
)
def test_a_server_that_fails_is_one_clear_message(
    server: Server, status: int, lines: list[bytes], message: str
) -> None:
    server.status, server.lines = status, lines
    with pytest.raises(SourceError, match=message):
        Endpoint(server.url, "").complete(CHAT)


def test_no_server_is_one_clear_message() -> None:
    with pytest.raises(SourceError, match=r"no answer from 127\.0\.0\.1:9: .*refused"):
        Endpoint("http://127.0.0.1:9", "").complete(CHAT)


def test_a_key_is_sent_only_to_the_server_that_the_user_named(server: Server) -> None:
    """A hostile krepis.toml chooses its own server; it gets no secret."""
    environment = {"KREPIS_AI_KEY": "secret", "KREPIS_AI_ENDPOINT": "https://api.example.com/v1"}
    open_source(AiSettings(endpoint=server.url), environment).complete(CHAT)
    environment["KREPIS_AI_ENDPOINT"] = server.url
    open_source(AiSettings(endpoint=server.url + "/v1"), environment).complete(CHAT)
    open_source(AiSettings(), environment).complete(CHAT)
    assert [key for _, _, key in server.asked] == [None, "Bearer secret", "Bearer secret"]


def test_which_servers_are_the_same() -> None:
    assert same_server("https://a.example/v1", "https://A.example")
    assert not same_server("http://a.example", "https://a.example")
    assert not same_server("http://a.example:1", "http://a.example:2")
