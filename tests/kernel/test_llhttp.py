"""The corpus beside llhttp, the parser of Node (through httptools): every disagreement has a reason in the RFCs.

Where only the kernel refuses, the section is the case's own rule; where only llhttp does, it is named here.
"""

from __future__ import annotations

import httptools
import pytest

from .corpus import CASES, Case
from .test_requests import outcome

Requests = list[tuple[str, str, str]]

# What the kernel takes and llhttp does not: the section that asks for it, or lets it.
ONLY_HERE = {
    "higher minor version": "9110 2.5: a higher minor version is read as the highest that is known",
    "methods are case-sensitive": "9110 9.1: any token is a method; an unknown one is for the router to refuse",
    "nothing after close": "9112 9.6: what follows the last request is not read; llhttp calls it an error",
    "nothing after an old request": "9112 9.3: as above, without keep-alive",
    "close among others": "9112 9.6: as above",
    "chunk extensions": "9112 7.1.1: unknown extensions MUST be ignored",
    "a length as a trailer is no length": "9110 6.5.1: a trailer that frames the message is not taken for a field",
    "a bad method whose line is not complete": "9112 3: a line is judged when it is complete",
}


class Reader:
    """What llhttp calls back with."""

    def __init__(self) -> None:
        self.requests: Requests = []
        self.target = self.body = b""
        self.parser = httptools.HttpRequestParser(self)

    def on_message_begin(self) -> None:
        self.target = self.body = b""

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        method = self.parser.get_method().decode()
        self.requests.append((method, self.target.decode("latin-1"), self.body.decode("latin-1")))


def llhttp(data: bytes) -> Requests | None:
    """The complete requests that llhttp sees, or None when it refuses."""
    reader = Reader()
    try:
        reader.parser.feed_data(data)
    except httptools.HttpParserUpgrade:
        return reader.requests
    except httptools.HttpParserError:
        return None
    return reader.requests


def verdict(case: Case) -> Requests | None:
    """What the kernel says, in llhttp's words."""
    said = outcome([case.data])
    return None if isinstance(said, int) else list(said or ())


def test_only_these_are_taken_here_and_refused_by_llhttp() -> None:
    taken = {case.name for case in CASES if verdict(case) is not None and llhttp(case.data) is None}
    assert taken == set(ONLY_HERE)


@pytest.mark.parametrize("case", [case for case in CASES if case.name not in ONLY_HERE], ids=lambda case: case.name)
def test_what_both_take_means_the_same_and_what_is_refused_here_has_a_rule(case: Case) -> None:
    said = verdict(case)
    assert llhttp(case.data) == said or (said is None and case.rule)
