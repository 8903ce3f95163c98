"""Request heads, bodies and connections: the corpus, cut at every byte, and properties over made-up requests."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.kernel import (
    BadRequest,
    Body,
    Connection,
    KernelError,
    Limits,
    Request,
    chunk,
    parse_fields,
    parse_head,
    span,
    span_portable,
)

from .corpus import CASES, GOOD, Case

LIMITS = Limits()
Outcome = int | None | tuple[tuple[str, str, str], ...]


def summary(request: Request) -> tuple[str, str, str]:
    head = request.head
    return (head.method.decode(), head.target.decode(), request.body.decode("latin-1"))


def outcome(pieces: list[bytes], limits: Limits = LIMITS) -> Outcome:
    """What a connection says to the pieces, in the form of `Case.expected`."""
    connection, requests = Connection(limits), []
    try:
        for piece in pieces:
            requests += map(summary, connection.receive(piece))
    except BadRequest as bad:
        return bad.status
    return tuple(requests) or None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_corpus(case: Case) -> None:
    assert outcome([case.data]) == case.expected, case.rule


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cutting_the_corpus_changes_nothing(case: Case) -> None:
    data = case.data
    step = 1 if len(data) < 2000 else 997
    for at in range(1, len(data), step):
        assert outcome([data[:at], data[at:]]) == case.expected, at
    if len(data) < 2000:
        assert outcome([data[i : i + 1] for i in range(len(data))]) == case.expected


def test_a_prefix_is_never_refused_when_the_whole_is_not() -> None:
    for case in GOOD:
        for at in range(len(case.data)):
            assert not isinstance(outcome([case.data[:at]]), int), (case.name, at)


# -- properties -------------------------------------------------------------------------------------------

TOKEN = st.text("!#$%&'*+-.^_`|~09azAZ", min_size=1, max_size=12).map(str.encode)
VALUE = st.one_of(
    st.sampled_from([b"chunked", b"3", b"0", b"close", b"keep-alive", b"100-continue", b"a, b", b""]),
    st.binary(max_size=24),
)
NAMES = st.sampled_from([b"Host", b"Content-Length", b"Transfer-Encoding", b"Connection", b"Expect", b"X"])
LINE_END = st.sampled_from([b"\r\n"] * 30 + [b"\n", b"\r", b"\r\r\n", b" \r\n"])


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Bytes that are nearly requests: most parts are right, some are not."""
    out = bytearray()
    for _ in range(draw(st.integers(1, 3))):
        out += draw(st.sampled_from([b"GET", b"POST", b"HEAD", b"OPTIONS"]) | TOKEN)
        out += b" " + draw(st.sampled_from([b"/", b"/a?b", b"*", b"http://a/"]) | VALUE)
        out += b" " + draw(st.sampled_from([b"HTTP/1.1"] * 8 + [b"HTTP/1.0", b"HTTP/2.0", b"http/1.1"]))
        out += draw(LINE_END) + draw(st.sampled_from([b"Host: a\r\n"] * 8 + [b""]))
        for _ in range(draw(st.integers(0, 3))):
            out += draw(NAMES | TOKEN) + draw(st.sampled_from([b": "] * 12 + [b":", b" :", b"\t: "]))
            out += draw(VALUE) + draw(LINE_END)
        out += draw(LINE_END)
        out += draw(st.sampled_from([b"", b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"1;x\r\na\r\n0\r\nA: b\r\n\r\n"]))
    return bytes(out)


@given(messages(), st.data())
def test_cuts_change_nothing(data: bytes, source: st.DataObject) -> None:
    cuts = sorted(source.draw(st.lists(st.integers(0, len(data)), max_size=6)))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    assert outcome(pieces) == outcome([data])


@given(st.sampled_from(["token", "target", "value"]), st.binary(max_size=70), st.integers(0, 300))
def test_vectors_find_what_the_portable_scan_finds(kind: str, tail: bytes, length: int) -> None:
    for data in (tail, b"a" * length + tail, bytes([0xC3]) * (length % 40) + tail):
        found = span(kind, data)
        assert found == span_portable(kind, data)
        assert found == next((i for i in range(len(data)) if span(kind, data[i : i + 1]) == 0), len(data))


def test_classes_of_bytes() -> None:
    every = [bytes([i]) for i in range(256)]
    digits_and_letters = {c for c in every if c.isalnum()}
    assert {c for c in every if span("token", c)} == digits_and_letters | {bytes([c]) for c in b"!#$%&'*+-.^_`|~"}
    assert {c for c in every if span("target", c)} == set(every[0x21:0x7F])
    assert {c for c in every if span("value", c)} == {b"\t", *every[0x20:0x7F], *every[0x80:]}


