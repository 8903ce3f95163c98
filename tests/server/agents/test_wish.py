"""`krepis generate --ai`: what a sentence means, what a model writes, what is offered, and that nothing is written
without consent. The models are a real server that answers what the test says, and none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from krepis.server.cli.main import run
from krepis.server.scaffold import catalogue
from krepis.server.scaffold.wanted import slug, wanted
from scripted import Scripted

COUNTER = """\
const counts = new Map<string, number>();
export async function hit(key: string, log: (line: string) => Promise<void>): Promise<number> {
  const n = (counts.get(key) ?? 0) + 1;
  counts.set(key, n);
  await log(key);
  return n;
}
```
"""
RACY = COUNTER.replace("  await log(key);\n", "").replace("  counts.set", "  await log(key);\n  counts.set")
WRONG = COUNTER.replace("+ 1;", "+ 2;")
INVENTED = COUNTER.replace("await log(key)", "await logger.write(key)")
TESTS = """\
test('counts', async () => {
  const all = await Promise.all([hit('a', async () => {}), hit('a', async () => {})]);
  assert.deepEqual(all, [1, 2]);
});
```
"""


@pytest.mark.parametrize(
    ("sentence", "entry", "name", "fields"),
    [
        ("로그인 기능 만들어줘", "auth", "Account", ()),
        ("Add sign-up and log in with JWT", "auth", "Account", ()),
        ("ログイン機能を作って", "auth", "Account", ()),
        ("이름, 가격, 재고가 있는 상품 CRUD", "resource", "Product", ("name:string", "price:decimal", "stock:integer")),
        (
            "CRUD for orders with total, status and customer email", "resource", "Order",
            ("total:decimal", "status:string", "customer_email:string:unique"),
        ),
        ("product due:datetime kind:enum(a,b)", "resource", "Product", ("due:datetime", "kind:enum(a,b)")),
        ("todo app", "resource", "Todo", ("name:string",)),
        ("게시판 만들어줘", "resource", "Post", ("name:string",)),
        ("작업 큐 만들어줘", "queue", "Queue", ()),
        ("a background job queue with retries", "queue", "Queue", ()),
        ("webhook receiver for payments", "webhook", "Webhook", ()),
        ("파일 업로드", "upload", "Upload", ()),
        ("rate limit my API", "cache", "Cache", ()),
        ("요청 제한", "cache", "Cache", ()),
        ("채팅 서버", "chat", "Chat", ()),
        ("결제 시스템", "payment", "Payment", ()),
        ("move money between accounts", "payment", "Payment", ()),
        ("nightly report job", "job", "Report", ()),
    ],
)  # fmt: skip
def test_a_sentence_is_understood(sentence: str, entry: str, name: str, fields: tuple[str, ...]) -> None:
    found = wanted(sentence)
    assert found is not None
    assert (found.entry, found.name, found.fields) == (entry, name, fields)
    assert slug(sentence).isascii()


@pytest.mark.parametrize("sentence", ["", "asdf", "뭔가 해줘", "\x00", "…", "a" * 10_000])
def test_what_is_not_understood(sentence: str) -> None:
    assert wanted(sentence) is None and slug(sentence) == "feature"


@pytest.fixture
def server() -> Iterator[Scripted]:
    it = Scripted()
    yield it
    it.shutdown()
    it.server_close()


@pytest.fixture
def project(tmp_path: Path, server: Scripted, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "krepis.toml").write_text(server.settings)
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "log.ts").write_text("export async function log(line: string): Promise<void> {}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {
        file.relative_to(folder).as_posix()
        for file in folder.rglob("*")
        if file.is_file() and ".krepis" not in file.parts
    }


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    """The offer, as JSON."""
    run(["generate", "--json", "--ai", *arguments])
    said: dict[str, object] = json.loads(capsys.readouterr().out)
    return said


def test_what_is_wrong_goes_back_and_what_passes_is_offered(
    project: Path, server: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    before = names(project)
    server.answers = [RACY, COUNTER, TESTS]
    said = asked(capsys, "count hits per key", "--path", "src/hits.ts")

    assert (said["by"], said["verified"], said["tests"], said["written"]) == ("model", True, 1, False)
    tries = said["tries"]
    assert isinstance(tries, list) and [(one["step"]) for one in tries] == ["verify", ""]
    assert "log(line: string)" in server.said(0)
    assert "lost-update" in server.said(1) and "A (line" in server.said(1)
    assert "+export async function hit" in str(said["diff"]) and names(project) == before

    server.answers = [COUNTER, TESTS]
    assert run(["generate", "--ai", "count hits per key", "--path", "src/hits.ts", "--yes"]) == 0
    assert names(project) - before == {"src/hits.ts"}
    assert run(["generate", "--ai", "again", "--path", "src/hits.ts"]) == 2


LOGIN = """\
import { type App, HttpError, reply, t } from 'krepis';

const Credentials = t.object({ email: t.string({ min: 1 }), password: t.string({ min: 8 }) });

