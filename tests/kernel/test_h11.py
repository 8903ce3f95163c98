"""The corpus, and what chance makes of it, beside h11: every disagreement is explained by a section of the RFCs.

A mutant of a request is made of pieces of the corpus: bytes changed, lines doubled, dropped, swapped or taken from
another request. Where the two disagree, a rule below must apply to these bytes; a disagreement that nobody foresaw
fails. `KREPIS_FUZZ` is the number of mutants, 3,000 in `make test`.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable

import h11

from .corpus import CASES
from .test_requests import outcome

Requests = list[tuple[str, str, str]]
MUTANTS = int(os.environ.get("KREPIS_FUZZ", "3000"))
ANSWER = h11.Response(status_code=404, headers=[("Content-Length", "0")])


def by_h11(data: bytes) -> Requests | None:
    """The complete requests that h11 sees, or None when it refuses."""
    connection, requests = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20), []
    connection.receive_data(data)
    request, body = None, b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                request, body = event, b""
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                assert request is not None
                requests.append((request.method.decode(), request.target.decode("latin-1"), body.decode("latin-1")))
                connection.send(ANSWER)
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return requests
                connection.start_next_cycle()
            else:
                return requests
    except h11.RemoteProtocolError:
        return None


def by_kernel(data: bytes) -> Requests | None:
    said = outcome([data])
    return None if isinstance(said, int) else list(said or ())


def mutants(count: int, seed: int) -> list[bytes]:
    """Requests of the corpus after one to three accidents each."""
    dice = random.Random(seed)
    sources = [case.data for case in CASES if len(case.data) < 400]
    lines = sorted({line for data in sources for line in re.findall(rb"[^\n]*\n", data)})
    made = []
    for _ in range(count):
        data = dice.choice(sources)
        for _ in range(dice.randint(1, 3)):
            parts = re.findall(rb"[^\n]*\n|[^\n]+$", data) or [b""]
            at, where = dice.randrange(len(data) + 1), dice.randrange(len(parts))
            accident = dice.randrange(6)
            if accident == 0:
                data = (
                    data[:at]
                    + bytes([dice.choice(b'\r\n\t :;,/#?*@=0129aAZ\x00\x7f\x80\xff-"')])
                    + data[at + dice.randrange(2) :]
                )
            elif accident == 1:
                data = data[:at] + data[at + dice.randint(1, 3) :]
            elif accident == 2:
                data = b"".join([*parts[:where], dice.choice(lines), *parts[where:]])
            elif accident == 3:
                data = b"".join([*parts[:where], *parts[where + 1 :]])
            elif accident == 4:
                data = b"".join([*parts[:where], parts[where], *parts[where:]])
            else:
                data += dice.choice(sources)
        made.append(data)
    return made


def found(pattern: bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return lambda data: compiled.search(data) is not None


def count_of(name: bytes) -> Callable[[bytes], bool]:
    """Whether a head has a field twice."""
    compiled = re.compile(rb"\n" + name + rb":", re.IGNORECASE)
    return lambda data: any(len(compiled.findall(head)) > 1 for head in data.split(b"\r\n\r\n"))


def strange_line(data: bytes) -> bool:
    """Whether a line is none of a request line, a field, a chunk's size, or the empty one."""
    token = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
    size = rb"[0-9A-Fa-f]+|" if re.search(b"chunked", data, re.IGNORECASE) else b""
    good = re.compile(token + rb"+ [!-~]+ HTTP/1\.\d|" + token + rb"+:[ \t\x21-\x7e\x80-\xff]*|" + size)
    return any(not good.fullmatch(one) for one in data.split(b"\r\n"))


