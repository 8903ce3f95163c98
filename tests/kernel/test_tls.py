"""TLS through real clients, on the addon under AddressSanitizer and UndefinedBehaviorSanitizer with assertions on."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import resource
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from krepis.kernel import node
from websockets.sync.client import connect

FILES = Path(__file__).parents[1] / "fixtures" / "tls"
SDK = (node.sdk() / "index.ts").as_uri()
PATIENCE_S = 60
BIG = 6 << 20
HANDSHAKES_MAX = 1024
MUTATIONS = int(os.environ.get("KREPIS_FUZZ", "60"))
SERVER = f"""
import {{ krepis, reply }} from '{SDK}';
const [cert, key, folder] = process.argv.slice(2);
const app = krepis({{ tls: {{ cert, key }}, bodyBytesMax: {BIG} }});
app.get('/', (request) => `secure ${{request.secure}}`);
app.post('/echo', (request) => request.bytes());
app.get('/cut', () => reply((async function* () {{ yield 'begun'; throw new Error('cut'); }})()));
app.fixed('GET', '/fixed', 'x'.repeat({BIG}));
app.files('/files/*path', folder);
app.ws('/socket', {{ message: (socket, message) => {{ socket.send(message); }} }});
app.metrics('/metrics');
const hasty = krepis({{ tls: {{ cert, key, handshakeMs: 200 }} }});
console.error = () => {{}};
console.log(JSON.stringify([app.listen(0).port, hasty.listen(0).port]));
process.on('SIGTERM', () => process.exit(0));
"""
REFUSED = f"""
import {{ krepis }} from '{SDK}';
for (const [cert, key] of JSON.parse(process.argv[2])) {{
  try {{ krepis({{ tls: {{ cert, key }} }}).listen(0); console.log('listens'); }}
  catch (error) {{ console.log(error.code, error.message); }}
}}
process.exit(0);
"""
CLIENT = """
import https from 'node:https';
import tls from 'node:tls';
import { readFileSync } from 'node:fs';
const [port, file] = process.argv.slice(2);
const ca = readFileSync(file);
const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca });
const get = (options) => new Promise((go, fail) => {
  https.get({ port, agent, ...options }, (answer) => {
    const { socket } = answer;
    const seen = { port: socket.localPort, resumed: socket.isSessionReused(), protocol: socket.getProtocol() };
    answer.resume().on('end', () => go({ ...seen, status: answer.statusCode }));
  }).on('error', fail);
});
const kept = [await get({}), await get({})];
const again = await get({ agent: new https.Agent({ ca }), headers: { connection: 'close' } });
const old = tls.connect({ port, ca, servername: 'localhost', maxVersion: 'TLSv1.2' });
const session = await new Promise((go) => old.on('secureConnect', () => go(old.getSession())));
const renegotiated = await new Promise((go) => {
  old.on('error', (error) => go(error.code)).on('close', () => go('closed'));
  old.renegotiate({}, (error) => go(error ? 'refused' : 'renegotiated'));
});
const resumed = tls.connect({ port, ca, servername: 'localhost', maxVersion: 'TLSv1.2', session });
const reused = await new Promise((go) => resumed.on('secureConnect', () => go(resumed.isSessionReused())));
console.log(JSON.stringify({ kept, again, renegotiated, reused }));
process.exit(0);
"""


@dataclass(frozen=True)
class Secure:
    """A server, its ports (that of one with 200 ms for a handshake too), and the folder whose files it serves."""

    port: int
    hasty: int
    files: Path
    program: list[str]
    environment: dict[str, str]


def script(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secure]:
    folder = tmp_path_factory.mktemp("tls")
    addon = node.build(folder / "krepis.node", node.wheel_headers(), sanitize=True)
    found = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    environment = {
        **os.environ,
        "KREPIS_ADDON": str(addon),
        "LD_PRELOAD": found.stdout.strip(),
        "ASAN_OPTIONS": "detect_leaks=0",  # V8 frees little at its end
    }
    program = [str(node.find_node().program), "--disable-warning=ExperimentalWarning"]
    (folder / "files").mkdir()
    (folder / "files" / "big").write_bytes(random.Random(1).randbytes(BIG))
    arguments = [script(folder, "server.mjs", SERVER), *map(str, (FILES / "one.pem", FILES / "one-key.pem"))]
    process = subprocess.Popen(
        [*program, *arguments, str(folder / "files")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment,
    )  # fmt: skip
    assert process.stdout and process.stderr
    ports = json.loads(process.stdout.readline() or process.stderr.read())
    yield Secure(*ports, folder / "files", program, environment)
    process.terminate()
    _, said = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, said) == (0, "")


def context(version: ssl.TLSVersion | None = None, protocols: list[str] | None = None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=FILES / "one.pem")
    if version:
        made.minimum_version = made.maximum_version = version
    if protocols:
        made.set_alpn_protocols(protocols)
    return made


def dial(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def dialled(port: int, made: ssl.SSLContext) -> ssl.SSLSocket:
    return made.wrap_socket(dial(port), server_hostname="localhost", suppress_ragged_eofs=False)


def asked(connection: http.client.HTTPSConnection, path: str, body: bytes | None = None) -> bytes:
    connection.request("POST" if body else "GET", path, body)
    response = connection.getresponse()
    assert response.status == 200
    return response.read()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_bodies_go_both_ways_on_one_connection(server: Secure, version: ssl.TLSVersion) -> None:
    made = context(version, ["h2", "http/1.1"])
    connection = http.client.HTTPSConnection("localhost", server.port, timeout=PATIENCE_S, context=made)
    assert asked(connection, "/") == b"secure true"
    opened = connection.sock
    assert isinstance(opened, ssl.SSLSocket)
    assert opened.selected_alpn_protocol() == "http/1.1"
    body = random.Random(2).randbytes(BIG)
    assert hashlib.sha256(asked(connection, "/echo", body)).digest() == hashlib.sha256(body).digest()
    assert asked(connection, "/files/big") == (server.files / "big").read_bytes()
    assert asked(connection, "/fixed") == b"x" * BIG
    assert connection.sock is opened
    opened.unwrap()  # the end is agreed on


def test_a_client_that_reads_slowly_gets_everything(server: Secure) -> None:
    with dial(server.port) as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        with context().wrap_socket(plain, server_hostname="localhost") as secure:
            for path in ("fixed", "files/big", "fixed"):
                secure.sendall(f"GET /{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            size = 0
            while size < 3 * BIG:
                size += len(secure.recv(1 << 16))
    assert size < 3 * BIG + 3000


def everything(connection: socket.socket) -> bytes:
    """What comes until the end."""
    return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def decrypted(client: ssl.SSLObject) -> bytes:
    """What was said until the end was said."""
    said = b""
    while True:
        try:
            said += client.read(1 << 16)
        except ssl.SSLZeroReturnError:
            return said


def send_in_pieces(plain: socket.socket, data: bytes, step: int) -> None:
    for at in range(0, len(data), step):
        plain.sendall(data[at : at + step])


def hello_of_a_client() -> bytes:
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context().wrap_bio(into, out, server_hostname="localhost").do_handshake()
    return out.read()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_records_may_come_in_any_pieces(server: Secure, version: ssl.TLSVersion) -> None:
    into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context(version).wrap_bio(into, out, server_hostname="localhost")
    with dial(server.port) as plain:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        done = False
        while not done:
            with suppress(ssl.SSLWantReadError):
                client.do_handshake()
                done = True
            send_in_pieces(plain, out.read(), 1)
            if not done:
                into.write(plain.recv(7))
        request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        client.write(request[:9])  # one request in two records, three requests in one
        client.write(request[9:])
        client.write(request * 3)
        with suppress(ssl.SSLWantReadError):
            client.unwrap()  # nothing follows: what was asked is answered, and then the server says that too
        send_in_pieces(plain, out.read(), 3)
        into.write(everything(plain))
        answer = decrypted(client)
    assert answer.count(b"HTTP/1.1 200 OK") == answer.count(b"secure true") == 4


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_what_is_offered_decides(server: Secure) -> None:
    with dialled(server.port, context()) as without:
        assert without.selected_alpn_protocol() is None
    with pytest.raises(ssl.SSLError, match="no application protocol"):
        dialled(server.port, context(protocols=["h2"]))
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version, old.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError, match=r"(?i)protocol.version"):
        dialled(server.port, old)
    weak = context(ssl.TLSVersion.TLSv1_2)
    weak.set_ciphers("ECDHE+AES+SHA1:ECDHE+AES+SHA256:!AESGCM:AES128-GCM-SHA256")
    with pytest.raises(ssl.SSLError, match=r"(?i)handshake.failure"):
        dialled(server.port, weak)


def test_nothing_is_said_in_plain_text(server: Secure) -> None:
    with dial(server.port) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said = b""
        with suppress(ConnectionResetError):
            said = everything(plain)
    assert b"HTTP" not in said


def test_an_answer_that_is_cut_off_does_not_look_complete(server: Secure) -> None:
    with dialled(server.port, context()) as secure:
        secure.sendall(b"GET /cut HTTP/1.0\r\n\r\n")
        with pytest.raises((ssl.SSLEOFError, ConnectionResetError)):
            everything(secure)


def test_sockets_on_top(server: Secure) -> None:
    with connect(f"wss://localhost:{server.port}/socket", ssl=context(), max_size=BIG) as client:
        for message in ("a", "b" * 500_000, b"\x00" * 70_000):
            client.send(message)
            assert client.recv() == message


def test_handshakes_have_a_time_and_a_number(server: Secure) -> None:
    hello = hello_of_a_client()
    for sent in (b"", hello[:1], hello[:-1]):
        with dial(server.hasty) as slow:
            slow.sendall(sent)
            assert slow.recv(1) == b""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, HANDSHAKES_MAX * 2), hard))
    waiting = [dial(server.port) for _ in range(HANDSHAKES_MAX + 3)]
    try:
        for given_up in waiting[:3]:
            assert given_up.recv(1) == b""
        waiting[3].setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting[3].recv(1)
        connection = http.client.HTTPSConnection("localhost", server.port, timeout=PATIENCE_S, context=context())
        metrics = asked(connection, "/metrics").decode()
    finally:
        for one in waiting:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "\nkrepis_tls_timeouts_total 4\n" in metrics


def test_whatever_comes_instead_of_a_handshake(server: Secure) -> None:
    chance = random.Random(3)
    hello = hello_of_a_client()
    for _ in range(MUTATIONS):
        data = bytearray(hello)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with dial(server.port) as hostile:
            hostile.sendall(data[: chance.randint(1, len(data))])
            hostile.shutdown(socket.SHUT_WR)
            with suppress(ConnectionResetError):
                everything(hostile)
    connection = http.client.HTTPSConnection("localhost", server.port, timeout=PATIENCE_S, context=context())
    assert asked(connection, "/") == b"secure true"


def test_clients_of_node_and_curl(server: Secure, tmp_path: Path) -> None:
    command = [*server.program, script(tmp_path, "client.mjs", CLIENT), str(server.port), str(FILES / "one.pem")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE_S)
    seen = json.loads(done.stdout)
    assert [one["status"] for one in (*seen["kept"], seen["again"])] == [200, 200, 200]
    assert seen["kept"][0]["port"] == seen["kept"][1]["port"]
    assert seen["kept"][0]["protocol"] == "TLSv1.3"
    assert seen["renegotiated"] != "renegotiated"
    assert seen["reused"] is True
    if curl := shutil.which("curl"):
        (tmp_path / "body").write_bytes(b"x" * 900_000)
        address = f"https://localhost:{server.port}/echo"
        arguments = ["-sS", "--cacert", FILES / "one.pem", "--data-binary", f"@{tmp_path / 'body'}", address]
        answer = subprocess.run([curl, *arguments], capture_output=True, check=True, timeout=PATIENCE_S)
        assert answer.stdout == b"x" * 900_000


def test_what_cannot_be_used_is_named(server: Secure, tmp_path: Path) -> None:
    (tmp_path / "text.pem").write_text("no certificate")
    cert, key, none, text = FILES / "one.pem", FILES / "one-key.pem", tmp_path / "none.pem", tmp_path / "text.pem"
    cases = [
        (none, key, f"{none}: the certificate cannot be read: ENOENT"),
        (tmp_path, key, f"{tmp_path}: the certificate cannot be read: EISDIR"),
        (text, key, f"{text}: there is no certificate"),
        (cert, none, f"{none}: the private key cannot be read: ENOENT"),
        (cert, cert, f"{cert}: there is no private key"),
        (cert, FILES / "two-key.pem", f"{FILES / 'two-key.pem'}: this is not the private key of the certificate"),
        (cert, FILES / "locked-key.pem", f"{FILES / 'locked-key.pem'}: the private key needs a passphrase"),
    ]
    given = json.dumps([[str(certificate), str(private)] for certificate, private, _ in cases])
    command = [*server.program, script(tmp_path, "refused.mjs", REFUSED), given]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, env=server.environment)
    assert (done.returncode, done.stderr) == (0, "")
    for line, (_, _, expected) in zip(done.stdout.splitlines(), cases, strict=True):
        assert line.startswith(f"ERR_KREPIS_TLS {expected}"), line
