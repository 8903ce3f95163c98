"""WebSocket (RFC 6455): the codec step by step, and servers through the clients of `websockets` and `wsproto`."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import threading
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from krepis.kernel import SocketEvent, WebSocket, node, socket_frame
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from wsproto import ConnectionType, WSConnection, events
from wsproto.connection import Connection
from wsproto.frame_protocol import CloseReason
from wsproto.utilities import LocalProtocolError

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MAX = 1 << 20
ERROR = 0


def masked(opcode: int, data: bytes, *, final: bool = True, mask: bytes = b"\x01\x80\xff\x00", bits: int = 0) -> bytes:
    """A frame as a client sends it."""
    size = len(data)
    head = bytes([(0x80 if final else 0) | bits | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0x80 | 126]) + struct.pack(">H", size)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", size)
    return head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


def received(data: bytes, cuts: list[int] | None = None, limit: int = MAX) -> list[SocketEvent]:
    """The events of bytes that come in the pieces that `cuts` make."""
    ends = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts or [])})
    codec = WebSocket(limit)
    out: list[SocketEvent] = []
    for start, end in pairwise(ends):
        out += codec.receive(data[start:end])
        if out and out[-1].opcode in (ERROR, CLOSE):
            break
    return out


# -- the codec --------------------------------------------------------------------------------------------------

DATA = st.one_of(
    st.tuples(st.just(TEXT), st.text("a\x00\u00e9\u20ac\U0001f600", max_size=200).map(str.encode)),
    st.tuples(st.just(BINARY), st.binary(max_size=200)),
)
MESSAGES = st.lists(
    st.tuples(DATA, st.lists(st.integers(0, 200), max_size=3), st.lists(st.binary(max_size=125), max_size=2)),
    max_size=5,
)


def wire(messages: list[tuple[tuple[int, bytes], list[int], list[bytes]]]) -> tuple[bytes, list[SocketEvent]]:
    """Messages in fragments with pings between them, and what has to come out."""
    data, expected = b"", []
    for (opcode, body), cuts, pings in messages:
        ends = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
        pieces = [body[start:end] for start, end in pairwise(ends)]
        for i, piece in enumerate(pieces):
            data += masked(opcode if i == 0 else 0, piece, final=i == len(pieces) - 1, mask=bytes([i, 7, 0, 255]))
            if i < len(pieces) - 1:
                for ping in pings:
                    data += masked(PING, ping)
                    expected.append(SocketEvent(PING, ping, 0))
        expected.append(SocketEvent(opcode, body, 0))
    return data, expected


@settings(deadline=None)
@given(messages=MESSAGES, cuts=st.lists(st.integers(0, 5000), max_size=20))
def test_messages_come_out_however_they_are_cut_and_fragmented(
    messages: list[tuple[tuple[int, bytes], list[int], list[bytes]]], cuts: list[int]
) -> None:
    data, expected = wire(messages)
    assert received(data, cuts) == expected


@settings(max_examples=400, deadline=None)
@given(data=st.binary(max_size=60), cuts=st.lists(st.integers(0, 60), max_size=8))
@example(data=b"\x81\x80aaaa" * 3, cuts=[1, 7, 8])
def test_any_bytes_mean_the_same_however_they_are_cut(data: bytes, cuts: list[int]) -> None:
    assert received(data, cuts) == received(data)


@settings(deadline=None)
@given(data=st.binary(max_size=12))
def test_text_is_utf_8_or_refused(data: bytes) -> None:
    try:
        data.decode()
        expected = SocketEvent(TEXT, data, 0)
    except UnicodeDecodeError:
        expected = SocketEvent(ERROR, b"", 1007)
    assert received(masked(TEXT, data), list(range(20))) == [expected]


def test_text_of_every_length_around_a_word_is_checked_to_its_end() -> None:
    for length in range(40):
        assert received(masked(TEXT, b"a" * length + b"\xff"))[-1].code == 1007, length
        assert received(masked(TEXT, b"a" * length + "\u00e9".encode())) == [
            SocketEvent(TEXT, b"a" * length + "\u00e9".encode(), 0)
        ]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x81\x05Hello", 1002),  # section 5.1: not masked
        (masked(TEXT, b"a", bits=0x40), 1002),  # 5.2: reserved bits
        (masked(3, b"a"), 1002),  # 5.2: reserved opcodes
        (masked(11, b"a"), 1002),
        (b"\x81\xfe\x00\x7d" + b"\0" * 4 + b"a" * 125, 1002),  # 5.2: not the shortest length
        (b"\x81\xff" + struct.pack(">Q", 65535) + b"\0" * 4, 1002),
        (b"\x81\xff" + struct.pack(">Q", 1 << 63) + b"\0" * 4, 1002),
        (masked(0, b"a"), 1002),  # 5.4: nothing to continue
        (masked(TEXT, b"a", final=False) + masked(TEXT, b"b"), 1002),  # 5.4: a message in a message
        (masked(PING, b"a" * 126), 1002),  # 5.5: control frames are short
        (masked(PING, b"", final=False), 1002),  # 5.5: and whole
        (masked(CLOSE, b"\x03"), 1002),  # 5.5.1: half a code
        (masked(CLOSE, struct.pack(">H", 999)), 1002),  # 7.4: codes that nobody sends
        (masked(CLOSE, struct.pack(">H", 1004)), 1002),
        (masked(CLOSE, struct.pack(">H", 1005)), 1002),
        (masked(CLOSE, struct.pack(">H", 1006)), 1002),
        (masked(CLOSE, struct.pack(">H", 1015)), 1002),
        (masked(CLOSE, struct.pack(">H", 2999)), 1002),
        (masked(CLOSE, struct.pack(">H", 5000)), 1002),
        (masked(CLOSE, struct.pack(">H", 1000) + b"\xff"), 1007),  # 5.5.1: the reason is UTF-8
        (masked(TEXT, b"\xed\xa0\x80"), 1007),  # 8.1: a surrogate
        (masked(TEXT, b"\xc3", final=False) + masked(0, b""), 1007),  # 8.1: half a character at the end
        (masked(TEXT, b"\xff" * 8, final=False), 1007),  # 8.1: at once
        (masked(BINARY, b"a" * 1001), 1009),  # 10.4: more than the limit
        (masked(BINARY, b"a" * 600, final=False) + masked(0, b"a" * 401), 1009),
        (masked(BINARY, b"", final=False) + masked(0, b"", final=False) * 65536, 1008),
    ],
)
def test_what_is_wrong_closes_with_its_code(data: bytes, code: int) -> None:
    assert received(data, limit=1000)[-1] == SocketEvent(ERROR, b"", code)
    assert received(data, list(range(40)), limit=1000)[-1] == SocketEvent(ERROR, b"", code)


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999])
def test_a_close_has_its_code_and_reason(code: int) -> None:
    frame = masked(CLOSE, struct.pack(">H", code) + b"why") + masked(TEXT, b"not heard")
    assert received(frame) == [SocketEvent(CLOSE, b"why", code)]
    assert received(masked(CLOSE, b"")) == [SocketEvent(CLOSE, b"", 1005)]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536, 100_000])
def test_wsproto_reads_what_a_server_sends(length: int) -> None:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(socket_frame(BINARY, b"x" * length))
    parts = [event for event in client.events() if isinstance(event, events.BytesMessage)]
    assert b"".join(part.data for part in parts) == b"x" * length


# -- servers ----------------------------------------------------------------------------------------------------

SERVER = """
import { HttpError, krepis, reply } from 'krepis';
const said = (...words) => process.stdout.write(words.join(' ') + '\\n');
const app = krepis({ bodyBytesMax: 300_000 });
app.before((request) => (request.path === '/secret' ? reply('no', { status: 401 }) : undefined));
app.get('/', () => 'http');
app.ws('/secret', {});
app.ws('/echo', {
  protocols: ['v2', 'v1'],
  message: (socket, message) => {
    if (message === 'fail') throw new Error('asked to');
    if (message === 'bye') socket.close(4001);
    else socket.send(message);
  },
  close: (_, code, reason) => said('closed', code, reason),
});
app.ws('/small', { deflate: true, message: (socket, message) => { socket.send(message); } });
app.ws('/small-chat', {
  deflate: true,
  open: (socket) => { socket.subscribe('all'); },
  message: (socket, message) => { app.publish('all', message); },
});
app.ws('/chat/:room', {
  origins: ['https://good.example'],
  upgrade: async (request) => {
    await null;
    if (request.params.room === 'none') throw new HttpError(404, 'no such room');
    return { room: request.params.room };
  },
  open: (socket) => { socket.subscribe(socket.data.room); socket.send('welcome to ' + socket.data.room); },
  message: (socket, message) => { said('sent to', socket.publish(socket.data.room, message)); },
  close: (socket, code) => said('left', socket.data.room, code),
});
const server = app.listen(0);
said(server.port);
process.on('SIGTERM', async () => { await server.close(1000); process.exit(0); });
"""


class Server:
    """A Node process with `SERVER`, and the lines that it says."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self._lines = process.stdout
        self.port = int(self.said())

    def said(self) -> str:
        return self._lines.readline().rstrip("\n")

    def connect(self, path: str = "/echo", **how: object) -> ClientConnection:
        options = {"compression": None, "proxy": None, **how}
        return connect(f"ws://127.0.0.1:{self.port}{path}", **options)  # type: ignore[arg-type]

    def raw(self, path: str = "/echo", more: str = "") -> socket.socket:
        """A connection after its opening handshake, without a client library."""
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        sock.sendall(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n".encode()
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head  # the example of section 1.3
        return sock


def everything(sock: socket.socket) -> bytes:
    """What comes until the server closes."""
    out = b""
    while piece := sock.recv(65536):
        out += piece
    return out


@contextmanager
def serving() -> Iterator[Server]:
    found = node.find_node()
    environment = {**os.environ, "KREPIS_ADDON": str(node.addon(found))}
    register = str(node.sdk() / "run" / "register.ts")
    command = [str(found.program), "--import", register, "--input-type=module", "-e", SERVER]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        yield Server(process)
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as it:
        yield it


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536, 300_000])
def test_messages_of_all_lengths_come_back(server: Server, length: int) -> None:
    with server.connect() as client:
        text = ("é" + "x" * length)[:length]
        for message in (text, text.encode(), "after"):
            if len(message) <= 300_000:
                client.send(message if len(message) < 300_000 else message[:-1])
                assert client.recv() == (message if len(message) < 300_000 else message[:-1])
    assert server.said() == "closed 1000 "


