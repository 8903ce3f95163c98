"""What a symbol means, as a vector: the words of its identifiers and comments, hashed and weighted.

Identifiers are split into words and cut to crude stems. Each stem has a fixed pseudo-random direction of plus and
minus ones; a text is the sum of the directions of its stems, rare ones weighing more, so that the angle between two
texts is that between their weighted bags of words. Nothing is downloaded, shipped or trained; how rare a
stem is among the symbols of the workspace is counted when the vectors are made, and kept with them.

Measured against sentence models in `benchmarks/store/`; decision 0004 says why this one was kept.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from krepis.server.index import Symbol
from numpy.typing import NDArray

DIMENSIONS: Final = 256
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SUFFIX: Final = re.compile(r"(?<=[a-z]{3})(?:ations?|ings?|ies|ied|ers?|ors?|ed|es|s|e|y)$")
_STOP_WORDS: Final = """
a an and are as at be been but by can for from has have if in into is it its of on or that the their then there these
this to was when where which will with you your not
"""
_STOP: Final = frozenset(_STOP_WORDS.split())

Weights = Mapping[str, float]
Vectors = NDArray[np.float32]


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    return _SUFFIX.sub("", word.lower())


def split(text: str) -> list[str]:
    """The stems of a text, identifiers taken apart."""
    return [_stem(word) for word in _WORD.findall(text) if word.lower() not in _STOP]


def described(symbol: Symbol, path: str, summary: str, doc: str) -> str:
    """The text that stands for a symbol; its name counts three times."""
    file = path.rsplit("/", 1)[-1].split(".", 1)[0]
    return " ".join((symbol.name, symbol.name, symbol.name, symbol.container, file, symbol.signature, summary, doc))


def description(symbol: Symbol, path: str) -> str:
    return described(symbol, path, symbol.summary, symbol.doc)


def weights(texts: Iterable[str]) -> dict[str, float]:
    """How much each stem weighs: the logarithm of how rare it is. The empty stem stands for all unknown ones."""
    counts: Counter[str] = Counter()
    total = 0
    for text in texts:
        counts.update(set(split(text)))
        total += 1
    return {"": math.log(1 + total)} | {
        stem: math.log(1 + total / count) for stem, count in counts.items() if count > 1
    }


@lru_cache(maxsize=200_000)
def _direction(stem: str, width: int) -> NDArray[np.int8]:
    bits = hashlib.shake_128(stem.encode("utf-8", "replace")).digest(width // 8)
    return np.unpackbits(np.frombuffer(bits, dtype=np.uint8)).astype(np.int8) * 2 - 1


def embed(texts: Sequence[str], known: Weights, width: int = DIMENSIONS) -> Vectors:
    """Unit vectors, one a row; a text without words is all zero."""
    rows = np.zeros((len(texts), width), dtype=np.float32)
    unknown = known.get("", 1.0)
    for row, text in zip(rows, texts, strict=True):
        for stem, count in Counter(split(text)).items():
            row += _direction(stem, width) * np.float32(known.get(stem, unknown) * (1 + math.log(count)))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    np.divide(rows, lengths, out=rows, where=lengths > 0)
    return rows