# Why the kernel may refuse what h11 takes: the section, what it says, and the bytes that it is about.
STRICTER: list[tuple[str, str, Callable[[bytes], bool]]] = [
    ("9112 2.2", "a line ends with CRLF; a bare LF may, a bare CR must not be taken", found(rb"(?<!\r)\n|\r(?!\n)")),
    (
        "9112 2.1",
        "a message is a request line, then fields",
        found(rb"(?:^|\r\n\r\n)(?:\r\n)?[^ \r:]+:|HTTP/1\.\d\r\n[^\r:]+ HTTP/1\.\d\r\n"),
    ),
    ("9112 3", "a method of more than 32 bytes may be answered with 501", found(rb"(?:^|\n)[^ ]{33,} ")),
    ("9112 3.2", "a request of HTTP/1.1 has one Host", count_of(rb"host")),
    (
        "9112 3.2",
        "without a Host it is refused when its head is complete",
        found(rb"HTTP/1\.[1-9]\r\n(?!(?:[^\r]+\r\n)*host:)"),
    ),
    ("9112 3.2", "a Host is a host and a port", found(rb"host:[^\r]*[^\r\w.:\[\]\s-]|host:[ \t]*[^\s]+[ \t]+[^\s]")),
    ("9112 3.2.3", "CONNECT is for proxies", found(rb"CONNECT ")),
    (
        "9112 3.2.2",
        "a target is a path, an http URI, or * for OPTIONS",
        found(rb"(?:^|\n|[^ ]) (?!/|https?://[^/?@ ])(?!\* )[^ ]+ HTTP/|(?<!OPTIONS) \* HTTP/|[^\n]OPTIONS \* "),
    ),
    ("9110 4.2.4", "a target has no user information, and a host", found(rb" https?://(?:[^/ ]*[^\w.:/\[\]~%-]|[/?])")),
    ("3986 4.3", "a target has no fragment", found(rb" [^ ]*#[^ ]* HTTP/")),
    ("9110 5.5", "a value has no control characters", found(rb":[^\r\n]*[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")),
    (
        "9110 8.6",
        "a length is a number of the limit at most",
        found(rb"content-length:[ \t]*(?:[^\r]*[^\d\s]|\r|[^\r]*\d[ \t]+\d|\d{7,})"),
    ),
    ("9112 6.3", "a request has one length", count_of(rb"content-length")),
    (
        "9112 6.1",
        "a length and chunks exclude each other",
        lambda data: all(found(b"\\n" + n + b":")(data) for n in (rb"content-length", rb"transfer-encoding")),
    ),
    (
        "9112 6.1",
        "chunked is the only coding, once, and not of HTTP/1.0",
        found(rb"transfer-encoding:(?![ \t]*chunked[ \t]*\r)|HTTP/1\.0\r\n(?:[^\r]+\r\n)*transfer-encoding:"),
    ),
    ("9112 7.1", "a chunk has the length that it says, and no more than the limit", found(rb"chunked")),
    (
        "9110 7.6.1",
        "Connection is a list of tokens",
        found(rb"connection:[^\r]*[^\r\w, -]|connection:[ \t]*\w+[ \t]+\w"),
    ),
    ("9110 10.1.1", "there is one expectation", found(rb"expect:(?![ \t]*100-continue[ \t]*\r)")),
    ("9110 2.5", "the version is HTTP/1", found(rb"HTTP/(?!1\.)")),
    ("6585 5", "a head is within its limits", lambda data: len(data) > 4096 or data.count(b"\n") > 100),
    ("9112 3", "a line that is complete is judged, whatever follows it", strange_line),
]
# Why the kernel may take what h11 refuses, or go on where h11 stops.
WIDER: list[tuple[str, str, Callable[[bytes], bool]]] = [
    ("9112 3", "a line is judged when it is complete", found(rb"[^\n]\Z")),
    (
        "9112 2.2",
        "an empty line before a request SHOULD be ignored",
        found(rb"\r\n\r\n\r\n|^\r\n|content-length:[ \t]*\d+[ \t]*\r\n(?:[^\r]+\r\n)*\r\n.+\r\n"),
    ),
    ("9112 7.1.1", "unknown chunk extensions MUST be ignored", found(rb"\n[0-9a-f]+[ \t]*;")),
    (
        "9110 6.5.1",
        "a trailer that frames the message is not taken for a field",
        found(rb"\n0+\r\n.*(?:content-length|transfer-encoding|host)"),
    ),
    (
        "9112 9.3",
        "a client of HTTP/1.0 that asks for it SHOULD be kept",
        found(rb"HTTP/1\.0\r\n.*connection:[^\r]*keep-alive"),
    ),
]


def reason(data: bytes) -> tuple[str, str] | None:
    """The section, and what it says, that explains what the two make of these bytes; None when they agree.

    Raises LookupError when there is none.
    """
    here, there = by_kernel(data), by_h11(data)
    if here == there:
        return None
    for section, text, applies in STRICTER if here is None else WIDER:
        if applies(data):
            return section, text
    raise LookupError(f"the kernel makes {here} of {data!r}, and h11 {there}")


def test_every_disagreement_is_explained_and_every_rule_is_needed() -> None:
    made = [*(case.data for case in CASES), *mutants(MUTANTS, 2)]
    assert {(section, text) for section, text, _ in (*STRICTER, *WIDER)} <= set(map(reason, made))


def test_the_mutants_are_no_noise() -> None:
    verdicts = [(by_kernel(data) is None, by_h11(data) is None) for data in mutants(1000, 1)]
    assert all(verdicts.count((here, there)) > 10 for here in (False, True) for there in (False, True))