def test_fragments_pings_and_pieces(server: Server) -> None:
    with server.connect() as client:
        client.send(iter(["one ", "", "two ", "thr\u00e9e"]))
        assert client.recv() == "one two thr\u00e9e"
        assert client.ping(b"data").wait(30)
        client.send(iter([b"\x00" * 40_000] * 5))
        assert client.recv() == b"\x00" * 200_000
        client.close(3000, "enough")
    assert server.said() == "closed 3000 enough"


def test_many_messages_at_once_come_back_in_order(server: Server) -> None:
    sock = server.raw()
    count = 3000
    frames = b"".join(masked(TEXT, f"{i}".encode()) for i in range(count))
    sender = threading.Thread(target=sock.sendall, args=(frames + masked(CLOSE, struct.pack(">H", 1000)),))
    sender.start()
    expected = b"".join(socket_frame(TEXT, f"{i}".encode()) for i in range(count))
    assert everything(sock) == expected + socket_frame(CLOSE, struct.pack(">H", 1000))
    sender.join()
    assert server.said() == "closed 1000 "


def test_wsproto_talks_to_it(server: Server) -> None:
    client = WSConnection(ConnectionType.CLIENT)
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    sock.sendall(client.send(events.Request(host="localhost", target="/echo", subprotocols=["v1", "v2"])))
    seen: list[events.Event] = []

    def upto(kind: type[events.Event]) -> events.Event:
        while not any(isinstance(event, kind) for event in seen):
            client.receive_data(sock.recv(4096) or None)
            seen.extend(client.events())
        return seen.pop(next(i for i, event in enumerate(seen) if isinstance(event, kind)))

    accepted = upto(events.AcceptConnection)
    assert isinstance(accepted, events.AcceptConnection) and accepted.subprotocol == "v2"
    sock.sendall(client.send(events.TextMessage("hel", message_finished=False)))
    sock.sendall(client.send(events.Ping(b"now")))
    sock.sendall(client.send(events.TextMessage("lo")))
    assert upto(events.Pong) == events.Pong(b"now")
    assert upto(events.TextMessage) == events.TextMessage("hello", frame_finished=True, message_finished=True)
    sock.sendall(client.send(events.CloseConnection(CloseReason.GOING_AWAY, "bye")))
    closed = upto(events.CloseConnection)
    assert isinstance(closed, events.CloseConnection) and closed.code == 1001
    with pytest.raises(LocalProtocolError):
        client.send(events.TextMessage("late"))
    assert server.said() == "closed 1001 bye"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x05Hello", 1002),
        (masked(TEXT, b"\xff"), 1007),
        (masked(BINARY, b"a" * 300_001), 1009),
    ],
)
def test_what_is_wrong_ends_the_connection_with_its_code(server: Server, frame: bytes, code: int) -> None:
    sock = server.raw()
    sock.sendall(frame + masked(TEXT, b"not heard"))
    sock.shutdown(socket.SHUT_WR)
    assert everything(sock) == socket_frame(CLOSE, struct.pack(">H", code))
    assert server.said() == f"closed {code} "