export function loginRoutes<Services extends object>(app: App<Services>): void {
  const passwords = new Map<string, string>();
  app.post('/users', { body: Credentials }, (request) => {
    const { email, password } = request.valid.body;
    if (passwords.has(email)) throw new HttpError(409, 'taken');
    passwords.set(email, password);
    return reply({ email }, { status: 201 });
  });
  app.post('/login', { body: Credentials }, (request) => {
    const { email, password } = request.valid.body;
    if (passwords.get(email) !== password) throw new HttpError(401, 'wrong');
    return { email };
  });
}
```
"""
LOGIN_TESTS = """\
test('registers once, and logs in', async () => {
  const ada = json('POST', { email: 'ada', password: 'long enough' });
  const both = await Promise.all([fetch(`${url}/users`, ada), fetch(`${url}/users`, ada)]);
  assert.deepEqual(both.map((answer) => answer.status).sort(), [201, 409]);
  assert.equal((await fetch(`${url}/login`, ada)).status, 200);
  assert.equal((await fetch(`${url}/login`, json('POST', { email: 'ada', password: 'another one' }))).status, 401);
  assert.equal((await fetch(`${url}/login`, json('POST', { email: 'ada' }))).status, 422);
});
```
"""


def test_in_a_krepis_project_a_model_writes_routes_and_their_http_tests_run(
    project: Path, server: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    base = Path(catalogue.__file__).parent / "templates"
    (project / "package.json").write_text('{ "dependencies": { "krepis": "*" } }')
    (project / "test").mkdir()
    (project / "test" / "serve.ts").write_bytes((base / "base/test/serve.ts").read_bytes())
    for name in ("app.ts", "notes.ts"):
        (project / "src" / name).write_bytes((base / "rest/src" / name).read_bytes())
    server.answers = [LOGIN, LOGIN_TESTS]
    said = asked(capsys, "로그인 기능 만들어줘", "--yes")
    assert (said["by"], said["verified"], said["tests"]) == ("model", True, 1), said
    assert "This project serves HTTP with the package krepis" in server.said(0)
    app = (project / "src/app.ts").read_text()
    assert "import { loginRoutes } from './login/routes.ts';\n" in app and "  loginRoutes(app);\n  return app;" in app
    tests = (project / "test/login.test.ts").read_text()
    assert "import { loginRoutes } from '../src/login/routes.ts';" in tests and "const url = serve(app);" in tests


def test_tests_that_fail_go_back_too(project: Path, server: Scripted, capsys: pytest.CaptureFixture[str]) -> None:
    server.answers = [WRONG, TESTS, COUNTER, TESTS]
    said = asked(capsys, "count hits per key")
    assert said["by"] == "model" and said["tests"] == 1
    assert 'not equal: "[2,4]" is not "[1,2]"' in server.said(2)


def test_when_nothing_passes_the_catalogue_answers_and_says_so(
    project: Path, server: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    before = names(project)
    server.answers = [INVENTED, INVENTED]
    said = asked(capsys, "webhook을 받는 기능", "--yes")
    assert said["by"] == "catalogue" and "not written by a model, verified" in str(said["label"])
    assert said["written"] is True and said["folder"] == "webhook"
    assert {"webhook/src/app.ts", "webhook/test/webhooks.test.ts", "webhook/vendor/krepis.tgz"} <= names(
        project
    ) - before
    tries = said["tries"]
    assert isinstance(tries, list) and [one["step"] for one in tries] == ["resolve", "resolve", ""]


def test_a_model_s_file_without_tests_is_no_match_for_the_catalogue(
    project: Path, server: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answers = [COUNTER, "I cannot.\n", "Sorry.\n"]
    said = asked(capsys, "a login feature")
    assert said["by"] == "catalogue" and "auth" in str(said["label"])
    server.answers = [COUNTER, "I cannot.\n", "Sorry.\n"]
    said = asked(capsys, "count hits per key")
    assert said["by"] == "model" and "not tested" in str(said["label"])


@pytest.mark.parametrize(
    ("arguments", "status", "what"),
    [
        (("--ai", " "), 2, "say what to make"),
        (("resource", "Order", "--ai", "x"), 2, "leave out KIND"),
        (("--ai", "x", "--path", "../x.ts"), 2, "not within the project"),
        (("--ai", "x", "--path", "x.js"), 2, "no TypeScript file"),
        (("--ai", "asdf", "--by", "catalogue"), 1, "the catalogue has nothing for it"),
    ],
)
def test_mistakes(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int, what: str
) -> None:
    before = names(project)
    assert run(["generate", *arguments]) == status
    assert what in capsys.readouterr().err and names(project) == before


def test_without_a_model_or_a_server_there_is_one_message_and_the_catalogue(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(project / "nothing"))
    for settings, what in (("", "no model is chosen"), ('[ai]\nendpoint = "http://127.0.0.1:9"\n', "no answer from")):
        (project / "krepis.toml").write_text(settings)
        assert run(["generate", "--ai", "asdf"]) == 1
        assert capsys.readouterr().err.count(what) >= 1
        assert run(["generate", "--ai", "a counter", "--by", "model"]) == 1
        assert capsys.readouterr().err.count(what) == 1


def test_ctrl_c_ends_the_request_at_once_and_writes_nothing(project: Path, server: Scripted) -> None:
    before = names(project)
    server.answers = [None]
    command = [
        sys.executable,
        "-c",
        # a shell that runs tests in the background lets its children ignore the signal
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from krepis.server.cli import main; main()",
        "generate",
        "--ai",
        "a counter",
        "-y",
    ]
    process = subprocess.Popen(command, cwd=project, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert any("asking" in line for line in process.stderr)  # not, when it ends before that
    while not server.asked and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(30) == 130
    assert "Cancelled; nothing was written." in process.stderr.read()
    assert server.left.wait(10) and names(project) == before
