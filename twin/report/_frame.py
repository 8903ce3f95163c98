"""Code frames: which source lines to show for a finding, and what to say under them.

A frame is data (`FrameLine`s with labels); the text and HTML renderers draw it. Source comes from a `Sources`
function, because renderers do not read files: a file that has vanished has no lines and gets no frame.
Lines end at `\\n` only, as the front end counts them; a `\\r` before it is dropped.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from krepis.twin.findings import Finding, Step
from krepis.twin.report._timeline import phrase, roles_of

Sources = Callable[[str], Sequence[str]]
"""The lines of a file that a report names, without line ends; empty when it cannot be read."""

_CONTEXT: Final = 1  # lines shown before and after a labelled line
_JOIN: Final = 3  # gaps of at most so many lines are shown, longer ones elided


@dataclass(frozen=True, slots=True)
class Label:
    """Text under characters `start` to `end` (exclusive, str indices into the line)."""

    start: int
    end: int
    text: str
    primary: bool


@dataclass(frozen=True, slots=True)
class FrameLine:
    """A source line, `number` from 1; `gap` when lines before it are elided."""

    number: int
    text: str
    labels: tuple[Label, ...]
    gap: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """The lines of one file that matter to a finding."""

    file: str
    lines: tuple[FrameLine, ...]


def split_lines(text: str) -> list[str]:
    """The lines of `text` as the front end counts them."""
    return [line.removesuffix("\r") for line in text.split("\n")]


def frames_of(finding: Finding, sources: Sources) -> list[Frame]:
    """The frames to show: the finding's own file first, then other files with decisive steps."""
    labels = _labels(finding, sources)
    files = sorted(labels, key=lambda file: (file != finding.file, file))
    return [Frame(file, _lines(sources(file), labels[file])) for file in files if sources(file)]


def _labels(finding: Finding, sources: Sources) -> dict[str, dict[int, list[Label]]]:
    found: dict[str, dict[int, list[Label]]] = {}

    def add(file: str, number: int, label: Label) -> None:
        found.setdefault(file, {}).setdefault(number, []).append(label)

    roles, steps = roles_of(finding), finding.steps
    text = _line(sources(finding.file), finding.line)
    last = finding.end_column if finding.end_line == finding.line else None
    start, end = _span(text, finding.column, last)
    said = _said(steps, roles.act) if roles.act is not None else ""
    if roles.stale_read is not None:
        said += f", from what it read in step {roles.stale_read + 1}"
    add(finding.file, finding.line, Label(start, end, said, primary=True))
    for index in (roles.stale_read, roles.foreign_write):
        if index is not None:
            step = steps[index]
            where = _span(_line(sources(step.file), step.line), None, None)
            add(step.file, step.line, Label(*where, _said(steps, index), primary=False))
    return found


def _said(steps: Sequence[Step], index: int) -> str:
    return f"{steps[index].task} {phrase(steps[index])} (step {index + 1})"


def _line(lines: Sequence[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _span(text: str, column: int | None, end_column: int | None) -> tuple[int, int]:
    """UTF-16 columns from 1 as str indices; None means the first or last character that is not blank."""
    first = len(text) - len(text.lstrip())
    last = max(len(text.rstrip()), first)
    start = first if column is None else utf16_index(text, column)
    end = last if end_column is None else utf16_index(text, end_column)
    return start, max(end, start + 1)


def utf16_index(text: str, column: int) -> int:
    """The str index of a UTF-16 column from 1; the length of `text` when it lies beyond."""
    units = column - 1
    for index, character in enumerate(text):
        if units <= 0:
            return index
        units -= 2 if ord(character) > 0xFFFF else 1
    return len(text)


def _lines(source: Sequence[str], labels: dict[int, list[Label]]) -> tuple[FrameLine, ...]:
    shown: list[FrameLine] = []
    for number in _shown(labels, len(source)):
        gap = bool(shown) and shown[-1].number != number - 1
        shown.append(FrameLine(number, source[number - 1], tuple(labels.get(number, ())), gap))
    return tuple(shown)


def _shown(labelled: Iterable[int], length: int) -> list[int]:
    near = {n + d for n in labelled for d in range(-_CONTEXT, _CONTEXT + 1)}
    numbers = sorted(n for n in near if 0 < n <= length)
    filled = set(numbers)
    for before, after in itertools.pairwise(numbers):
        if after - before - 1 <= _JOIN:
            filled.update(range(before, after))
    return sorted(filled)
