"""The header of a model file: what a good one says, and that a bad one is refused with a reason, whatever it holds."""

from __future__ import annotations

import contextlib
import os
import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from krepis.server.agents.gguf import GgufError, read

EXAMPLES = int(os.environ.get("KREPIS_FUZZ", "300"))


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def entry(key: bytes, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


NAME = entry(b"general.architecture", 8, text(b"llama"))
CONTEXT = entry(b"llama.context_length", 4, struct.pack("<I", 2048))
TOKENS = entry(b"tokenizer.ggml.tokens", 9, struct.pack("<IQ", 8, 2) + text(b"a") + text(b"b"))


def tensor(name: bytes, shape: tuple[int, ...], kind: int, offset: int) -> bytes:
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def model(
    entries: tuple[bytes, ...] = (NAME, CONTEXT, TOKENS),
    tensors: tuple[bytes, ...] = (tensor(b"w", (32, 2), 2, 0),),
    data: int = 36,
    version: int = 3,
) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(entries)) + b"".join(entries) + b"".join(tensors)
    return head + bytes(-len(head) % 32) + bytes(data)


def test_a_good_header() -> None:
    header = read(model())

    assert (header.architecture, header.number("context_length"), header.parameters) == ("llama", 2048, 64)
    assert header.arrays == {"tokenizer.ggml.tokens": 2}
    assert header.quantisation == "Q4_0"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "does not start with GGUF|cut off"),
        (b"PK\x03\x04" + bytes(60), "not a GGUF model"),
        (model(version=1), "version 1"),
        (model()[:-1], "cut off.* pull it again"),
        (model()[:60], "cut off"),
        (model(entries=(CONTEXT,)), "general.architecture is missing"),
        (model(entries=(NAME, NAME)), "twice"),
        (model(entries=(NAME, entry(b"general.alignment", 4, struct.pack("<I", 3)))), "power of two"),
        (model(entries=(NAME, entry(b"x", 8, struct.pack("<Q", 1 << 63)))), "a text of"),
        (model(entries=(NAME, entry(b"x", 9, struct.pack("<IQ", 10, 1 << 61)))), "an array of"),
        (model(entries=(NAME, entry(b"x", 9, struct.pack("<IQ", 9, 1)))), "array of type 9"),
        (model(entries=(NAME, entry(b"x", 77, b""))), "type 77"),
        (model(entries=(NAME, entry(b"\xff", 7, b"\x01"))), "not UTF-8"),
        (model(tensors=(tensor(b"w", (1 << 40, 1 << 40), 0, 0),)), "elements"),
        (model(tensors=(tensor(b"w", (0,), 0, 0),)), "0 elements"),
        (model(tensors=(tensor(b"w", (33,), 2, 0),)), "no blocks of 32"),
        (model(tensors=(tensor(b"w", (32, 2), 2, 1),)), "not a multiple"),
        (model(tensors=(tensor(b"w", (32, 2), 2, 1 << 63),)), "cut off"),
        (model(tensors=(tensor(b"w", (1,) * 9, 0, 0),)), "9 dimensions"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 62, 0), "tensors"),
    ],
)
def test_a_bad_file_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(GgufError, match=reason):
        read(data)


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_damage_is_refused_or_harmless_and_never_anything_else(data: st.DataObject) -> None:
    whole = bytearray(model())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)))
    with contextlib.suppress(GgufError):
        assert read(bytes(whole[:cut])).size == cut


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.binary(max_size=400))
@example(b"")
def test_no_bytes_after_a_magic_number_do_harm(rest: bytes) -> None:
    with pytest.raises(GgufError):
        read(b"GGUF" + struct.pack("<I", 3) + rest)
