"""Which renderer makes which format."""

from __future__ import annotations

from typing import Final, Literal, get_args

from krepis.twin.findings import Report, dumps
from krepis.twin.report import html, text
from krepis.twin.report._frame import Sources

Format = Literal["text", "json", "html"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def render(report: Report, output_format: Format, sources: Sources, style: text.Style) -> str:
    """The report in one of `FORMATS`; `style` matters to text only. Ends with one newline."""
    match output_format:
        case "text":
            return text.render(report, sources, style)
        case "json":
            return dumps(report)
        case "html":
            return html.render(report, sources)
