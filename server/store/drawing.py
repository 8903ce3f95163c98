"""A graph of relations as text: Graphviz dot, Mermaid, JSON, or one HTML page that needs nothing else.

Pure functions from edges to text. The page lays the nodes out in columns by distance from the middle one
(callers to the left, what it calls to the right), with a table of the same edges below for readers that see no picture.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Final

from krepis.server.store.resolve import Edge, Node

_WIDTH: Final = 250
_BOX: Final = 200
_ROW: Final = 46
_COLORS: Final = {
    "calls": "#2563eb", "awaits": "#7c3aed", "reads": "#0d9488", "writes": "#dc2626", "locks": "#ca8a04",
    "extends": "#475569", "implements": "#475569", "has-implementation": "#475569", "imports": "#94a3b8",
    "defines": "#94a3b8", "handles-route": "#16a34a",
}  # fmt: skip

Columns = Mapping[Node, int]


def dot(edges: Sequence[Edge], columns: Columns, title: str) -> str:
    names = _numbers(edges)
    lines = ["digraph krepis {", f"  label={_quoted(title)}; rankdir=LR; node [shape=box, fontname=Helvetica];"]
    lines += [f"  n{number} [label={_quoted(_label(node))}];" for node, number in names.items()]
    for edge in edges:
        style = f"label={_quoted(edge.kind)}, color={_quoted(_COLORS[edge.kind])}"
        lines.append(f"  n{names[edge.source]} -> n{names[edge.target]} [{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def mermaid(edges: Sequence[Edge], columns: Columns, title: str) -> str:
    names = _numbers(edges)
    lines = ["---", f"title: {' '.join(title.split())}", "---", "flowchart LR"]
    for node, number in names.items():
        text = escape(_label(node)).replace("\n", "<br/>").replace("#", "#35;")
        lines.append(f'  n{number}["{text}"]')
    lines += [f"  n{names[edge.source]} -->|{edge.kind}| n{names[edge.target]}" for edge in edges]
    return "\n".join(lines) + "\n"


def as_json(edges: Sequence[Edge], columns: Columns, title: str) -> str:
    """`nodes` with their distance from the middle (negative: leads to it), and `edges` between their numbers."""
    names = _numbers(edges)
    nodes = [{"name": node.qualified, "file": node.path, "column": columns.get(node, 0)} for node in names]
    lines = [
        {"kind": edge.kind, "source": names[edge.source], "target": names[edge.target], "line": edge.line}
        for edge in edges
    ]
    return json.dumps({"version": 1, "title": title, "nodes": nodes, "edges": lines}, indent=1) + "\n"


def picture(edges: Sequence[Edge], columns: Columns, title: str) -> str:
    """An SVG element, for a page that has `PICTURE_STYLE`."""
    places = _places(edges, columns)
    width = max((x for x, _ in places.values()), default=0) + _BOX + 24
    height = max((y for _, y in places.values()), default=0) + _ROW + 24
    boxes = "".join(_box(node, *place) for node, place in places.items())
    lines = "".join(_line(edge, places[edge.source], places[edge.target]) for edge in edges)
    return _PICTURE.format(title=escape(title), width=width, height=height, lines=lines, boxes=boxes)


def html(edges: Sequence[Edge], columns: Columns, title: str) -> str:
    rows = "".join(
        f"<tr><td>{escape(_label(edge.source))}</td><td>{edge.kind}</td><td>{escape(_label(edge.target))}</td>"
        f"<td>{edge.line}</td></tr>"
        for edge in edges
    )
    kinds = dict.fromkeys(edge.kind for edge in edges)
    legend = "".join(f'<li style="color:{_COLORS[kind]}">{kind}</li>' for kind in kinds)
    drawn = picture(edges, columns, title)
    return _PAGE.format(title=escape(title), style=PICTURE_STYLE, picture=drawn, rows=rows, legend=legend)


FORMATS: Final[Mapping[str, Callable[[Sequence[Edge], Columns, str], str]]] = {
    "dot": dot,
    "mermaid": mermaid,
    "json": as_json,
    "html": html,
}


def _numbers(edges: Iterable[Edge]) -> dict[Node, int]:
    nodes = dict.fromkeys(node for edge in edges for node in (edge.source, edge.target))
    return {node: number for number, node in enumerate(nodes)}


def _label(node: Node) -> str:
    return f"{node.qualified}\n{node.path}" if node.path and node.qualified else node.qualified or node.path


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _places(edges: Sequence[Edge], columns: Columns) -> dict[Node, tuple[int, int]]:
    """Left upper corners; columns are centred on the tallest one."""
    members: dict[int, list[Node]] = {}
    for node in _numbers(edges):
        members.setdefault(columns.get(node, 0), []).append(node)
    tallest = max(map(len, members.values()), default=0)
    first = min(members, default=0)
    places = {}
    for column, nodes in members.items():
        top = 12 + (tallest - len(nodes)) * _ROW // 2
        for row, node in enumerate(nodes):
            places[node] = (12 + (column - first) * _WIDTH, top + row * _ROW)
    return places


def _box(node: Node, x: int, y: int) -> str:
    shown = _cut(node.qualified or node.path)
    return (
        f'<g><title>{escape(_label(node))}</title><rect x="{x}" y="{y}" width="{_BOX}" height="36" rx="6"/>'
        f'<text x="{x + 10}" y="{y + 15}">{escape(shown)}</text>'
        f'<text class="file" x="{x + 10}" y="{y + 29}">{escape(_cut(node.path or "outside"))}</text></g>'
    )


def _cut(text: str) -> str:
    return text if len(text) <= 28 else "…" + text[-27:]


def _line(edge: Edge, source: tuple[int, int], target: tuple[int, int]) -> str:
    (x1, y1), (x2, y2) = source, target
    if x1 == x2:
        start, end, bend = x1 + _BOX, x2 + _BOX, 40
        path = f"M{start} {y1 + 18} C{start + bend} {y1 + 18} {end + bend} {y2 + 18} {end} {y2 + 18}"
    else:
        start, end = (x1 + _BOX, x2) if x1 < x2 else (x1, x2 + _BOX)
        middle = (start + end) // 2
        path = f"M{start} {y1 + 18} C{middle} {y1 + 18} {middle} {y2 + 18} {end} {y2 + 18}"
    return f'<path d="{path}" stroke="{_COLORS[edge.kind]}"><title>{edge.kind}, line {edge.line}</title></path>'


PICTURE_STYLE: Final = """\
.graph rect { fill: light-dark(#f8fafc, #1e293b); stroke: #94a3b8; }
.graph text { fill: light-dark(#0f172a, #e2e8f0); font-size: 12px; } .graph text.file { font-size: 10px; opacity: .7; }
.graph path { fill: none; stroke-width: 1.5; marker-end: url(#end); } .graph path:hover { stroke-width: 4; }
"""
_PICTURE: Final = """<svg class="graph" width="{width}" height="{height}" role="img" aria-label="{title}">
<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0L8 4L0 8z" style="fill:context-stroke;stroke:none;marker-end:none"/></marker></defs>
{lines}{boxes}</svg>"""
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 14px system-ui, sans-serif; }}
body {{ margin: 24px; }} h1 {{ font-size: 18px; }} .scroll {{ overflow: auto; }}
{style}table {{ border-collapse: collapse; margin-top: 24px; }}
td, th {{ text-align: left; padding: 4px 12px; border-bottom: 1px solid #94a3b855; white-space: pre-line; }}
ul {{ display: flex; gap: 16px; list-style: square; padding-left: 16px; }} li {{ margin-right: 12px; }}
</style></head><body><h1>{title}</h1><ul>{legend}</ul>
<div class="scroll">{picture}</div>
<table><thead><tr><th>From</th><th>Relation</th><th>To</th><th>Line</th></tr></thead><tbody>{rows}</tbody></table>
</body></html>
"""
