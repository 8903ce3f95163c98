"""JSDoc comments: their prose, and the tags that Krepis reads. Everything else in them is left alone."""

from __future__ import annotations

import re
from typing import Final

TAGS: Final = ("ai-summary", "invariant", "guarded-by", "entry", "per-request")
BLOCK: Final = re.compile(r"/\*\*(?![/*])(.*?)\*/", re.S)
_MARGIN: Final = re.compile(r"^[ \t]*\*?[ \t]?", re.M)
_TAG: Final = re.compile(r"^[ \t]*@([A-Za-z][\w-]*)", re.M)
_LINK: Final = re.compile(r"\{@link(?:code|plain)?\s+([^}|\s]+)[^}]*\}")


def read(body: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The prose before the first tag, and the tags of `TAGS` with their text, of what is between `/**` and `*/`."""
    text = _LINK.sub(r"\1", _MARGIN.sub("", body))
    marks = list(_TAG.finditer(text))
    prose = " ".join(text[: marks[0].start() if marks else None].split())
    tags = []
    for mark, following in zip(marks, [*marks[1:], None], strict=False):
        if mark[1] in TAGS:
            end = following.start() if following else None
            tags.append((mark[1], " ".join(text[mark.end() : end].split())))
    return prose, tuple(tags)


def tagged(doc: str, tag: str) -> bool:
    """Whether the text of a comment has a tag."""
    return any(mark[1] == tag for mark in _TAG.finditer(doc))
