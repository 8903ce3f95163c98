"""The only module that touches cffi data: plain Python values in, plain Python values out.

The classes step one part of the kernel each, for tests and for the Twin; nothing is decided here.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import fields as fields_of
from typing import Any

from krepis.kernel._kernel import ffi, lib
from krepis.kernel._values import (
    BadRequest,
    Head,
    KernelError,
    Limits,
    Match,
    Metrics,
    NoMatch,
    Pending,
    Request,
    ServerOptions,
    SocketEvent,
    TenantLimits,
    TenantMetrics,
)

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
SPANS = {"token": 0, "target": 1, "value": 2}
FLAGS = {
    1: "keep-alive",
    2: "chunked",
    4: "has-length",
    8: "expect-continue",
    16: "upgrade",
    32: "absolute",
    64: "has-host",
}
ERRORS = {
    -1: "out of memory",
    -2: "an argument is out of range",
    -3: "a table or buffer is full",
    -4: "another route already answers the same requests",
    -5: "malformed route pattern",
    -6: "a system call failed",
    -7: "the connection or the request is no more",
}


def check(code: int) -> int:
    """`code` itself, or the exception that it stands for."""
    if code <= -400:
        raise BadRequest(-code)
    if code == lib.KR_ESYSTEM:
        raise KernelError(f"{ERRORS[code]}: {os.strerror(ffi.errno)}")
    if code < 0:
        raise KernelError(ERRORS.get(code, f"error {code}"))
    return code


def owned(pointer: Any, release: Any) -> Any:
    """A pointer that is released with its last reference; NULL means that the arguments were refused."""
    if pointer == ffi.NULL:
        raise KernelError("the arguments were refused, or out of memory")
    return ffi.gc(pointer, release)


def limits_of(limits: Limits) -> Any:
    return ffi.new(
        "kr_limits *", (limits.line_bytes_max, limits.head_bytes_max, limits.fields_max, limits.body_bytes_max)
    )


def span(kind: str, data: bytes) -> int:
    """How many bytes at the start belong to the class "token", "target" or "value"."""
    return int(lib.kr_span(SPANS[kind], data, len(data)))


def span_portable(kind: str, data: bytes) -> int:
    """`span` without vector instructions."""
    return int(lib.kr_span_portable(SPANS[kind], data, len(data)))


def _head(data: bytes, length: int, head: Any) -> Head:
    def text(at: int, size: int) -> bytes:
        return data[at : at + size]

    fields = (head.fields[i] for i in range(head.fields_count))
    return Head(
        length=length,
        method=text(head.line, head.method_length),
        target=text(head.target, head.target_length),
        path=text(head.path, head.path_length),
        query=text(head.query, head.query_length),
        minor=head.minor,
        flags=frozenset(name for bit, name in FLAGS.items() if head.flags & bit),
        content_length=head.content_length if head.flags & 4 else None,
        fields=tuple((text(f.name, f.name_length), text(f.value, f.value_length)) for f in fields),
    )


def parse_head(data: bytes, limits: Limits, seen: int = 0) -> Head | None:
    """The head at the start of `data`, None while it is not complete. Raises BadRequest.

    `seen` is the length of the data at the call before for the same head.
    """
    head = ffi.new("kr_head *")
    length = check(lib.kr_head_parse(limits_of(limits), data, len(data), seen, head))
    return _head(data, length, head) if length else None


def parse_fields(data: bytes, limits: Limits) -> tuple[tuple[bytes, bytes], ...]:
    """The field lines that `data` consists of."""
    fields = ffi.new("kr_field[]", limits.fields_max)
    count = check(lib.kr_fields_parse(limits_of(limits), data, len(data), fields))
    return tuple(
        (data[f.name : f.name + f.name_length], data[f.value : f.value + f.value_length]) for f in fields[0:count]
    )


class Body:
    """A body decoder: `receive` gives the data and the trailer bytes that came, until `done`."""

    __slots__ = ("_body", "done")

    def __init__(self, *, content_length: int | None, body_bytes_max: int) -> None:
        """A body of a known length, or a chunked one when it is None."""
        self._body = ffi.new("kr_body *")
        head = ffi.new("kr_head *")
        head.flags, head.content_length = (2, 0) if content_length is None else (4, content_length)
        self.done = False
        check(lib.kr_body_begin(self._body, head, body_bytes_max))

    def receive(self, data: bytes) -> tuple[bytes, bytes, int]:
        """Data, trailer bytes, and how many bytes of `data` were taken."""
        used, run = ffi.new("size_t *"), ffi.new("size_t *")
        at, out = 0, {lib.KR_BODY_DATA: bytearray(), lib.KR_BODY_TRAILER: bytearray()}
        while True:
            event = check(lib.kr_body_next(self._body, data[at:], len(data) - at, used, run))
            at += used[0]
            if event in out:
                out[event] += data[at - run[0] : at]
                continue
            self.done = event == lib.KR_BODY_DONE
            return bytes(out[lib.KR_BODY_DATA]), bytes(out[lib.KR_BODY_TRAILER]), at


def chunk(data: bytes) -> bytes:
    """A chunk, framed."""
    out = ffi.new("uint8_t[]", lib.KR_CHUNK_HEAD_BYTES)
    size = lib.kr_chunk_head(out, len(data))
    return bytes(ffi.buffer(out, size)) + data + b"\r\n"


class Tenants:
    """Whose a request is, whether it is let in, and whose turn is next."""

    KINDS = ("host", "prefix", "header")
    __slots__ = ("_tenants",)

    def __init__(self, tenants_max: int, requests_max: int, running_max: int) -> None:
        self._tenants = owned(lib.kr_tenants_new(tenants_max, requests_max, running_max), lib.kr_tenants_free)

    def add(self, limits: TenantLimits) -> int:
        """A new tenant's number."""
        out = ffi.new("kr_tenant_limits *")
        for one in fields_of(limits):
            setattr(out, one.name, getattr(limits, one.name))
        return check(lib.kr_tenants_add(self._tenants, out))

    def rule(self, tenant: int, kind: str, text: bytes) -> None:
        """Makes requests of a host, a path prefix or a header value a tenant's."""
        check(lib.kr_tenants_rule(self._tenants, tenant, self.KINDS.index(kind), text, len(text)))

    def find(self, host: bytes = b"", path: bytes = b"/", header: bytes | None = None) -> int | None:
        """Whose a request is."""
        value = ffi.NULL if header is None else header
        found = lib.kr_tenants_find(self._tenants, host, len(host), path, len(path), value, len(header or b""))
        return None if found < 0 else int(found)

    def open(self, tenant: int) -> int:
        """0, or 503: a connection of a tenant."""
        return -int(lib.kr_tenants_open(self._tenants, tenant))

    def close(self, tenant: int) -> None:
        """A connection of a tenant is closed."""
        lib.kr_tenants_close(self._tenants, tenant)

    def offer(self, tenant: int, now_ms: int) -> tuple[int, int]:
        """A request: its number and 0; or -429 and when to come again, in milliseconds; or -503 and 0."""
        retry = ffi.new("uint64_t *")
        return int(lib.kr_tenants_offer(self._tenants, tenant, now_ms, retry)), int(retry[0])

    def take(self) -> int | None:
        """The request whose turn it is."""
        taken = lib.kr_tenants_take(self._tenants)
        return None if taken < 0 else int(taken)

    def end(self, request: int, cost_us: int) -> None:
        """A request is over, taken or not."""
        check(lib.kr_tenants_of(self._tenants, request))
        lib.kr_tenants_end(self._tenants, request, cost_us)

    def of(self, request: int) -> int:
        """The tenant of a request."""
        return check(lib.kr_tenants_of(self._tenants, request))

    def valid(self) -> bool:
        """Whether lists, counts and limits agree."""
        return bool(lib.kr_tenants_validate(self._tenants))

    def metrics(self, tenant: int) -> TenantMetrics:
        """What a tenant did."""
        out = ffi.new("kr_tenant_metrics *")
        lib.kr_tenants_metrics(self._tenants, tenant, out)
        return TenantMetrics(**{one.name: int(getattr(out, one.name)) for one in fields_of(TenantMetrics)})


