"""`krepis run` on what Node does not run by itself: decorators, JSX, names of tsconfig.json; with real compilers."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from pathlib import Path

import pytest
from krepis.server.project import compiler
from packages import installed

COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()", "run"]
PATIENCE_S = 60
BASE = '{ "compilerOptions": { "paths": { "#made": ["./lib/made.ts"], "@/*": ["./absent/*", "./src/*"] } } }'
CONFIG = """{
  // as tsc takes it, with a comment and a comma
  "extends": ["./base.json"],
  "compilerOptions": {
    "target": "ES2021", "jsx": "react-jsx", "jsxImportSource": "tiny", %s
  },
}"""
RUNTIME = """
export const jsx = (type, { children = [], ...rest }) => typeof type === 'function' ? type({ ...rest, children })
  : `<${type}>${[children].flat().join('')}</${type}>`;
export const jsxs = jsx;
"""
APP = """
import { krepis } from 'krepis';
import { Page, type Title } from '@/views/page';
import { Counter } from '@/counter';
import made from '#made';

const title: Title = 'home';
const counter = new Counter(made);
const app = krepis();
app.get('/', () => <Page title={title}>{counter.next()}</Page>);
app.get('/types', () => Counter.types());
app.get('/fail', () => counter.fail());
export default app;
"""
PAGE = """
export type Title = string;
export const Page = ({ title, children }: { title: Title; children?: unknown }) => (
  <main><b>{title}</b>{children}</main>
);
"""
COUNTER = """
import { Start } from './start';   // an interface, without the word type

function counted(_target: object, _key: string, descriptor: PropertyDescriptor): void {
  const original = descriptor.value as () => number;
  descriptor.value = function (this: Counter) { return original.call(this) + 1; };
}
function injected(target: object): void {
  types = (Reflect as any).known.get(target) ?? [];
}
let types: string[] = [];
(Reflect as any).known = new Map<object, string[]>();
(Reflect as any).metadata = (key: string, value: { name: string }[]) => (target: object) => {
  if (key === 'design:paramtypes') (Reflect as any).known.set(target, value.map((one) => one.name));
};

@injected
export class Counter {
  constructor(private readonly start: Start) {}

  @counted next(): number { return this.start.at; }

  fail(): never { throw new Error('here'); }

  static types(): string[] { return types; }
}
"""
FILES = {
    "package.json": '{"type": "module"}',
    "base.json": BASE,
    "lib/made.ts": "import { Start } from '@/start';\nconst made: Start = { at: 41 };\nexport default made;\n",
    "src/start.ts": "export interface Start { readonly at: number }\n",
    "src/app.tsx": APP,
    "src/views/page.tsx": PAGE,
    "src/counter.ts": COUNTER,
    "node_modules/tiny/package.json": '{"name": "tiny", "exports": {"./jsx-runtime": "./runtime.mjs"}}',
    "node_modules/tiny/runtime.mjs": RUNTIME,
}


def written(folder: Path, options: str, packages: Path | None) -> Path:
    for name, text in {**FILES, "tsconfig.json": CONFIG % options}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for package in packages.iterdir() if packages else ():
        (folder / "node_modules" / package.name).symlink_to(package)
    return folder


def started(folder: Path) -> subprocess.Popen[str]:
    command = [*COMMAND, str(folder / "src" / "app.tsx"), "--port", "0", "--no-reload", "--log", "none"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(folder: Path) -> str:
    process = started(folder)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 4
    return said


def asked(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    connection.request("GET", path)
    return connection.getresponse().read().decode()


@pytest.mark.parametrize(("package", "metadata"), [("typescript@5.9", True), ("esbuild@0.25", False)])
def test_decorators_jsx_and_paths(tmp_path: Path, package: str, metadata: bool) -> None:
    options = '"experimentalDecorators": true' + (', "emitDecoratorMetadata": true' if metadata else "")
    folder = written(tmp_path, options + (', "module": "commonjs"' if metadata else ""), installed(package))
    if metadata:  # a type in a decorated signature: only CommonJS can import it without the word
        (folder / "package.json").write_text("{}")
    with started(folder) as process:
        assert process.stderr
        first = process.stderr.readline()
        try:
            port = int(first.split(" ")[1].rsplit(":", 1)[1])
            assert asked(port, "/") == "<main><b>home</b>42</main>"
            assert json.loads(asked(port, "/types")) == (["Object"] if metadata else [])
            asked(port, "/fail")
        finally:
            process.terminate()
        assert "src/counter.ts:23:" in process.stderr.read(), first


def test_what_cannot_be_compiled_is_named(tmp_path: Path) -> None:
    options = '"experimentalDecorators": true, "emitDecoratorMetadata": true'
    folder = written(tmp_path, options, None)
    assert "app.tsx: JSX needs a compiler" in ended(folder)
    (folder / "node_modules" / "typescript").symlink_to(installed("typescript@5.9") / "typescript")
    (folder / "src" / "counter.ts").write_text("export class Counter {\n  next(): number { return 1 +; }\n}\n")
    assert f"{folder}/src/counter.ts:2:30: Expression expected." in ended(folder)


def test_options_are_those_of_the_files_that_are_extended(tmp_path: Path) -> None:
    written(tmp_path, '"experimentalDecorators": true', None)
    (tmp_path / "base.json").write_text('{"extends": "shared/base", "compilerOptions": {"jsx": "preserve"}}')
    shared = tmp_path / "node_modules" / "shared"
    shared.mkdir()
    said = {"baseUrl": "./types", "paths": {"a": ["one", 2]}, "target": "es5", "outDir": "x", "jsxFactory": "h"}
    (shared / "base.json").write_text(json.dumps({"extends": "./base.json", "compilerOptions": said}))
    assert compiler(tmp_path) == {
        "root": str(tmp_path),
        "paths": [("a", [str(shared / "types" / "one")]), ("*", [str(shared / "types" / "*")])],
        "options": {
            "target": "ES2021",
            "jsx": "react-jsx",
            "jsxImportSource": "tiny",
            "experimentalDecorators": True,
            "jsxFactory": "h",
        },
        "commonjs": False,
    }
    (tmp_path / "tsconfig.json").unlink()
    assert compiler(tmp_path) is None or "shared" not in json.dumps(compiler(tmp_path))
