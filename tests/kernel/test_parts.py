"""Response heads, dates and timers."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.kernel import KernelError, Wheel, date, response_head

NOW = date(784111777)


@given(st.integers(0, 253402300799))
def test_dates(seconds: int) -> None:
    assert date(seconds).decode() == format_datetime(datetime.fromtimestamp(seconds, UTC), usegmt=True)


def test_a_whole_head() -> None:
    assert response_head(200, b"Content-Type: text/plain\r\n", 5, NOW) == (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
        b"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
    )


@pytest.mark.parametrize("status", [100, 204, 304])
def test_a_status_without_content_has_no_length(status: int) -> None:
    assert b"ength" not in response_head(status, b"", 0, NOW)


def test_the_connection_field() -> None:
    assert response_head(200, b"", 0, NOW, close=True).endswith(b"Connection: close\r\n\r\n")
    assert response_head(200, b"", 0, NOW, old=True).endswith(b"Connection: keep-alive\r\n\r\n")


@pytest.mark.parametrize(
    "fields",
    [
        b"X: a\r\n\r\nY: b\r\n",
        b"X: a\nY: b\r\n",
        b"X: a\r\n Y: b\r\n",
        b"X: a\rb\r\n",
        b"X : a\r\n",
        b"X: a",
        b"X: \x00\r\n",
        b": a\r\n",
        b"Content-length: 7\r\n",
        b"TRANSFER-ENCODING: chunked\r\n",
        b"Connection: upgrade\r\n",
        b"Date: now\r\n",
    ],
)
def test_fields_cannot_split_or_frame_a_response(fields: bytes) -> None:
    with pytest.raises(KernelError, match="argument"):
        response_head(200, fields, 0, NOW)


@given(
    st.integers(200, 599),
    st.lists(
        st.tuples(
            st.sampled_from(["X", "ETag", "Set-Cookie"]), st.text(st.characters(min_codepoint=33, max_codepoint=126))
        )
    ),
    st.integers(0, 2**60) | st.none(),
)
def test_h11_reads_the_head(status: int, fields: list[tuple[str, str]], length: int | None) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    client.send(h11.EndOfMessage())
    client.receive_data(response_head(status, lines, length, NOW))
    event = client.next_event()
    assert isinstance(event, h11.Response)
    got = [(name.decode(), value.decode()) for name, value in event.headers.raw_items()]
    framing = (
        []
        if status in (204, 304)
        else [("Transfer-Encoding", "chunked") if length is None else ("Content-Length", str(length))]
    )
    assert event.status_code == status
    assert got == [*fields, *framing, ("Date", NOW.decode())]


# -- timers -----------------------------------------------------------------------------------------------

ACTION = st.one_of(
    st.tuples(st.just("set"), st.integers(0, 7), st.integers(0, 5000)),
    st.tuples(st.just("set"), st.integers(0, 7), st.integers(0, 2**63)),
    st.tuples(st.just("cancel"), st.integers(0, 7), st.just(0)),
    st.tuples(st.just("advance"), st.just(0), st.integers(0, 300)),
    st.tuples(st.just("advance"), st.just(0), st.integers(0, 2**40)),
)


@given(st.lists(ACTION, max_size=60), st.integers(0, 2**40))
def test_the_wheel_is_a_sorted_list(actions: list[tuple[str, int, int]], start: int) -> None:
    wheel, now, order = Wheel(8, start), start, 0
    model: dict[int, tuple[int, int]] = {}
    for action, timer, number in actions:
        if action == "set":
            due, order = now + number, order + 1
            wheel.set(timer, due)
            model[timer] = (due, order)
        elif action == "cancel":
            wheel.cancel(timer)
            model.pop(timer, None)
        else:
            now += number
            due_now = sorted((when, t) for t, when in model.items() if when[0] <= now)
            assert wheel.advance(now) == [t for _, t in due_now]
            for _, t in due_now:
                del model[t]
        next_due = wheel.next()
        if model:
            assert next_due is not None
            assert now <= next_due <= min(model.values())[0]
        else:
            assert next_due is None


def test_more_timers_at_one_time_than_fit_in_one_answer() -> None:
    wheel = Wheel(100)
    for timer in range(100):
        wheel.set(timer, 1000)
    assert wheel.advance(999) == []
    assert wheel.advance(1000) == list(range(100))


def test_a_time_in_the_past_fires_at_once() -> None:
    wheel = Wheel(2, 500)
    wheel.set(1, 3)
    assert (wheel.next(), wheel.advance(500)) == (500, [1])


def test_timers_have_names_in_range() -> None:
    with pytest.raises(IndexError):
        Wheel(2).set(2, 1)
    with pytest.raises(IndexError):
        Wheel(2).cancel(-1)