class WebSocket:
    """What a client of a WebSocket sends: events, whatever the pieces in which it comes."""

    __slots__ = ("_data", "_ws")

    def __init__(self, message_bytes_max: int, *, deflates: bool = False) -> None:
        """With `deflates`, messages may be compressed (RFC 7692); they are given out as they came."""
        self._ws = ffi.new("kr_ws *")
        self._data = b""
        lib.kr_ws_init(self._ws, message_bytes_max)
        self._ws.deflates = deflates

    def receive(self, data: bytes) -> list[SocketEvent]:
        """What is complete now. An event with the opcode 0 is the last one: an error, with the code to close with."""
        data = self._data + data
        events: list[SocketEvent] = []
        event = ffi.new("kr_ws_event *")
        memory = ffi.new("uint8_t[]", data or b"\0")
        at, length = 0, len(data)
        while True:
            result = lib.kr_ws_next(self._ws, memory + at, length - at, event)
            if result <= 0:
                break
            start = at + event.at
            events.append(SocketEvent(event.opcode, bytes(ffi.buffer(memory + start, event.length)), event.code))
            at += event.used
            if event.opcode == lib.KR_WS_CLOSE:
                return events
        if result < 0:
            return [*events, SocketEvent(0, b"", -result)]
        kept = lib.kr_ws_compact(self._ws, memory + at, length - at)
        assert lib.kr_ws_validate(self._ws, kept)
        self._data = bytes(ffi.buffer(memory + at, kept))
        return events


