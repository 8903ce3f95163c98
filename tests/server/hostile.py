# ruff: noqa: E501
"""Hostile projects for `krepis verify`: texts mutated from real programs under a seed, and folders made to hurt."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TOKENS = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    ".",
    "?.",
    "=>",
    "async",
    "await",
    "yield*",
    "function",
    "class",
    "extends",
    "new",
    "this",
    "super",
    "static",
    "#",
    "@",
    "`",
    "${",
    "'",
    '"',
    "/*",
    "//",
    "/**",
    "<",
    ">",
    "<T>",
    "in",
    "of",
    "for",
    "while",
    "do",
    "switch",
    "case",
    "default:",
    "try",
    "catch",
    "finally",
    "throw",
    "return",
    "break",
    "continue",
    "label:",
    "import",
    "export",
    "from",
    "*",
    "as",
    "type",
    "interface",
    "enum",
    "namespace",
    "declare",
    "0x",
    "1e999",
    "-0",
    "NaN",
    "null",
    "undefined",
    "...",
    "??",
    "??=",
    "**",
    ">>>=",
    "\\u{",
    "\x00",
    "\u2028",
    "😀",
]


def sources() -> list[str]:
    """Programs to start from: every kind of syntax, and a project of ordinary size."""
    paths = [*(ROOT / "tests/fixtures/syntax").glob("*.ts"), *(ROOT / "examples/shop/src").rglob("*.ts")]
    return [path.read_text(encoding="utf-8") for path in sorted(paths)]


def mutated(text: str, rng: random.Random) -> bytes:
    """A text after one to six edits, as bytes that need not be UTF-8 any more."""
    for _ in range(rng.randint(1, 6)):
        at, size = rng.randrange(len(text) + 1), int(rng.expovariate(1 / 40))
        part = text[at : at + size]
        other = rng.randrange(len(text) + 1)
        text = rng.choice(
            (
                text[:at] + text[at + size :],
                text[:at] + part + text[at:],
                text[:other] + part + text[other:],
                text[:at] + rng.choice(TOKENS) + text[at:],
                text[:at] + f" {rng.choice(TOKENS)} " + text[at + size :],
                text[:at] + rng.choice("({[<`!~-") * rng.choice((1, 9, 3_000)) + text[at:],
            )
        )
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    if data and rng.random() < 0.3:
        del data[rng.randrange(len(data)) :]
    for _ in range(rng.choice((0, 0, 1, 20))):
        if data:
            data[rng.randrange(len(data))] = rng.choice((0, 0xFF, 0x80, 0xC0, 0x0A, rng.randrange(256)))
    if rng.random() < 0.1:
        return bytes(data).decode("utf-8", "replace").encode(rng.choice(("utf-16", "utf-32", "utf-7")), "replace")
    return bytes(data)


HANDLER = """
import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
let n = 0;
export async function next(id: string) { const m = n; await prisma.ticket.findUnique({ where: { id } }); n = m + 1; }
"""


def _write(folder: Path, **files: str | bytes) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", ".").replace("_S_", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)


def _links(folder: Path) -> None:
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "a.ts").symlink_to(folder / "b.ts")
    (folder / "b.ts").symlink_to(folder / "a.ts")
    (folder / "gone.ts").symlink_to(folder / "nowhere.ts")
    (folder / "zero.ts").symlink_to("/dev/zero")


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "pipe.ts")
    (folder / "folder.ts").mkdir()


def _tsconfig(folder: Path) -> None:
    _write(
        folder,
        tsconfig__json='{"extends": "./other.json", "compilerOptions": {"paths": {"*": ["*", "../*"], "a*b*": [7], "x": 3}}}',
        other__json='{"extends": ["./tsconfig.json", 5, "\\u0000"], "compilerOptions": {"baseUrl": 4, "paths": []}}',
        main__ts="import { x } from 'a/b'; import y from '../../../../../../../etc/passwd'; " + HANDLER,
    )


def _schemas(folder: Path) -> None:
    _write(
        folder,
        prisma_S_schema__prisma="model {\n model A { id @id @@unique([ }\nmodel B { b B[] @relation(" + "(" * 20_000,
        migrations_S_1__sql="CREATE TABLE t (" + "(" * 5_000 + "; SELECT '" + "x" * 10_000 + "\x00\xff",
        migrations_S_2__sql=b"\xff\xfe\x00C\x00R",
        main__ts=HANDLER,
    )


SHAPES: dict[str, Callable[[Path], None]] = {
    "empty files": lambda d: _write(d, a__ts="", b__ts=b"\xef\xbb\xbf", c__ts="\n" * 50_000, d__ts=b"\x00" * 4096),
    "wrong encodings": lambda d: _write(
        d, a__ts=HANDLER.encode("utf-16"), b__ts=HANDLER.encode("utf-32-be"), c__ts=b"\xff" * 999, d__ts=os.urandom(0)
    ),
    "deep expressions": lambda d: _write(
        d,
        a__ts="export async function f() { return " + "(" * 50_000 + "1" + ")" * 50_000 + "; }",
        b__ts="export const f = async () => " + "[" * 30_000,
        c__ts="export async function f(a: any) { return a" + ".b()" * 30_000 + "; }",
        d__ts="export const x = " + "1 + " * 50_000 + "1;",
        e__ts="export const t = `" + "${`" * 5_000 + "`}" * 5_000 + "`;",
    ),
    "deep statements": lambda d: _write(
        d,
        a__ts="export async function f() {" + "{" * 20_000 + "}" * 20_000 + "}",
        b__ts="export async function f(x: any) {" + "if (x) " * 20_000 + "await x; }",
        c__ts="async function f() {" * 3_000 + "}" * 3_000,
        d__ts="export type T = " + "A<" * 20_000 + "B" + ">" * 20_000 + ";" + HANDLER,
        e__ts="export class A {" + "static { " * 5_000 + "}" * 5_000 + "}",
    ),
    "a minified file": lambda d: _write(
        d, a__ts="".join(f"async function f{i}(a){{let b=a+{i};await g(b);return b}};" for i in range(3_000))
    ),
    "one long line of exports": lambda d: _write(
        d, a__ts="let n=0;" + "".join(f"export async function f{i}(){{let m=n;await g();n=m+1}};" for i in range(800))
    ),
    "a file over the limit": lambda d: _write(d, a__ts="// x\n" * 3_000_000, b__ts=HANDLER),
    "recursion without end": lambda d: _write(
        d,
        a__ts="export async function f(): Promise<void> { return f(); } export function g() { return g(); } "
        "export const h = new Proxy({}, { get: (t, k, r) => r[k] }); export async function i() { await h.x; }",
        b__ts="export class A extends B {} export class B extends A { async m() { return super.m(); } }",
        c__ts="type A = B; type B = A; interface C extends C {} export async function f(a: A, c: C) { await a.x(c.y); }",
        d__ts="export * from './e'; export { x } from './e';",
        e__ts="export * from './d'; export { x } from './d'; import { x } from './d'; export async function f() { await x(); }",
    ),
    "loops without end": lambda d: _write(
        d,
        a__ts="export async function f() { for (;;) {} } while (true) {} export async function g() { while (1) await 0; }",
        b__ts="let x = 'a'; for (let i = 0; i < 99; i++) x += x; export async function f() { await x; }",
        c__ts="export async function f() { return 'a'.repeat(2 ** 40).padEnd(1e12) + new Array(1e9).fill(0).join('x'); }",
        d__ts="export async function f() { return 2n ** 99999999n; }",
        e__ts="const a: any[] = []; for (const b of a.concat([1])) a.push(a, [...a]); export async function f() { await a.flat(1e9); }",
    ),
    "links that go nowhere": _links,
    "a pipe and a folder": _pipe,
    "a hostile tsconfig": _tsconfig,
    "hostile schemas": _schemas,
    "a tsconfig that is no object": lambda d: _write(d, tsconfig__json="[" * 100_000, main__ts=HANDLER),
    "odd names": lambda d: (
        [  # type: ignore[func-returns-value]
            (d / name).write_text(HANDLER, encoding="utf-8")
            for name in (
                "-rf.ts",
                "a b\n.ts",
                "é😀.ts",
                os.fsdecode(b"\xff\xfe.ts"),
                "x" * 240 + ".ts",
                "'; import os.ts",
            )
        ]
        and None
    ),
}
BAD_SETTINGS = {
    "no toml": "= = =",
    "wrong types": 'paths = 7\nmodels = "x"\n[rules]\n"krepis/race/lost-update" = 3',
    "unknown keys": "nonsense = true",
    "not utf-8": b"\xff\xfe\x00",
    "deep": "a = " + "[" * 50_000,
}


def checked(report: str) -> dict[str, Any]:
    """A report that keeps the contract, as an object."""
    value: dict[str, Any] = json.loads(report)
    assert value["version"] == 1
    assert set(value) >= {"summary", "findings", "notes"}
    return value