def test_a_client_that_is_gone_and_handlers_that_fail_or_close(server: Server) -> None:
    sock = server.raw()
    sock.sendall(masked(TEXT, b"half")[:3])
    sock.close()
    assert server.said() == "closed 1006 "
    for message, code in (("bye", 4001), ("fail", 1011)):
        with server.connect() as client:
            client.send(message)
            with pytest.raises(ConnectionClosed) as closed:
                client.recv()
            assert closed.value.rcvd is not None and closed.value.rcvd.code == code
        assert server.said() == f"closed {code} "


def test_a_message_reaches_all_others_of_its_room(server: Server) -> None:
    stack = ExitStack()
    names = ["red" if i % 10 else "blue" for i in range(50)]
    clients = [stack.enter_context(server.connect(f"/chat/{name}")) for name in names]
    for i, client in enumerate(clients):
        assert client.recv() == f"welcome to {'red' if i % 10 else 'blue'}"
    clients[1].send("to the red")
    assert server.said() == "sent to 44"
    clients[0].send(b"\x00\x01")
    assert server.said() == "sent to 4"
    for i, client in enumerate(clients):
        if i > 1:
            assert client.recv() == ("to the red" if i % 10 else b"\x00\x01")
    for i, client in enumerate(clients):
        client.close()
        assert server.said() == f"left {'red' if i % 10 else 'blue'} 1000"