def socket_frame(opcode: int, data: bytes) -> bytes:
    """A frame as a server sends it."""
    out = ffi.new("uint8_t[]", lib.KR_WS_HEAD_BYTES)
    return bytes(ffi.buffer(out, lib.kr_ws_head(out, opcode, len(data)))) + data


class Connection:
    """The requests of one connection."""

    __slots__ = ("_connection", "_data", "closed", "continue_due")

    def __init__(self, limits: Limits) -> None:
        self._connection = owned(lib.kr_connection_new(limits_of(limits)), lib.kr_connection_free)
        self._data = bytearray()
        self.closed = False
        self.continue_due = False

    def receive(self, data: bytes) -> list[Request]:
        """The requests that `data` completes. Raises BadRequest, after which the connection is of no use.

        What follows the last request of the connection is ignored.
        """
        self._data += data
        request, requests = ffi.new("kr_request *"), []
        while self._data and not self.closed:
            buffer = ffi.from_buffer("uint8_t[]", self._data)
            taken = check(lib.kr_connection_next(self._connection, buffer, len(self._data), request))
            ffi.release(buffer)
            flags = lib.kr_connection_flags(self._connection)
            self.continue_due = bool(flags & lib.KR_CONTINUE_DUE)
            if not taken:
                break
            self.closed = bool(flags & lib.KR_LAST)
            whole = bytes(self._data[:taken])
            body = whole[request.body : request.body + request.body_length]
            requests.append(Request(_head(whole, request.head_length, request.head), body))
            del self._data[:taken]
        return requests


class Router:
    """Routes by method and path."""

    __slots__ = ("_match", "_router")

    def __init__(self, nodes_max: int = 1024, text_bytes_max: int = 65536) -> None:
        self._router = owned(lib.kr_router_new(nodes_max, text_bytes_max), lib.kr_router_free)
        self._match = ffi.new("kr_match *")

    def add(self, method: str, pattern: str, route: int) -> None:
        """Raises KernelError for a malformed pattern, a conflict, or a full table."""
        text = pattern.encode()
        check(lib.kr_router_add(self._router, METHODS.index(method), text, len(text), route))

    def match(self, method: str, path: bytes) -> Match | NoMatch:
        """The route for a path; an unknown method has none."""
        code = METHODS.index(method) if method in METHODS else lib.KR_METHOD_OTHER
        lib.kr_router_match(self._router, code, path, len(path), self._match)
        found = self._match
        if found.route < 0:
            return NoMatch(frozenset(name for bit, name in enumerate(METHODS) if found.allowed >> bit & 1))
        return Match(found.route, tuple(path[p.at : p.at + p.length] for p in found.params[0 : found.params_count]))


def date(seconds: int) -> bytes:
    """The Date field's value for a time since 1970."""
    out = ffi.new("char[]", lib.KR_DATE_BYTES)
    lib.kr_date(seconds, out)
    return bytes(ffi.buffer(out, lib.KR_DATE_BYTES))