@given(
    st.sampled_from(["GET", "POST", "PUT"]),
    st.lists(st.tuples(TOKEN, st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)), max_size=6),
    st.binary(max_size=200) | st.none(),
)
def test_what_h11_writes_is_read(method: str, fields: list[tuple[bytes, str]], body: bytes | None) -> None:
    framing = [("Host", "a")] if body is None else [("Host", "a"), ("Content-Length", str(len(body)))]
    sender = h11.Connection(h11.CLIENT)
    data = bytearray()
    data += sender.send(h11.Request(method=method, target="/x", headers=[*framing, *fields])) or b""
    if body:
        data += sender.send(h11.Data(data=body)) or b""
    data += sender.send(h11.EndOfMessage()) or b""

    (request,) = Connection(LIMITS).receive(bytes(data))

    assert (request.head.method.decode(), request.body) == (method, body or b"")
    assert [value.decode() for _, value in request.head.fields[len(framing) :]] == [value for _, value in fields]


@given(messages())
def test_h11_understands_what_is_accepted(data: bytes) -> None:
    """h11 is laxer in some points; whatever is accepted here means the same there."""
    ours = outcome([data])
    if not isinstance(ours, tuple):
        return
    theirs = []
    receiver = h11.Connection(h11.SERVER)
    receiver.receive_data(data)
    for _ in ours:
        event = receiver.next_event()
        assert isinstance(event, h11.Request)
        body = bytearray()
        while isinstance(part := receiver.next_event(), h11.Data):
            body += part.data
        theirs.append((event.method.decode(), event.target.decode(), body.decode("latin-1")))
        receiver.send(h11.Response(status_code=204, headers=[]))
        receiver.send(h11.EndOfMessage())
        if receiver.our_state is not h11.MUST_CLOSE:
            receiver.start_next_cycle()
    assert tuple(theirs) == ours


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=5), st.integers(1, 40))
def test_chunks_there_and_back(parts: list[bytes], step: int) -> None:
    trailers = b"A: b\r\nC:\r\n"
    data = b"".join(map(chunk, parts)) + b"0\r\n" + trailers + b"\r\n"
    decoder = Body(content_length=None, body_bytes_max=1000)
    body, tail, taken = bytearray(), bytearray(), 0
    for at in range(0, len(data), step):
        assert not decoder.done
        some, trailer, used = decoder.receive(data[at : at + step])
        body, tail, taken = body + some, tail + trailer, taken + used
    assert (decoder.done, bytes(body), bytes(tail), taken) == (True, b"".join(parts), trailers, len(data))
    assert parse_fields(bytes(tail), LIMITS) == ((b"A", b"b"), (b"C", b""))


# -- what a head says -------------------------------------------------------------------------------------


def test_parts_of_a_head() -> None:
    data = (
        b"\r\nPUT http://h:1/a/b?c=d HTTP/1.1\r\nHost:  h:1 \r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\nrest"
    )
    head = parse_head(data, LIMITS)
    assert head is not None
    assert data[head.length :] == b"rest"
    assert (head.method, head.path, head.query, head.minor, head.content_length) == (b"PUT", b"/a/b", b"c=d", 1, 7)
    assert head.fields[0] == (b"Host", b"h:1")
    assert head.flags == {"keep-alive", "absolute", "has-host", "has-length", "expect-continue"}


def test_continue_is_due_once_and_only_before_content() -> None:
    head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    waiting = Connection(LIMITS)
    assert (waiting.receive(head), waiting.continue_due) == ([], True)
    assert (waiting.receive(b"h"), waiting.continue_due) == ([], False)
    assert len(waiting.receive(b"i")) == 1
    impatient = Connection(LIMITS)
    assert (impatient.receive(head + b"h"), impatient.continue_due) == ([], False)


def test_limits_are_exact() -> None:
    limits = Limits(line_bytes_max=64, head_bytes_max=128, fields_max=2, body_bytes_max=4)

    def head(target: int = 1, value: int = 1, fields: int = 1, more: str = "") -> bytes:
        lines = f"X: {'b' * value}\r\n" * fields
        return f"GET /{'a' * target} HTTP/1.0\r\n{lines}{more}\r\n".encode()

    assert isinstance(outcome([head(target=64 - 16)], limits), tuple)
    assert outcome([head(target=64 - 15)], limits) == 414
    assert isinstance(outcome([head(value=64 - 5)], limits), tuple)
    assert outcome([head(value=64 - 4)], limits) == 431
    assert isinstance(outcome([head(fields=2)], limits), tuple)
    assert outcome([head(fields=3)], limits) == 431
    assert outcome([head(more="Content-Length: 4\r\n") + b"abcd"], limits) == (("GET", "/a", "abcd"),)
    assert outcome([head(more="Content-Length: 5\r\n")], limits) == 413
    whole = head(target=40, value=50)
    for size in (len(whole), len(whole) - 1):
        tight = Limits(line_bytes_max=64, head_bytes_max=size, fields_max=2, body_bytes_max=4)
        assert (outcome([whole], tight) == 431) == (size < len(whole))


@pytest.mark.parametrize(
    "limits",
    [
        Limits(head_bytes_max=65536),
        Limits(fields_max=129),
        Limits(fields_max=0),
        Limits(line_bytes_max=9, head_bytes_max=8),
    ],
)
def test_limits_that_the_kernel_cannot_keep_are_refused(limits: Limits) -> None:
    with pytest.raises(KernelError):
        Connection(limits)
