"""Reports for people and programs: one renderer per format, each a pure function from a Report to text.

Renderers read no files, no environment and no clock: source text comes from a `Sources` function, colour
and width from a `Style`. Equal reports give equal text. Every renderer escapes what it shows for its own
format.
"""

from krepis.twin.report._escape import visible
from krepis.twin.report._frame import Sources, split_lines
from krepis.twin.report._timeline import phrase, roles_of, tasks_of
from krepis.twin.report.render import FORMATS, Format, render
from krepis.twin.report.rules import RULE_OF, Rule
from krepis.twin.report.text import Style, finding_text, replayed

__all__ = [
    "FORMATS",
    "RULE_OF",
    "Format",
    "Rule",
    "Sources",
    "Style",
    "finding_text",
    "phrase",
    "render",
    "replayed",
    "roles_of",
    "split_lines",
    "tasks_of",
    "visible",
]