def response_head(
    status: int, fields: bytes, content_length: int | None, date: bytes, *, close: bool = False, old: bool = False
) -> bytes:
    """A response head; chunked when the length is None, `old` for a client that speaks HTTP/1.0."""
    flags = (lib.KR_CLOSE if close else 0) | (lib.KR_SAY_KEEP_ALIVE if old else 0)
    if content_length is None:
        flags |= lib.KR_CHUNKED_BODY
    out = ffi.new("uint8_t[]", 256 + len(fields))
    size = check(lib.kr_response_head(out, len(out), status, fields, len(fields), content_length or 0, flags, date))
    return bytes(ffi.buffer(out, size))


class Wheel:
    """Timers, named 0 to capacity - 1."""

    __slots__ = ("_fired", "_wheel", "capacity")

    def __init__(self, capacity: int, now: int = 0) -> None:
        self._wheel = owned(lib.kr_wheel_new(capacity, now), lib.kr_wheel_free)
        self._fired = ffi.new("uint32_t[]", 16)
        self.capacity = capacity

    def set(self, timer: int, due: int) -> None:
        if not 0 <= timer < self.capacity:
            raise IndexError(timer)
        lib.kr_wheel_set(self._wheel, timer, due)

    def cancel(self, timer: int) -> None:
        if not 0 <= timer < self.capacity:
            raise IndexError(timer)
        lib.kr_wheel_cancel(self._wheel, timer)

    def next(self) -> int | None:
        """No timer is due earlier; None when none is set."""
        due = int(lib.kr_wheel_next(self._wheel))
        return None if due == 2**64 - 1 else due

    def advance(self, now: int) -> list[int]:
        """The timers that fire up to `now`, which must not go back."""
        fired: list[int] = []
        while True:
            count = lib.kr_wheel_advance(self._wheel, now, self._fired, len(self._fired))
            fired.extend(self._fired[0:count])
            if count < len(self._fired):
                return fired


def field_lines(fields: Sequence[tuple[str, str]]) -> bytes:
    """Header fields as the kernel takes them, which checks the lines but cannot know how many are meant."""
    if any("\n" in name or "\n" in value for name, value in fields):
        raise KernelError(ERRORS[lib.KR_EINVAL])
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("latin-1")


