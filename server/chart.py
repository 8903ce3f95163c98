"""A chart of a benchmark as SVG that can be pasted into a page: a bar per server, its median and its spread.

Colours follow the reader's scheme. Nothing is loaded from elsewhere, and names are escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from krepis.kernel.bench import Run, by_workload, middle

_WIDTH: Final = 720
_LABEL: Final = 130
_BARS: Final = 400
_ROW: Final = 22
_STYLE: Final = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600}.first{fill:#0969da}.other{fill:#8c959f}"
    ".spread{stroke:#1f2328}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.spread{stroke:#e6edf3}}"
)


def svg(runs: Sequence[Run]) -> str:
    """Requests per second of each server, by workload; the lines are the least and the most that was measured."""
    parts = list(_parts(runs))
    height = max((y for y, _ in parts), default=0) + _ROW
    body = "\n".join(text for _, text in parts)
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="Requests per second">'
    return f"{head}\n<style>{_STYLE}</style>\n{body}\n</svg>\n"


def _parts(runs: Sequence[Run]) -> Iterator[tuple[int, str]]:
    y = 4
    for workload, peers in by_workload(runs).items():
        y += _ROW
        yield y, f'<text class="title" x="0" y="{y - 6}">{escape(workload)}, requests/s (CPU per request)</text>'
        most = max(run.per_second for own in peers.values() for run in own)
        for number, (peer, own) in enumerate(peers.items()):
            rates = [run.per_second for run in own]
            length, low, high = (_BARS * rate / most for rate in (middle(own, "per_second"), min(rates), max(rates)))
            kind = "other" if number else "first"
            figure = f"{middle(own, 'per_second'):,.0f} ({middle(own, 'cpu_us'):.1f} us)"
            yield y, f'<text x="{_LABEL - 8}" y="{y + 15}" text-anchor="end">{escape(peer)}</text>'
            yield y, f'<rect class="{kind}" x="{_LABEL}" y="{y + 3}" width="{length:.1f}" height="{_ROW - 6}"/>'
            line = f'x1="{_LABEL + low:.1f}" x2="{_LABEL + high:.1f}" y1="{y + 11}" y2="{y + 11}"'
            yield y, f'<line class="spread" {line}/>'
            yield y, f'<text x="{_LABEL + high + 6:.1f}" y="{y + 15}">{figure}</text>'
            y += _ROW
        y += 8
