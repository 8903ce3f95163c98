"""Which renderer makes which format."""

from __future__ import annotations

from typing import Final, Literal, get_args

from krepis.twin.findings import Report, dumps
from krepis.twin.report import html, junit, markdown, sarif, text
from krepis.twin.report._frame import Sources

Format = Literal["text", "json", "sarif", "junit", "markdown", "html"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def render(report: Report, output_format: Format, sources: Sources, style: text.Style, version: str) -> str:
    """The report in one of `FORMATS`, ending with one newline.

    `style` matters to text only; `version` is that of Krepis, which SARIF names.
    """
    match output_format:
        case "text":
            return text.render(report, sources, style)
        case "json":
            return dumps(report)
        case "sarif":
            return sarif.render(report, version)
        case "junit":
            return junit.render(report, sources)
        case "markdown":
            return markdown.render(report, sources)
        case "html":
            return html.render(report, sources)
