"""What is asked of a model and what it answers: plain values, which are also what the inference process is sent.

A prompt is messages, or text to be continued or filled in. Its parts are turned into tokens one by one, and only the
template's own words can become control tokens: code that contains `<|im_end|>` is code, not the end of a message.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Literal, Protocol

import msgspec

HEADER: Final = 4
"""Bytes of a frame's length, before its MessagePack."""
MAX_FRAME_BYTES: Final = 64 << 20


class Message(msgspec.Struct, frozen=True, array_like=True):
    role: Literal["system", "user", "assistant"]
    content: str


class Chat(msgspec.Struct, frozen=True, tag=True):
    """A conversation, which the assistant goes on with. The first `shared` messages are the same in many requests, and
    are kept decoded. `opening` is how the answer begins: it is part of the prompt, and not of what is answered."""

    messages: tuple[Message, ...]
    shared: int = 0
    opening: str = ""


class Infill(msgspec.Struct, frozen=True, tag=True):
    """What is between `prefix` and `suffix`; a model that cannot fill in continues the prefix."""

    prefix: str
    suffix: str = ""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A request. A `temperature` of 0 always takes the most likely token; which that is can still depend on what is
    decoded beside it, because sums are then taken in another order. `grammar` (GBNF) restricts the answer, where the
    source can; the caller must not rely on it."""

    prompt: Chat | Infill
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int = 1
    stop: tuple[str, ...] = ()
    grammar: str = ""
    time_limit_s: float = 120.0


class Completion(msgspec.Struct, frozen=True):
    """An answer. `prompt_tokens` of which `reused` had been decoded before; `first_s`: seconds to the first token."""

    text: str
    reason: Literal["end", "stop", "length", "time", "cancelled"]
    prompt_tokens: int = 0
    reused: int = 0
    generated: int = 0
    first_s: float = 0.0
    total_s: float = 0.0


class SourceError(Exception):
    """There is no answer; the message, one sentence for the user, says why and what to do."""


class Cancellation:
    """Tells a request to stop, from any thread, at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done = False
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        return self._done

    def cancel(self) -> None:
        with self._lock:
            self._done = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Call `callback` when cancelled, now if that has happened."""
        with self._lock:
            if not self._done:
                self._callbacks.append(callback)
                return
        callback()


OnText = Callable[[str], bool]
"""Is told each piece of text as it comes; what it returns says whether to go on."""


class Source(Protocol):
    """Where completions come from. Thread-safe."""

    @property
    def label(self) -> str:
        """What it is, for people: the model's name, or the server's address."""
        ...

    def complete(self, ask: Ask, on_text: OnText | None = None, cancellation: Cancellation | None = None) -> Completion:
        """Answer. Raises SourceError."""
        ...

    def close(self) -> None: ...


class Load(msgspec.Struct, frozen=True, tag=True):
    """The first message to the inference process: what to run, and with how much."""

    file: str
    context: int
    threads: int
    gpu_layers: int
    memory_mb: int
    """0: no limit."""


class Begin(msgspec.Struct, frozen=True, tag=True):
    number: int
    ask: Ask


class Stop(msgspec.Struct, frozen=True, tag=True):
    number: int


class Ready(msgspec.Struct, frozen=True, tag=True):
    """The model is loaded; `context` is the most tokens, of all requests together."""

    context: int
    infill: bool


class Piece(msgspec.Struct, frozen=True, tag=True):
    number: int
    text: str


class Done(msgspec.Struct, frozen=True, tag=True):
    number: int
    completion: Completion


class Refused(msgspec.Struct, frozen=True, tag=True):
    """A request, or with number 0 the model, that cannot be served."""

    number: int
    message: str


ToProcess = Load | Begin | Stop
FromProcess = Ready | Piece | Done | Refused
encode: Final = msgspec.msgpack.Encoder().encode


def frame(message: ToProcess | FromProcess) -> bytes:
    """A message with its length before it."""
    data = encode(message)
    return len(data).to_bytes(HEADER, "big") + data
