"""A server that speaks OpenAI's protocol (vLLM, llama-server, Ollama, ...) as a source.

Answers are streamed as server-sent events, so that a request can be shown as it comes and cancelled by closing its
connection. The key is only ever taken from `KREPIS_AI_KEY`, and only sent to the server that `KREPIS_AI_ENDPOINT`
names: a project's settings can choose a server, but not get a secret sent to it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec
from krepis.server.agents.messages import Ask, Cancellation, Chat, Completion, OnText, SourceError

CONNECT_S: Final = 10.0
MAX_LINE_BYTES: Final = 1 << 20
MAX_TEXT: Final = 1 << 20


class Endpoint:
    """The source of one server; `url` is its base, with or without `/v1`."""

    def __init__(self, url: str, model: str, key: str = "") -> None:
        self._url = parsed(url)
        self._model = model
        self._key = key

    @property
    def label(self) -> str:
        return f"{self._model or 'the model'} at {self._url.netloc}"

    def complete(self, ask: Ask, on_text: OnText | None = None, cancellation: Cancellation | None = None) -> Completion:
        began = time.monotonic()
        connection = self._connection()
        stopped = threading.Event()
        sockets: list[socket.socket] = []  # the connection forgets its own once an answer without a length has begun

        def stop() -> None:
            stopped.set()
            for one in sockets:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)  # a reader that waits wakes up

        try:
            if cancellation is not None:
                cancellation.on_cancel(stop)
            connection.connect()
            connection.sock.settimeout(ask.time_limit_s)
            sockets.append(connection.sock)
            if stopped.is_set():
                return Completion("", "cancelled", total_s=time.monotonic() - began)
            answered = self._answered(connection, ask, on_text, began)
            return msgspec.structs.replace(answered, reason="cancelled") if stopped.is_set() else answered
        except (OSError, http.client.HTTPException) as error:
            if stopped.is_set():
                return Completion("", "cancelled", total_s=time.monotonic() - began)
            raise SourceError(f"no answer from {self._url.netloc}: {error or type(error).__name__}") from error
        finally:
            connection.close()

    def close(self) -> None:
        """Nothing is kept open."""

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        if self._url.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=CONNECT_S, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=CONNECT_S)

    def _answered(
        self, connection: http.client.HTTPConnection, ask: Ask, on_text: OnText | None, began: float
    ) -> Completion:
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        path, body = self._request(ask)
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise SourceError(self._refusal(answer))
        text, reason, first_s = "", "end", 0.0
        usage: Mapping[str, Any] = {}
        for event in _events(answer):
            if error := event.get("error"):
                raise SourceError(f"{self._url.netloc} ended the answer: {_message(error)}")
            usage = event.get("usage") or usage
            for choice in event.get("choices", ())[:1]:
                piece = choice.get("text") or (choice.get("delta") or {}).get("content") or ""
                reason = choice.get("finish_reason") or reason
                if not piece:
                    continue
                first_s = first_s or time.monotonic() - began
                text += piece
                if (on_text is not None and not on_text(piece)) or len(text) > MAX_TEXT:
                    return self._completion(text, "cancelled", usage, first_s, began)
                if time.monotonic() - began > ask.time_limit_s:
                    return self._completion(text, "time", usage, first_s, began)
        return self._completion(text, "length" if reason == "length" else "end", usage, first_s, began)

    def _completion(
        self,
        text: str,
        reason: Literal["end", "length", "time", "cancelled"],
        usage: Mapping[str, Any],
        first_s: float,
        began: float,
    ) -> Completion:
        def count(key: str, among: Mapping[str, Any]) -> int:
            value = among.get(key)
            return value if isinstance(value, int) else 0

        cached = count("cached_tokens", usage.get("prompt_tokens_details") or {})
        total = time.monotonic() - began
        tokens, generated = count("prompt_tokens", usage), count("completion_tokens", usage)
        return Completion(text, reason, tokens, cached, generated, first_s, total)

    def _request(self, ask: Ask) -> tuple[str, dict[str, Any]]:
        base = self._url.path.rstrip("/")
        base = base if base.endswith("/v1") else f"{base}/v1"
        body: dict[str, Any] = {
            "max_tokens": ask.max_tokens,
            "temperature": ask.temperature,
            "seed": ask.seed,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        if self._model:
            body["model"] = self._model
        if ask.stop:
            body["stop"] = list(ask.stop)
        if isinstance(ask.prompt, Chat):
            chat = [{"role": message.role, "content": message.content} for message in ask.prompt.messages]
            if ask.prompt.opening:
                chat.append({"role": "assistant", "content": ask.prompt.opening})
            return f"{base}/chat/completions", body | {"messages": chat}
        return f"{base}/completions", body | {"prompt": ask.prompt.prefix, "suffix": ask.prompt.suffix or None}

    def _refusal(self, answer: http.client.HTTPResponse) -> str:
        try:
            said = _message(json.loads(answer.read(MAX_LINE_BYTES)).get("error", ""))
        except (ValueError, AttributeError):
            said = ""
        why = f"{answer.status} {answer.reason}" + (f" ({said})" if said else "")
        hints = {
            401: "; set KREPIS_AI_KEY, and KREPIS_AI_ENDPOINT to this server's address",
            404: "; check `endpoint` and `endpoint-model` of [ai]",
        }
        return f"{self._url.netloc} answers {why}{hints.get(answer.status, '')}"


def parsed(url: str) -> SplitResult:
    """The parts of an endpoint's address. Raises SourceError."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or parts.username is not None:
        raise SourceError(f"the endpoint {url!r} is no address like http://127.0.0.1:8080/v1")
    return parts


def same_server(a: str, b: str) -> bool:
    """Whether two addresses are of one server, so that what is meant for one may be sent to the other."""
    first, second = parsed(a), parsed(b)
    return (first.scheme, first.hostname, first.port) == (second.scheme, second.hostname, second.port)


def _events(answer: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    """The data of server-sent events (WHATWG HTML, section 9.2), as far as this protocol uses them."""
    while line := answer.readline(MAX_LINE_BYTES + 1):
        if len(line) > MAX_LINE_BYTES:
            raise SourceError("the server sent a line that is too long")
        if not line.startswith(b"data:"):
            continue
        data = line[5:].strip()
        if data == b"[DONE]":
            return
        try:
            event = json.loads(data)
        except ValueError:
            raise SourceError("the server's answer is not what OpenAI-compatible servers send") from None
        if isinstance(event, dict):
            yield event


def _message(error: object) -> str:
    said = error.get("message", "") if isinstance(error, dict) else error
    return str(said)[:200]