def test_who_may_not_connect_is_told_in_http(server: Server) -> None:
    for path, how, status in [
        ("/secret", {}, 401),
        ("/chat/none", {}, 404),
        ("/chat/red", {"origin": "https://evil.example"}, 403),
        ("/echo", {"origin": "https://evil.example"}, 403),
        ("/", {}, 200),
    ]:
        with pytest.raises(InvalidStatus) as refused:
            server.connect(path, **how)
        assert refused.value.response.status_code == status
    with server.connect("/chat/red", origin="https://good.example") as client:
        assert client.recv() == "welcome to red"
    assert server.said() == "left red 1000"
    with server.connect("/echo", origin=f"http://127.0.0.1:{server.port}") as client:
        client.send("same origin")
        assert client.recv() == "same origin"
    assert server.said() == "closed 1000 "


@pytest.mark.parametrize(
    ("fields", "status", "hint"),
    [
        ("", 426, b"upgrade: websocket"),
        (
            "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 12\r\n",
            426,
            b"sec-websocket-version: 13",
        ),
        ("Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n", 400, b"Sec-WebSocket-Key"),
    ],
)
def test_a_malformed_handshake_is_answered(server: Server, fields: str, status: int, hint: bytes) -> None:
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    sock.sendall(
        f"GET /echo HTTP/1.1\r\nHost: a\r\n{fields}\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    )
    said = everything(sock)
    assert said.startswith(f"HTTP/1.1 {status} ".encode()) and hint in said
    assert said.endswith(b"http")  # the connection goes on as HTTP


OURS = "server_no_context_takeover; client_no_context_takeover"


@pytest.mark.parametrize(
    ("offer", "agreed"),
    [
        ("permessage-deflate", OURS),
        ("permessage-deflate; client_max_window_bits", OURS),
        ("permessage-deflate; server_max_window_bits=10", f"{OURS}; server_max_window_bits=10"),
        ("permessage-deflate; server_max_window_bits=8, permessage-deflate", OURS),
        ("permessage-deflate; server_max_window_bits=8", None),
        ("permessage-deflate; server_max_window_bits", None),
        ("permessage-deflate; client_max_window_bits=16", None),
        ("permessage-deflate; server_no_context_takeover=1", None),
        ("permessage-deflate; unknown", None),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", None),
        ("x-webkit-deflate-frame", None),
    ],
)
def test_which_offers_of_compression_are_taken(server: Server, offer: str, agreed: str | None) -> None:
    request = (
        "GET /small HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Sec-WebSocket-Extensions: {offer}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as sock:
        sock.sendall(request.encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
    lines = [line for line in head.decode().split("\r\n") if line.lower().startswith("sec-websocket-extensions")]
    assert lines == ([] if agreed is None else [f"sec-websocket-extensions: permessage-deflate; {agreed}"])


@pytest.mark.parametrize("length", [0, 1, 1000, 5000, 70_000, 200_000])
def test_compressed_messages_come_back(server: Server, length: int) -> None:
    with server.connect("/small", compression="deflate") as client:
        assert [type(one).__name__ for one in client.protocol.extensions] == ["PerMessageDeflate"]
        text = ("\u00e9" + "x" * length)[:length]
        noise = os.urandom(length)
        for message in (text, text.encode(), noise, iter([text, "", text[: length // 8]]), "after"):
            client.send(message)
            said = client.recv()
            if isinstance(message, (str, bytes)):
                assert said == message
            else:
                assert said == text + text[: length // 8]


def test_compressed_messages_reach_clients_with_and_without_compression(server: Server) -> None:
    with (
        server.connect("/small-chat", compression="deflate") as one,
        server.connect("/small-chat") as two,
    ):
        for client in (one, two):
            client.send("hello " * 1000)
            assert {one.recv(), two.recv()} == {"hello " * 1000}


def deflated(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=-15)
    return (made.compress(data) + made.flush(zlib.Z_SYNC_FLUSH))[:-4]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (masked(TEXT, deflated(b"\xff"), bits=0x40), 1007),  # not UTF-8
        (masked(BINARY, b"\xff\xff", bits=0x40), 1007),  # not compressed
        (masked(BINARY, deflated(bytes(300_001)), bits=0x40), 1009),  # too long when it is inflated
        (masked(TEXT, b"a", final=False) + masked(0, b"b", bits=0x40), 1002),  # RFC 7692 section 6.1
        (masked(PING, b"", bits=0x40), 1002),
        (masked(TEXT, b"a", bits=0x20), 1002),
    ],
)
def test_compressed_messages_that_are_wrong(server: Server, frame: bytes, code: int) -> None:
    with server.raw("/small", "Sec-WebSocket-Extensions: permessage-deflate\r\n") as sock:
        sock.sendall(frame)
        said = everything(sock)
    assert struct.unpack(">H", said[-2:])[0] == code


@given(MESSAGES, st.lists(st.integers(0, 5000), max_size=5))
def test_the_codec_gives_compressed_messages_out_as_they_came(
    messages: list[tuple[tuple[int, bytes], list[int], list[bytes]]], cuts: list[int]
) -> None:
    data, expected = wire([((BINARY, body), ends, pings) for (_, body), ends, pings in messages])
    codec = WebSocket(MAX, deflates=True)
    # The bit of a message in place of the opcode's first frame: 0x82 and 0x02 become 0xc2 and 0x42.
    marked = bytearray(data)
    at = 0
    while at < len(data):
        size = data[at + 1] & 0x7F
        extra = 2 if size == 126 else 0
        length = struct.unpack(">H", data[at + 2 : at + 4])[0] if extra else size
        if data[at] & 0xF == BINARY:
            marked[at] |= 0x40
        at += 2 + extra + 4 + length
    out: list[SocketEvent] = []
    ends = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(ends):
        out += codec.receive(bytes(marked[start:end]))
    assert out == expected
    if any(data):
        assert received(bytes(marked)) != expected or not messages


def test_a_server_that_stops_says_so() -> None:
    with serving() as server:
        with server.connect("/chat/red") as client:
            assert client.recv() == "welcome to red"
            server.process.terminate()
            with pytest.raises(ConnectionClosed) as closed:
                client.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001
        assert server.said() == "left red 1001"
        assert server.process.wait(30) == 0
