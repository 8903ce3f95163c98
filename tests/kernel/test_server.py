"""Servers over real sockets: with real clients on native routes, and stepped, with handlers in Python."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import h11
import pytest
from krepis.kernel import Core, KernelError, Limits, Pending, Server, ServerOptions

BIG = bytes(range(256)) * 4096
H = b"Host: a\r\n"


@pytest.fixture
def port() -> Iterator[int]:
    server = Server()
    server.static("GET", "/", b"Hello")
    server.static("GET", "/big", BIG)
    server.static("POST", "/form", b"taken", status=201, fields=[("X-A", "b")])
    server.static("GET", "/empty", b"", status=204, fields=[])
    port = server.listen()
    with server:
        yield port


def dial(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def everything(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    out = bytearray()
    while data := connection.recv(65536):
        out += data
    return bytes(out)


def exchange(port: int, *pieces: bytes) -> bytes:
    with dial(port) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return everything(connection)


# -- native routes ----------------------------------------------------------------------------------------


def test_http_client_keeps_its_connection(port: int) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for path, status, body in (
        ("/", 200, b"Hello"),
        ("/big", 200, BIG),
        ("/empty", 204, b""),
        ("/no", 404, b"Not Found"),
    ):
        client.request("GET", path)
        response = client.getresponse()
        assert (response.status, response.read()) == (status, body)
    client.request("HEAD", "/big")
    response = client.getresponse()
    assert (response.getheader("Content-Length"), response.read()) == (str(len(BIG)), b"")
    client.request("DELETE", "/")
    response = client.getresponse()
    assert (response.status, response.getheader("Allow"), response.read()) == (405, "GET, HEAD", b"Method Not Allowed")
    client.request("POST", "/form", body=iter([b"a" * 70_000, b"b"]), encode_chunked=True)
    response = client.getresponse()
    assert (response.status, response.getheader("X-A"), response.read()) == (201, "b", b"taken")
    client.close()


def test_h11_pipelines(port: int) -> None:
    with dial(port) as connection:
        connection.sendall(
            (b"GET / HTTP/1.1\r\n" + H + b"\r\n") * 40 + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        )
        rest = everything(connection)
    for left in range(41, 0, -1):
        client = h11.Connection(h11.CLIENT)
        client.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
        client.send(h11.EndOfMessage())
        client.receive_data(rest)
        response, data = client.next_event(), client.next_event()
        assert isinstance(response, h11.Response) and isinstance(data, h11.Data)
        assert isinstance(client.next_event(), h11.EndOfMessage)
        assert ((b"connection", b"close") in list(response.headers)) == (left == 1)
        assert bytes(data.data) == b"Hello"
        rest = client.trailing_data[0]
    assert rest == b""


def test_uploads_after_a_continue(port: int, tmp_path: Path) -> None:
    with dial(port) as connection:
        connection.sendall(b"POST /form HTTP/1.1\r\n" + H + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ok")
        assert connection.recv(1000).endswith(b"taken")
    if curl := shutil.which("curl"):
        (tmp_path / "body").write_bytes(b"x" * 900_000)
        arguments = ["-sS", "-v", "-H", "Expect: 100-continue", "--data-binary", f"@{tmp_path / 'body'}"]
        command = [curl, *arguments, f"http://127.0.0.1:{port}/form"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
        assert done.stdout == "taken"
        assert "HTTP/1.1 100 Continue" in done.stderr


def test_old_clients(port: int) -> None:
    assert b"Connection: close\r\n" in exchange(port, b"GET / HTTP/1.0\r\n\r\n")
    both = exchange(port, b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n")
    assert (both.count(b"Connection: keep-alive\r\n"), both.count(b"Hello")) == (1, 2)


def test_asterisk_form(port: int) -> None:
    said = exchange(port, b"OPTIONS * HTTP/1.1\r\nConnection: close\r\n" + H + b"\r\n")
    assert said.startswith(b"HTTP/1.1 204 No Content\r\n")


def test_a_bad_request_is_answered_after_the_good_ones_and_ends_the_connection(port: int) -> None:
    said = exchange(
        port, b"GET / HTTP/1.1\r\n" + H + b"\r\nGET / HTTP/1.1\r\nHost : a\r\n\r\nGET / HTTP/1.1\r\n" + H + b"\r\n"
    )
    assert said.count(b"HTTP/1.1 ") == 2
    assert said.index(b"HTTP/1.1 200 OK") < said.index(b"HTTP/1.1 400 Bad Request")
    assert said.endswith(b"Connection: close\r\n\r\nBad Request")


def test_the_response_survives_a_client_that_still_sends(port: int) -> None:
    head = b"POST /form HTTP/1.1\r\n" + H + b"Content-Length: 50000000\r\n\r\n"
    with dial(port) as connection:
        connection.sendall(head)
        connection.sendall(b"x" * 100_000)
        assert everything(connection).startswith(b"HTTP/1.1 413 Content Too Large")


def test_half_closed_clients_get_their_answer(port: int) -> None:
    with dial(port) as connection:
        connection.sendall(b"GET /big HTTP/1.1\r\n" + H + b"\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert everything(connection).endswith(BIG)


def test_several_workers_share_a_port() -> None:
    server = Server(workers=2)
    server.static("GET", "/", b"Hello")
    port = server.listen()
    with server:
        for _ in range(40):
            assert b"Hello" in exchange(port, b"GET / HTTP/1.0\r\n\r\n")
        metrics = server.metrics()
    assert (metrics.accepted, metrics.requests, metrics.responses) == (40, 40, (0, 40, 0, 0, 0))


def test_unix_sockets(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    for _ in range(2):  # the second finds the file of the first
        server = Server()
        server.static("GET", "/", b"Hello")
        server.listen_unix(path)
        with server, socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(path)
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert everything(connection).endswith(b"Hello")


def test_ipv6() -> None:
    server = Server()
    server.static("GET", "/", b"Hello")
    port = server.listen("::1")
    with server, socket.create_connection(("::1", port), timeout=20) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert everything(connection).endswith(b"Hello")


def test_what_is_refused_before_the_start() -> None:
    server = Server()
    server.static("GET", "/", b"")
    with pytest.raises(KernelError, match="another route"):
        server.static("GET", "/", b"")
    with pytest.raises(KernelError, match="argument"):
        server.static("GET", "/x", b"", fields=[("X", "a\r\nY: b")])
    with pytest.raises(KernelError, match="argument"):
        server.listen("localhost")
    with pytest.raises(KernelError, match="malformed"):
        server.files("/assets", ".")
    with pytest.raises(KernelError, match="No such file"):
        server.files("/assets/*path", "/no/such/folder")
    with server, pytest.raises(KernelError, match="started"):
        server.static("GET", "/y", b"")
    with pytest.raises(KernelError):
        Server(ServerOptions(pipeline_max=64))


# -- files ------------------------------------------------------------------------------------------------


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    root = tmp_path / "root"
    (root / "a b").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (root / "index.html").write_text("<p>index</p>")
    (root / "a b" / "c.json").write_text("{}")
    (root / "big.bin").write_bytes(BIG)
    (root / "empty.txt").write_bytes(b"")
    (root / ".hidden").write_text("secret")
    (root / "out").symlink_to(tmp_path / "secret")
    (root / "in").symlink_to("index.html")
    server = Server()
    server.files("/s/*path", root)
    port = server.listen()
    with server:
        yield port, root


def get(port: int, path: str, method: str = "GET", **fields: str) -> tuple[int, dict[str, str], bytes]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    client.request(method, path, headers={name.replace("_", "-"): value for name, value in fields.items()})
    response = client.getresponse()
    body = response.read()
    client.close()
    return response.status, dict(response.getheaders()), body


def test_a_long_file_is_sent_to_its_end(site: tuple[int, Path]) -> None:
    port, root = site
    with (root / "long.bin").open("wb") as file:
        file.truncate(48 << 20)
        file.seek(-3, 2)
        file.write(b"end")
    status, _, body = get(port, "/s/long.bin")
    assert (status, len(body), body[-4:]) == (200, 48 << 20, b"\0end")


def test_files_are_sent_with_their_type(site: tuple[int, Path]) -> None:
    port, _ = site
    for path, kind, body in (
        ("/s/index.html", "text/html; charset=utf-8", b"<p>index</p>"),
        ("/s/a%20b/c.json", "application/json", b"{}"),
        ("/s/big.bin", "application/octet-stream", BIG),
        ("/s/empty.txt", "text/plain; charset=utf-8", b""),
        ("/s/in", "application/octet-stream", b"<p>index</p>"),
    ):
        status, fields, got = get(port, path)
        assert (status, fields["Content-Type"], got, fields["Accept-Ranges"]) == (200, kind, body, "bytes")
        assert get(port, path, "HEAD")[1]["Content-Length"] == str(len(body))
    assert get(port, "/s/index.html", "POST")[0] == 405


@pytest.mark.parametrize(
    "path",
    [
        "no",
        "",
        "/",
        "../secret",
        "%2e%2e/secret",
        "a/../../secret",
        "..%2fsecret",
        "%2fetc/passwd",
        "/etc/passwd",
        "out",
        ".hidden",
        "%2ehidden",
        "a%20b",
        "index.html/",
        "%00",
        "index.html%00",
        "%zz",
        "%4",
        "x" * 2000,
    ],
)
def test_nothing_else_is_found(site: tuple[int, Path], path: str) -> None:
    status, _, body = get(site[0], "/s/" + path)
    assert (status, body) == (404, b"Not Found")


def test_conditional_requests(site: tuple[int, Path]) -> None:
    port, root = site
    _, fields, _ = get(port, "/s/index.html")
    tag, date = fields["ETag"], fields["Last-Modified"]
    for condition in (
        {"If_None_Match": tag},
        {"If_None_Match": f'"x", W/{tag}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": date},
        {"If_None_Match": tag, "If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        status, again, body = get(port, "/s/index.html", **condition)
        assert (status, again["ETag"], body) == (304, tag, b""), condition
    for condition in (
        {"If_None_Match": '"x"'},
        {"If_None_Match": tag[:-1]},
        {"If_None_Match": '"x"', "If_Modified_Since": date},
        {"If_Modified_Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    ):
        assert get(port, "/s/index.html", **condition)[0] == 200, condition
    (root / "index.html").write_text("<p>other</p>")
    status, fields, body = get(port, "/s/index.html", If_None_Match=tag)
    assert (status, body, fields["ETag"] != tag) == (200, b"<p>other</p>", True)


@pytest.mark.parametrize(
    ("value", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=5-", slice(5, None)),
        ("bytes=-5", slice(-5, None)),
        ("bytes=1000-1000000000", slice(1000, None)),
        ("bytes=-100000000", slice(0, None)),
        ("Bytes=1-2", slice(1, 3)),
    ],
)
def test_ranges(site: tuple[int, Path], value: str, part: slice) -> None:
    status, fields, body = get(site[0], "/s/big.bin", Range=value)
    first, last, _ = part.indices(len(BIG))
    assert (status, fields["Content-Range"], body) == (206, f"bytes {first}-{last - 1}/{len(BIG)}", BIG[part])


def test_ranges_that_are_ignored_or_not_satisfiable(site: tuple[int, Path]) -> None:
    port, _ = site
    for value in ("bytes=0-1,3-4", "bytes=2-1", "bytes=a-b", "bytes=-", "bytes=", "chars=0-1", "bytes=0-1x"):
        assert get(port, "/s/big.bin", Range=value)[0] == 200, value
    for value in (f"bytes={len(BIG)}-", "bytes=-0"):
        status, fields, _ = get(port, "/s/big.bin", Range=value)
        assert (status, fields["Content-Range"]) == (416, f"bytes */{len(BIG)}"), value
    assert get(port, "/s/big.bin", "HEAD", Range="bytes=0-1")[0] == 200
    tag = get(port, "/s/big.bin")[1]["ETag"]
    assert get(port, "/s/big.bin", Range="bytes=0-1", If_Range=tag)[0] == 206
    assert get(port, "/s/big.bin", Range="bytes=0-1", If_Range='"x"')[0] == 200


def test_files_are_closed(site: tuple[int, Path]) -> None:
    port, root = site
    opened = lambda: sum(str(root) in str(link.resolve()) for link in Path("/proc/self/fd").iterdir())  # noqa: E731
    before = opened()
    for fields in ({}, {"If_None_Match": "*"}, {"Range": "bytes=9999999-"}, {"Range": "bytes=1-"}):
        get(port, "/s/big.bin", **fields)
        get(port, "/s/empty.txt", **fields)
    with dial(port) as connection:  # gives up in the middle
        connection.sendall(b"GET /s/big.bin HTTP/1.1\r\n" + H + b"\r\n" * 2)
        connection.recv(10)
    while opened() > before:
        pass


# -- limits -----------------------------------------------------------------------------------------------


def limited(options: ServerOptions) -> Server:
    server = Server(options)
    server.static("GET", "/big", BIG)
    return server


def test_idle_connections_close() -> None:
    server = limited(ServerOptions(idle_ms=50))
    port = server.listen()
    with server:
        assert exchange(port) == b""
        assert server.metrics().timeouts == 0


def test_slow_heads_and_bodies_time_out() -> None:
    server = limited(ServerOptions(head_ms=50, body_ms=50))
    port = server.listen()
    with server:
        assert exchange(port, b"GET / HTT").startswith(b"HTTP/1.1 408 Request Timeout")
        assert exchange(port, b"POST / HTTP/1.1\r\nContent-Length: 5\r\n" + H + b"\r\nab").startswith(b"HTTP/1.1 408")
        assert server.metrics().timeouts == 2


def test_a_client_that_does_not_read_is_dropped() -> None:
    server = limited(ServerOptions(write_ms=50))
    port = server.listen()
    with server, dial(port) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n" * 30)
        while not server.metrics().timeouts:
            pass
        while server.metrics().connections_open:
            pass


def test_connections_beyond_the_limit_get_a_503_and_the_others_go_on() -> None:
    server = Server(ServerOptions(connections_max=2))
    server.static("GET", "/", b"Hello")
    port = server.listen()
    with server, dial(port) as one, dial(port) as two:
        for connection in (one, two):
            connection.sendall(b"GET / HTTP/1.1\r\n" + H + b"\r\n")
            assert b"Hello" in connection.recv(1000)
        assert exchange(port).startswith(b"HTTP/1.1 503 Service Unavailable")
        one.sendall(b"GET / HTTP/1.1\r\n" + H + b"Connection: close\r\n\r\n")
        assert b"Hello" in everything(one)
        one.close()
        while server.metrics().connections_open > 1:
            pass
        assert b"Hello" in exchange(port, b"GET / HTTP/1.0\r\n\r\n")
        assert server.metrics().refused == 1


def test_bodies_beyond_the_limit_get_a_503() -> None:
    server = Server(ServerOptions(bodies_max=1))
    server.static("POST", "/", b"taken")
    port = server.listen()
    head = b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 50000\r\n\r\n"
    with server, dial(port) as first:
        first.sendall(head + b"x" * 40_000)
        while server.metrics().bytes_in < 40_000:
            pass
        assert exchange(port, head + b"x" * 40_000).startswith(b"HTTP/1.1 503")
        first.sendall(b"x" * 10_000)
        assert b"taken" in first.recv(1000)


def test_a_graceful_stop_closes_idle_connections_and_waits_for_the_others() -> None:
    server = Server()
    server.static("POST", "/", b"taken")
    port = server.listen()
    server.start()
    with dial(port) as idle, dial(port) as busy:
        busy.sendall(b"POST / HTTP/1.1\r\n" + H + b"Content-Length: 2\r\n\r\na")
        while server.metrics().bytes_in < 40 or server.metrics().accepted < 2:
            pass
        for core in server._cores:
            core.stop(20_000)
        assert everything(idle) == b""
        with pytest.raises(OSError, match="refused"):
            dial(port)
        busy.sendall(b"b")
        said = everything(busy)
        busy.close()
    server.stop(20_000)
    assert said.endswith(b"taken") and b"Connection: close" in said
    assert server.metrics().dropped == 0


# -- handlers, stepped ------------------------------------------------------------------------------------


class Stepped:
    """A server whose handlers are called by hand, and one client."""

    def __init__(self, options: ServerOptions | None = None) -> None:
        self.core = Core(options or ServerOptions())
        self.route = self.core.handler("GET", "/users/:id/*rest")
        self.core.handler("POST", "/echo")
        self.core.static("GET", "/static", 200, [], b"static")
        self.text = self.core.template(200, [("Content-Type", "text/plain")])
        self.client = dial(self.core.listen("127.0.0.1", 0))

    def ask(self, data: bytes, count: int) -> list[Pending]:
        self.client.sendall(data)
        pending: list[Pending] = []
        while len(pending) < count:
            pending += self.core.poll(20_000)
        self.core.end()
        return pending

    def until_closed(self) -> bytes:
        """Polls until the client was sent everything and closed."""
        self.client.setblocking(False)
        out = bytearray()
        while True:
            self.core.poll(5)
            try:
                data = self.client.recv(65536)
            except BlockingIOError:
                continue
            if not data:
                return bytes(out)
            out += data


GET = b"GET /users/%d/x HTTP/1.1\r\n" + H + b"\r\n"
CLOSE = b"GET /static HTTP/1.1\r\n" + H + b"Connection: close\r\n\r\n"


def test_what_a_handler_gets() -> None:
    stepped = Stepped()
    (one,) = stepped.ask(b"GET /users/4%202/a/b?q=1 HTTP/1.1\r\n" + H + b"X: y\r\n\r\n", 1)
    assert (one.route, one.method, one.path, one.query) == (stepped.route, b"GET", b"/users/4%202/a/b", b"q=1")
    assert (one.params, one.fields, one.body) == ((b"4%202", b"a/b"), H + b"X: y\r\n\r\n", b"")


def test_answers_leave_in_the_order_of_requests() -> None:
    stepped = Stepped()
    pending = stepped.ask(b"".join(GET % i for i in range(3)) + CLOSE, 3)
    for one in reversed(pending):
        stepped.core.answer(one.key, stepped.text, one.params[0] * 3, [("X-B", "c")])
    said = stepped.until_closed()
    bodies = [part.split(b"\r\n\r\n")[1] for part in said.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"000", b"111", b"222", b"static"]
    assert said.count(b"X-B: c\r\n") == 3 and said.count(b"Connection: close") == 1


def test_bodies_in_pieces_and_in_chunks() -> None:
    stepped = Stepped()
    head = b"POST /echo HTTP/1.1\r\n" + H
    (one,) = stepped.ask(head + b"Content-Length: 300000\r\n\r\n" + b"a" * 300_000, 1)
    assert one.body == b"a" * 300_000
    stepped.core.answer(one.key, stepped.text, b"")
    stepped.core.end()
    chunked = b"".join(b"%x\r\n" % n + b"c" * n + b"\r\n" for n in (1, 70_000, 3)) + b"0\r\nA: b\r\n\r\n"
    (two,) = stepped.ask(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked, 1)
    assert two.body == b"c" * 70_004


def test_an_answer_counts_once_and_only_while_the_client_is_there() -> None:
    stepped = Stepped()
    first, second = stepped.ask(GET % 1 + GET % 2, 2)
    for one in (second, first):
        stepped.core.answer(one.key, stepped.text, b"x")
        with pytest.raises(KernelError, match="no more"):
            stepped.core.answer(one.key, stepped.text, b"y")
    (third,) = stepped.ask(GET % 3, 1)
    stepped.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    stepped.client.close()  # resets
    while stepped.core.metrics().connections_open:
        stepped.core.poll(100)
    with pytest.raises(KernelError, match="no more"):
        stepped.core.answer(third.key, stepped.text, b"x")


def test_bodies_that_come_in_pieces_keep_their_turn() -> None:
    stepped = Stepped()
    first, second = stepped.ask(GET % 1 + GET % 2 + CLOSE, 2)
    assert stepped.core.stream(second.key, stepped.text)
    stepped.core.chunk(second.key, b"late")
    assert stepped.core.stream(first.key, stepped.text)
    stepped.core.chunk(first.key, b"one")
    stepped.core.finish(second.key)
    stepped.core.chunk(first.key, b"two" * 5)
    stepped.core.finish(first.key)
    with pytest.raises(KernelError, match="no more"):
        stepped.core.chunk(first.key, b"x")
    said = stepped.until_closed()
    client = h11.Connection(h11.CLIENT)
    bodies = []
    client.receive_data(said)
    for _ in range(3):
        client.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
        client.send(h11.EndOfMessage())
        assert isinstance(client.next_event(), h11.Response)
        body = bytearray()
        while isinstance(event := client.next_event(), h11.Data):
            body += event.data
        bodies.append(bytes(body))
        if client.our_state is h11.DONE and client.their_state is h11.DONE:
            client.start_next_cycle()
    assert bodies == [b"one" + b"two" * 5, b"late", b"static"]


def test_bodies_in_pieces_for_old_clients_and_for_head() -> None:
    stepped = Stepped()
    (head,) = stepped.ask(b"HEAD /users/1/x HTTP/1.1\r\n" + H + b"\r\n", 1)
    assert not stepped.core.stream(head.key, stepped.text)
    (old,) = stepped.ask(b"GET /users/1/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 1)
    assert stepped.core.stream(old.key, stepped.text)
    stepped.core.chunk(old.key, b"raw")
    stepped.core.finish(old.key)
    heads = stepped.until_closed().split(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in heads[0] and b"Connection: close" in heads[1]
    assert (b"chunked" in heads[1], heads[2:]) == (False, [b"raw"])


def test_bodies_of_a_known_length() -> None:
    stepped = Stepped()
    first, second = stepped.ask(GET % 1 + GET % 2, 2)
    assert stepped.core.stream(second.key, stepped.text, 6)
    stepped.core.chunk(second.key, b"second")
    stepped.core.finish(second.key)
    assert stepped.core.stream(first.key, stepped.text, 5)
    stepped.core.chunk(first.key, b"fir")
    stepped.core.chunk(first.key, b"st")
    stepped.core.finish(first.key)
    (head,) = stepped.ask(b"HEAD /users/1/x HTTP/1.1\r\n" + H + b"\r\n", 1)
    assert not stepped.core.stream(head.key, stepped.text, 1 << 40)
    (old,) = stepped.ask(b"GET /users/1/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 1)
    assert stepped.core.stream(old.key, stepped.text, 3)
    stepped.core.chunk(old.key, b"old")
    stepped.core.finish(old.key)
    stepped.client.sendall(CLOSE)
    parts = stepped.until_closed().split(b"\r\n\r\n")
    lengths = [b"Content-Length: %d\r\n" % n in part for n, part in zip((5, 6, 1 << 40, 3, 6), parts, strict=False)]
    assert (lengths, b"chunked" in b"".join(parts)) == ([True] * 5, False)
    assert [parts[1][:5], parts[2][:6], parts[4][:3], parts[5]] == [b"first", b"second", b"old", b"static"]


def test_what_no_route_matches_goes_to_the_fallback() -> None:
    stepped = Stepped()
    route = stepped.core.fallback()
    with pytest.raises(KernelError, match="full"):
        stepped.core.fallback()
    asked = [b"GET /none", b"DELETE /static", b"PURGE /x?q", b"OPTIONS *", b"GET http://a/abs"]
    pending = stepped.ask(b"".join(line + b" HTTP/1.1\r\n" + H + b"\r\n" for line in asked), len(asked))
    assert [(one.route, one.path) for one in pending] == [
        (route, path) for path in (b"/none", b"/static", b"/x", b"*", b"/abs")
    ]
    stepped.client.sendall(CLOSE)
    for one in pending:
        stepped.core.answer(one.key, stepped.text, b"")
    assert stepped.until_closed().endswith(b"static")


def test_a_producer_hears_when_a_slow_client_took_all_and_when_it_is_gone() -> None:
    stepped = Stepped()
    (one,) = stepped.ask(GET % 1, 1)
    stepped.core.stream(one.key, stepped.text)
    sent = 0
    while stepped.core.chunk(one.key, b"x" * 50_000) < 1_000_000:
        sent += 50_000
        stepped.core.poll(0)
    assert stepped.core.notices() == []
    told: list[tuple[int, int, bool]] = []
    stepped.client.setblocking(False)
    while not told:
        with contextlib.suppress(BlockingIOError):
            stepped.client.recv(1 << 20)
        stepped.core.poll(0)
        told = stepped.core.notices()
    assert told == [(one.key[0], one.key[1], False)]
    stepped.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    stepped.client.close()
    told = []
    while not told:
        stepped.core.poll(100)
        told = stepped.core.notices()
    assert told == [(one.key[0], one.key[1], True)]


def test_a_body_that_was_given_up_is_not_complete() -> None:
    stepped = Stepped()
    (one,) = stepped.ask(GET % 1, 1)
    stepped.core.stream(one.key, stepped.text)
    stepped.core.chunk(one.key, b"half")
    stepped.core.end()
    stepped.core.abort(one.key)
    assert stepped.until_closed().endswith(b"4\r\nhalf\r\n")


def test_metrics_as_text() -> None:
    stepped = Stepped()
    stepped.ask(GET % 1, 1)
    text = stepped.core.metrics_text()
    assert "\nkrepis_requests_total 1\n" in text
    assert text.endswith('krepis_responses_total{class="5xx"} 0\n')


def test_fields_that_would_split_a_response_become_a_500() -> None:
    stepped = Stepped()
    (one,) = stepped.ask(GET % 1 + CLOSE, 1)
    with pytest.raises(KernelError, match="argument"):
        stepped.core.answer(one.key, stepped.text, b"x", [("X", "a\rb")])
    assert stepped.until_closed().startswith(b"HTTP/1.1 500 Internal Server Error")


def test_a_handler_that_does_not_answer_in_time() -> None:
    stepped = Stepped(ServerOptions(handler_ms=50))
    first, second = stepped.ask(GET % 1 + GET % 2, 2)
    stepped.core.answer(second.key, stepped.text, b"x")
    said = stepped.until_closed()
    assert said.startswith(b"HTTP/1.1 504 Gateway Timeout") and said.count(b"HTTP/1.1") == 1
    with pytest.raises(KernelError, match="no more"):
        stepped.core.answer(first.key, stepped.text, b"x")


def test_a_client_that_asks_faster_than_handlers_answer_waits() -> None:
    stepped = Stepped(ServerOptions(pipeline_max=2))
    pending = stepped.ask(b"".join(GET % i for i in range(5)) + CLOSE, 2)
    answered = []
    while pending:
        assert len(pending) <= 2
        one = pending.pop(0)
        answered.append(one.params[0])
        stepped.core.answer(one.key, stepped.text, b"x")
        pending += stepped.core.poll(20_000 if not pending and len(answered) < 5 else 0)
    assert answered == [b"%d" % i for i in range(5)]
    assert stepped.until_closed().endswith(b"static")


def test_a_response_larger_than_the_supply_of_blocks_drops_its_client() -> None:
    stepped = Stepped(ServerOptions(blocks_max=4))
    (one,) = stepped.ask(GET % 1, 1)
    with pytest.raises(KernelError, match="full"):
        stepped.core.answer(one.key, stepped.text, b"x" * 100_000)
    assert stepped.until_closed() == b""
    assert stepped.core.metrics().dropped == 1


def test_limits_of_requests_hold_in_the_server() -> None:
    limits = replace(Limits(), line_bytes_max=100, head_bytes_max=200)
    stepped = Stepped(ServerOptions(limits=limits))
    stepped.client.sendall(b"GET /" + b"a" * 100 + b" HTTP/1.1\r\n")
    assert stepped.until_closed().startswith(b"HTTP/1.1 414 URI Too Long")
