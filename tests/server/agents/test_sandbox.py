"""The sandbox: programs and their tests run in it, and nothing gets out of it."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from krepis.server.agents.sandbox import Ran, execute, program, run_tests
from krepis.server.scaffold import catalogue

MEMORY = 64 << 20


def script(body: str) -> Ran:
    """Run JavaScript as the body of a test."""
    test = f"test('it', async () => {{ {body} }});"
    return execute(program({"t.ts": test}, "t.ts"), 3, MEMORY)


def test_modules_and_types_and_tests() -> None:
    ran = run_tests(
        {
            "src/wallet.ts": """
            import type { Log } from './log';
            import { make, type Entry } from './log';
            export enum Kind { Credit, Debit }
            export class Wallet {
              private cents = 0;
              constructor(private readonly log: Log) {}
              async credit(n: number): Promise<number> {
                await this.log.note(make(n));
                return (this.cents += n);
              }
            }
            export default function zero(): Entry { return make(0); }
            """,
            "src/log.ts": """
            export type Entry = { n: number };
            export interface Log { note(e: Entry): Promise<void> }
            const make = (n: number): Entry => ({ n });
            export { make };
            """,
            "src/index.ts": "export * from './wallet';\nexport { default as zero } from './wallet';",
        },
        """
        import { Wallet, Kind, zero } from './src/index';
        test('sums', async () => {
          const wallet = new Wallet({ note: () => sleep(1) });
          await Promise.all([wallet.credit(1), wallet.credit(2)]);
          assert.equal(await wallet.credit(0), 3);
          assert.deepEqual([zero(), Kind.Debit], [{ n: 0 }, 1]);
        });
        test('fails', () => { assert.equal(1, 2, 'numbers'); });
        """,
    )
    assert (ran.error, ran.tests) == ("", (("sums", ""), ("fails", "numbers: 1 is not 2")))
    assert not ran.passed


@pytest.mark.parametrize(
    "name", ["require", "process", "module", "fetch", "XMLHttpRequest", "WebSocket", "Deno", "Bun", "Buffer", "Worker"]
)
def test_nothing_of_the_outside_is_there(name: str) -> None:
    ran = script(f"assert.equal(typeof {name}, 'undefined'); assert.equal(typeof globalThis.{name}, 'undefined');")
    assert ran.passed, ran


@pytest.mark.parametrize(
    "body",
    [
        "await import('fs');",
        "await import('file:///etc/passwd');",
        "__import('fs');",
        "__import('../../../../etc/passwd');",
        "Function('return process')().exit(0);",
        "this.constructor.constructor('return process')().mainModule.require('fs');",
        "await (async () => {}).constructor('return require(`fs`)')();",
        "globalThis.constructor.constructor('return require')()('child_process').execSync('id');",
        "new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(9)));",
    ],
)
def test_attempts_to_get_out_fail(body: str) -> None:
    ran = script(body)
    assert not ran.passed
    assert ran.error or ran.tests[0][1]


@pytest.mark.parametrize(
    "body",
    [
        "while (true) {}",
        "const a = []; while (true) a.push(new Array(10000).fill(a));",
        "let s = 'x'; while (true) s += s + Math.random();",
        "const f = () => f(); f();",
        "const again = () => Promise.resolve().then(again); await again();",
        "await new Promise(() => {});",
        "new ArrayBuffer(2 ** 40);",
        "JSON.parse('['.repeat(1e6));",
    ],
)
def test_what_takes_too_much_is_ended(body: str) -> None:
    assert not script(body).passed


def test_no_file_is_written_and_no_output_gets_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = script("for (let i = 0; i < 1000; i++) console.log('x'.repeat(1000)); console.error('y');")
    assert ran.passed, ran
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_typescript_is_said() -> None:
    ran = run_tests({"a.ts": "export const a = (;"}, "test('x', () => {});")
    assert not ran.passed and ran.error.startswith("a.ts:")


def test_digests_of_the_stand_in_for_crypto_are_right() -> None:
    texts = ["", "héllo", "a" * 200]
    sums = [[hashlib.sha256(t.encode()).hexdigest(), hmac.new(b"k", t.encode(), "sha256").hexdigest()] for t in texts]
    ran = run_tests(
        {},
        f"""
        import assert from 'node:assert/strict';
        import {{ createHash, createHmac, timingSafeEqual, randomBytes }} from 'node:crypto';
        import {{ test }} from 'node:test';
        test('digests', () => {{
          const made = {json.dumps(texts)}.map((text) => [
            createHash('sha256').update(text).digest('hex'), createHmac('sha256', 'k').update(text).digest('hex'),
          ]);
          assert.deepEqual(made, {json.dumps(sums)});
          const bytes = randomBytes(33);
          assert(timingSafeEqual(Buffer.from(bytes.toString('base64url'), 'base64url'), bytes));
        }});
        test('nothing else of Node is there', () => {{
          assert.equal(typeof process, 'undefined');
          assert.equal(typeof require, 'undefined');
        }});
        """,
    )
    assert ran.passed, ran


def test_a_project_s_http_tests_run_without_a_socket() -> None:
    root = Path(catalogue.__file__).parent / "templates"
    files = {path: (root / "rest" / path).read_text() for path in ("src/app.ts", "src/notes.ts")}
    files["test/serve.ts"] = (root / "base/test/serve.ts").read_text()
    tests = (root / "rest/test/notes.test.ts").read_text()
    ran = run_tests(files, tests, path="test/notes.test.ts")
    assert ran.passed and len(ran.tests) >= 3, ran
    ran = run_tests(files, "import './src/app'; test('out', () => fetch('http://example.com/'));")
    assert [problem for _, problem in ran.tests] == ["fetch failed: there is no network here"]
    assert not run_tests(files, "import 'node:fs'; test('x', () => {});").passed
