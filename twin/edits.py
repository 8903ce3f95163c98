"""Edits of text: what a repair is made of. Offsets count Unicode code points of the text as given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the code points from `start` up to `end` of the file `path` by `text`."""

    path: Path
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Repair:
    """Edits that belong together, what they do as one imperative line, and the finding that they are for.

    `kind` names the recipe ("keyed-mutex", "relative-update"); `fingerprint` is the finding's.
    """

    title: str
    kind: str
    edits: tuple[Edit, ...]
    fingerprint: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """`text` with edits of one file; raises ValueError when they overlap or lie outside of it.

    Insertions at the same place keep the order in which they are given.
    """
    out: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if not at <= edit.start <= edit.end <= len(text):
            raise ValueError(f"edit of {edit.start}..{edit.end} overlaps another or lies outside of the text")
        out += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join([*out, text[at:]])