class Core:
    """A `kr_server`. All but `stop`, `stopped` and `metrics` belong to one thread; polling releases the GIL."""

    __slots__ = ("_memory", "_server")

    def __init__(self, options: ServerOptions) -> None:
        record = ffi.new("kr_options *")
        record.limits = limits_of(options.limits)[0]
        for item in fields_of(options):
            if item.name != "limits":
                setattr(record, item.name, getattr(options, item.name))
        self._server = owned(lib.kr_server_new(record), lib.kr_server_free)
        size = ffi.new("size_t *")
        self._memory = ffi.buffer(lib.kr_server_memory(self._server, size), size[0])

    def static(self, method: str, pattern: str, status: int, fields: Sequence[tuple[str, str]], body: bytes) -> None:
        text, lines = pattern.encode(), field_lines(fields)
        code = METHODS.index(method)
        check(lib.kr_server_static(self._server, code, text, len(text), status, lines, len(lines), body, len(body)))

    def files(self, pattern: str, directory: str) -> None:
        text = pattern.encode()
        check(lib.kr_server_files(self._server, text, len(text), os.fsencode(directory)))

    def handler(self, method: str, pattern: str) -> int:
        """A route whose requests `poll` gives out; returns its number."""
        text = pattern.encode()
        return check(lib.kr_server_handler(self._server, METHODS.index(method), text, len(text)))

    def fallback(self) -> int:
        """The route of all requests that no other matches."""
        return check(lib.kr_server_fallback(self._server))

    def listen(self, address: str, port: int) -> int:
        return check(lib.kr_server_listen(self._server, address.encode(), port))

    def listen_unix(self, path: str) -> None:
        check(lib.kr_server_listen_unix(self._server, os.fsencode(path)))

    def template(self, status: int, fields: Sequence[tuple[str, str]]) -> int:
        lines = field_lines(fields)
        return check(lib.kr_server_template(self._server, status, lines, len(lines)))

    def poll(self, timeout_ms: int) -> list[Pending]:
        """Does what can be done and gives out the requests that wait for their answers."""
        count = check(lib.kr_server_poll(self._server, timeout_ms))
        rows = lib.kr_server_rows(self._server)
        return [self._pending(rows + index * lib.KR_ROW_WORDS) for index in range(count)]

    def _pending(self, row: Any) -> Pending:
        base = row[lib.KR_ROW_BASE]

        def text(at: int, length: int) -> bytes:
            return bytes(self._memory[base + at : base + at + length])

        path, path_length = row[lib.KR_ROW_PATH], row[lib.KR_ROW_PATH_LENGTH]
        query_length, fields = row[lib.KR_ROW_QUERY_LENGTH], row[lib.KR_ROW_FIELDS]
        params = lib.KR_ROW_PARAMS
        return Pending(
            key=(row[lib.KR_ROW_CONNECTION], row[lib.KR_ROW_GENERATION], row[lib.KR_ROW_SEQUENCE]),
            route=row[lib.KR_ROW_ROUTE],
            method=text(row[lib.KR_ROW_LINE], row[lib.KR_ROW_METHOD_LENGTH]),
            path=text(path, path_length),
            query=text(path + path_length + 1, query_length),
            fields=text(fields, row[lib.KR_ROW_HEAD_LENGTH] - fields),
            body=text(row[lib.KR_ROW_BODY], row[lib.KR_ROW_BODY_LENGTH]),
            params=tuple(
                text(row[params + 2 * i], row[params + 2 * i + 1]) for i in range(row[lib.KR_ROW_PARAMS_COUNT])
            ),
        )

    def answer(
        self, key: tuple[int, int, int], template: int, body: bytes, fields: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Answers a request. Raises KernelError when it is gone or the response is refused."""
        lines = field_lines(fields)
        check(lib.kr_server_answer(self._server, *key, template, lines, len(lines), body, len(body)))

    def stream(self, key: tuple[int, int, int], template: int, length: int | None = None) -> bool:
        """Starts an answer whose body comes in pieces, of `length` bytes together; False when no body is wanted."""
        if length is None:
            return check(lib.kr_server_stream(self._server, *key, template, ffi.NULL, 0)) == 0
        return check(lib.kr_server_stream_sized(self._server, *key, template, ffi.NULL, 0, length)) == 0

    def chunk(self, key: tuple[int, int, int], data: bytes) -> int:
        """Adds to a body that was started; returns how many bytes wait to be sent."""
        return check(lib.kr_server_chunk(self._server, *key, data, len(data)))

    def finish(self, key: tuple[int, int, int]) -> None:
        check(lib.kr_server_finish(self._server, *key))

    def abort(self, key: tuple[int, int, int]) -> None:
        """Gives up, so that the client sees that the body is not complete."""
        check(lib.kr_server_abort(self._server, *key))

    def notices(self) -> list[tuple[int, int, bool]]:
        """Connection, generation, and whether it is gone, or else can take more."""
        out = ffi.new("int32_t[]", 3 * 64)
        count = lib.kr_server_notices(self._server, out, 64)
        return [(out[3 * i], out[3 * i + 1], bool(out[3 * i + 2])) for i in range(count)]

    def end(self) -> None:
        """Ends the tick: what `poll` gave out is answered, or will be later."""
        lib.kr_server_end(self._server)

    def run(self) -> None:
        """Polls until the server has stopped."""
        check(lib.kr_server_run(self._server))

    def stop(self, grace_ms: int) -> None:
        lib.kr_server_stop(self._server, grace_ms)

    @property
    def stopped(self) -> bool:
        return bool(lib.kr_server_stopped(self._server))

    def metrics(self) -> Metrics:
        record = ffi.new("kr_metrics *")
        lib.kr_server_metrics(self._server, record)
        counts = {item.name: getattr(record, item.name) for item in fields_of(Metrics)}
        return Metrics(**{**counts, "responses": tuple(record.responses)})

    def metrics_text(self) -> str:
        """The metrics in the text format of Prometheus."""
        out = ffi.new("char[]", lib.KR_METRICS_BYTES_MAX)
        size = check(lib.kr_server_metrics_text(self._server, out, len(out)))
        return bytes(ffi.buffer(out, size)).decode()
