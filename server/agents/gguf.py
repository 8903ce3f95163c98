"""The header of a GGUF file: what a model says about itself, and whether the file can be what it says.

A pure function of bytes (a file mapped into memory), because what comes from a download is hostile until it has been
looked at: every length is checked against what is left before it is used, every count has a limit, and nothing is
allocated by what the file claims. The inference process is only given files that pass. The format is that of
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MAX_ENTRIES: Final = 100_000
"""Entries of metadata, and tensors; models have hundreds."""
MAX_KEY_BYTES: Final = 65_535
"""Of a name, as the format has it."""
MAX_TEXT_BYTES: Final = 1 << 22
"""Of a value that is text: the longest in use are chat templates of some 10 kB."""
MAX_ARRAY_ITEMS: Final = 4_000_000
"""Of one array; vocabularies have at most some 260,000."""
MAX_DIMENSIONS: Final = 4
MAX_ELEMENTS: Final = 1 << 46

Value = int | float | bool | str
_SCALARS: Final[Mapping[int, str]] = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
_TEXT: Final = 8
_ARRAY: Final = 9
_BLOCKS: Final[Mapping[int, tuple[int, int, str]]] = {
    0: (1, 4, "F32"), 1: (1, 2, "F16"), 2: (32, 18, "Q4_0"), 3: (32, 20, "Q4_1"), 6: (32, 22, "Q5_0"),
    7: (32, 24, "Q5_1"), 8: (32, 34, "Q8_0"), 9: (32, 36, "Q8_1"), 10: (256, 84, "Q2_K"), 11: (256, 110, "Q3_K"),
    12: (256, 144, "Q4_K"), 13: (256, 176, "Q5_K"), 14: (256, 210, "Q6_K"), 15: (256, 292, "Q8_K"),
    16: (256, 66, "IQ2_XXS"), 17: (256, 74, "IQ2_XS"), 18: (256, 98, "IQ3_XXS"), 19: (256, 50, "IQ1_S"),
    20: (32, 18, "IQ4_NL"), 21: (256, 110, "IQ3_S"), 22: (256, 82, "IQ2_S"), 23: (256, 136, "IQ4_XS"),
    24: (1, 1, "I8"), 25: (1, 2, "I16"), 26: (1, 4, "I32"), 27: (1, 8, "I64"), 28: (1, 8, "F64"),
    29: (256, 56, "IQ1_M"), 30: (1, 2, "BF16"), 34: (256, 54, "TQ1_0"), 35: (256, 66, "TQ2_0"), 39: (32, 17, "MXFP4"),
}  # fmt: skip
"""Of a type of tensor: elements in a block, bytes of a block, name."""


class GgufError(ValueError):
    """The file is no model that can be used; the message says why, and at which byte."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a model says about itself. `values` leaves arrays out; `arrays` has how long they are."""

    version: int
    size: int
    """Bytes of the file."""
    values: Mapping[str, Value]
    arrays: Mapping[str, int]
    parameters: int
    """Elements of all tensors."""
    quantisation: str
    """The type of tensor that most bytes are of."""

    @property
    def architecture(self) -> str:
        return str(self.values["general.architecture"])

    @property
    def name(self) -> str:
        return str(self.values.get("general.name", ""))

    def number(self, key: str) -> int:
        """A number that the architecture has (`context_length`), or 0."""
        value = self.values.get(f"{self.architecture}.{key}", 0)
        return value if isinstance(value, int) else 0


def read_file(path: Path) -> Header:
    """The header of a file. Raises GgufError, and OSError when it cannot be read."""
    with path.open("rb") as file:
        file.seek(0, 2)
        if file.tell() == 0:
            raise GgufError("not a GGUF model: the file is empty")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return read(data)


def read(data: bytes | mmap.mmap) -> Header:
    """The header of a whole file. Raises GgufError and nothing else, whatever the bytes."""
    reader = _Reader(data)
    if reader.take(4) != b"GGUF":
        raise GgufError("not a GGUF model: it does not start with GGUF")
    version = reader.scalar("I")
    if version not in (2, 3):
        raise GgufError(f"GGUF version {version} is not supported; versions 2 and 3 are")
    tensors, entries = reader.scalar("Q"), reader.scalar("Q")
    if not 0 < tensors <= MAX_ENTRIES or entries > MAX_ENTRIES:
        raise GgufError(f"the header claims {tensors} tensors and {entries} values; the most are {MAX_ENTRIES:,}")
    values: dict[str, Value] = {}
    arrays: dict[str, int] = {}
    for _ in range(entries):
        key = reader.text(MAX_KEY_BYTES)
        if key in values or key in arrays:
            raise reader.error(f"{key!r} is there twice")
        kind = reader.scalar("I")
        if kind == _ARRAY:
            arrays[key] = reader.array()
        else:
            values[key] = reader.value(kind)
    _check_values(values)
    return _with_tensors(reader, version, values, arrays, tensors)


