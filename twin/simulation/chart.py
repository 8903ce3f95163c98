"""Charts over time as SVG: lines, and areas one on top of the other. Colours are classes of the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from krepis.twin.report import visible
from markupsafe import Markup, escape

_WIDTH: Final = 920
_HEIGHT: Final = 210
_LEFT: Final = 56
_BOTTOM: Final = 24
_TOP: Final = 10
_COLOURS: Final = 8
Series = Mapping[str, Sequence[float | None]]


def lines(series: Series, end: float, log: bool = False) -> Markup:
    """A line for each series; what is None is left out."""
    known = [value for values in series.values() for value in values if value is not None]
    top = max(known, default=0.0)
    low = min((value for value in known if value > 0), default=1.0) if log else 0.0
    scale = _Scale(low, top, log)
    body = []
    for number, values in enumerate(series.values()):
        for part in _parts(values):
            points = " ".join(f"{_x(i + 0.5, len(values)):.1f},{scale.y(value):.1f}" for i, value in part)
            body.append(f'<polyline class="line c{number % _COLOURS}" points="{points}"/>')
    return _chart(series, scale, end, body)


def area(series: Series, end: float) -> Markup:
    """The series on top of each other."""
    count = len(next(iter(series.values()), ()))
    sums = [0.0] * count
    layers = []
    for values in series.values():
        before, sums = sums, [a + (b or 0.0) for a, b in zip(sums, values, strict=True)]
        layers.append((before, sums))
    scale = _Scale(0.0, max(sums, default=0.0), False)
    body = []
    for number, (low, high) in enumerate(layers):
        up = [f"{_x(i + 0.5, count):.1f},{scale.y(value):.1f}" for i, value in enumerate(high)]
        down = [f"{_x(i + 0.5, count):.1f},{scale.y(value):.1f}" for i, value in reversed(list(enumerate(low)))]
        body.append(f'<polygon class="area c{number % _COLOURS}" points="{" ".join([*up, *down])}"/>')
    return _chart(series, scale, end, body)


class _Scale:
    """From values to heights, with round numbers beside them."""

    def __init__(self, low: float, top: float, log: bool) -> None:
        self.log = log
        if log:
            self.low = math.floor(math.log10(low))
            self.high = max(math.ceil(math.log10(max(top, low))), self.low + 1)
            self.marks = [10.0**power for power in range(self.low, self.high + 1)]
        else:
            step = _step(top / 4) if top > 0 else 1.0
            self.marks = [step * i for i in range(math.ceil(top / step - 1e-9) + 1 if top > 0 else 2)]
            self.low, self.high = 0, 1

    def y(self, value: float) -> float:
        if self.log:
            share = (math.log10(max(value, 10.0**self.low)) - self.low) / (self.high - self.low)
        else:
            share = value / self.marks[-1]
        return _TOP + (1 - share) * (_HEIGHT - _TOP - _BOTTOM)


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= least * (1 - 1e-9))


def _x(position: float, count: float) -> float:
    return _LEFT + position / max(count, 1) * (_WIDTH - _LEFT - 24)


def _parts(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    part: list[tuple[int, float]] = []
    for i, value in enumerate(values):
        if value is not None:
            part.append((i, value))
        elif part:
            yield part
            part = []
    if part:
        yield part


def _chart(series: Series, scale: _Scale, end: float, body: Sequence[str]) -> Markup:
    grid = [
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - 24}" y1="{scale.y(mark):.1f}" y2="{scale.y(mark):.1f}"/>'
        f'<text x="{_LEFT - 6}" y="{scale.y(mark) + 4:.1f}" text-anchor="end">{mark:,.10g}</text>'
        for mark in scale.marks
    ]
    size, unit = next(((s, u) for s, u in ((3600, "h"), (60, "min")) if end >= 4 * s), (1, "s"))
    step = _step(end / size / 6)
    marks = [step * i for i in range(int(end / size / step + 1e-9) + 1)]
    times = [
        f'<text x="{_x(mark * size, end):.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{mark:,.10g} {unit}</text>'
        for mark in marks
    ]
    names = "".join(
        f'<li><span class="c{i % _COLOURS}"></span>{escape(visible(name))}</li>' for i, name in enumerate(series)
    )
    label = escape(visible(", ".join(series)))
    picture = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
    return Markup(f'{picture}{"".join([*grid, *body, *times])}</svg><ul class="key">{names}</ul>')