def _check_values(values: Mapping[str, Value]) -> None:
    architecture = values.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        raise GgufError("general.architecture is missing, so nothing can run this model")
    alignment = values.get("general.alignment", 32)
    if type(alignment) is not int or not 0 < alignment <= 1 << 20 or alignment & (alignment - 1):
        raise GgufError(f"general.alignment is {alignment!r}; it must be a power of two")


def _with_tensors(
    reader: _Reader, version: int, values: Mapping[str, Value], arrays: Mapping[str, int], count: int
) -> Header:
    """The header, when every tensor that it lists lies inside of the file."""
    ends: list[tuple[str, int]] = []
    names: set[str] = set()
    bytes_of: dict[str, int] = {}
    elements = 0
    alignment = int(values.get("general.alignment", 32))
    for _ in range(count):
        name = reader.text(MAX_KEY_BYTES)
        if name in names:
            raise reader.error(f"tensor {name!r} is there twice")
        names.add(name)
        dimensions = reader.scalar("I")
        if dimensions > MAX_DIMENSIONS:
            raise reader.error(f"tensor {name!r} has {dimensions} dimensions; the most are {MAX_DIMENSIONS}")
        size = math.prod(shape := [int(reader.scalar("Q")) for _ in range(dimensions)])
        kind, offset = reader.scalar("I"), reader.scalar("Q")
        if not 0 < size <= MAX_ELEMENTS:
            raise reader.error(f"tensor {name!r} has {size} elements")
        if kind not in _BLOCKS:
            raise reader.error(f"tensor {name!r} is of type {kind}, which this version does not know")
        if offset % alignment:
            raise reader.error(f"tensor {name!r} starts at {offset}, which is not a multiple of {alignment}")
        block, width, label = _BLOCKS[kind]
        if shape and shape[0] % block:
            raise reader.error(f"tensor {name!r} has rows of {shape[0]} elements, which are no blocks of {block}")
        length = size // block * width
        ends.append((name, offset + length))
        bytes_of[label] = bytes_of.get(label, 0) + length
        elements += size
    start = -(-reader.at // alignment) * alignment
    name, end = max(ends, key=lambda item: item[1])
    if start + end > reader.size:
        missing = start + end - reader.size
        raise GgufError(f"the file is cut off: tensor {name!r} ends {missing:,} bytes after its end; pull it again")
    return Header(version, reader.size, values, arrays, elements, max(bytes_of, key=lambda label: bytes_of[label]))


class _Reader:
    """A cursor over bytes that never goes beyond their end."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self._data = data
        self.size = len(data)
        self.at = 0

    def error(self, what: str) -> GgufError:
        return GgufError(f"{what} (byte {self.at:,})")

    def take(self, count: int) -> bytes:
        if count > self.size - self.at:
            raise self.error("the header is cut off; pull the model again")
        self.at += count
        return self._data[self.at - count : self.at]

    def scalar(self, form: str) -> int:
        (value,) = struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))
        return value  # type: ignore[no-any-return]

    def text(self, limit: int) -> str:
        length = self.scalar("Q")
        if length > limit:
            raise self.error(f"a text of {length:,} bytes; the most are {limit:,}")
        try:
            return self.take(length).decode("utf-8")
        except UnicodeDecodeError:
            raise self.error("a text that is not UTF-8") from None

    def value(self, kind: int) -> Value:
        if kind == _TEXT:
            return self.text(MAX_TEXT_BYTES)
        if kind not in _SCALARS:
            raise self.error(f"a value of type {kind}, which GGUF does not have")
        return self.scalar(_SCALARS[kind])

    def array(self) -> int:
        """Go past an array and return how many items it has."""
        kind, count = self.scalar("I"), self.scalar("Q")
        if count > MAX_ARRAY_ITEMS:
            raise self.error(f"an array of {count:,} items; the most are {MAX_ARRAY_ITEMS:,}")
        if kind in _SCALARS:
            self.take(struct.calcsize("<" + _SCALARS[kind]) * count)
        elif kind == _TEXT:
            for _ in range(count):
                length = self.scalar("Q")
                if length > MAX_TEXT_BYTES:
                    raise self.error(f"a text of {length:,} bytes; the most are {MAX_TEXT_BYTES:,}")
                self.take(length)
        else:
            raise self.error(f"an array of type {kind}, which is not supported")
        return count
