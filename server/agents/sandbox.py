"""Where generated code runs: a V8 isolate that has no files, no network and no processes, with limits.

The isolate (mini-racer) is in a process of its own, which has an empty environment, may write no file and use only so
much processor time, so that even a fault in V8 takes nothing along. It knows ECMAScript, timers and a console that
is counted and thrown away. TypeScript is made JavaScript by Node's own `module.stripTypeScriptTypes` (which only
reads it), and its modules are joined here: an import finds a file of the program, a stand-in for a part of Node or of
the SDK (`isolate/`, memory and arithmetic only), or fails. `fetch` reaches applications of the program, nothing else.
"""

from __future__ import annotations

import json
import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from krepis.kernel.node import find_node, sdk
from krepis.server.index import parsed
from tree_sitter import Node

TIMEOUT_S: Final = 10.0
MEMORY_BYTES: Final = 128 << 20
MAX_OUTPUT: Final = 1 << 20
_COMMAND: Final = (sys.executable, "-P", "-m", "krepis.server.agents._sandbox")
_STRIP: Final = """
const { stripTypeScriptTypes } = require("node:module");
process.removeAllListeners("warning"); process.on("warning", () => {});
const files = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const out = {};
for (const [name, text] of Object.entries(files)) {
  try { out[name] = [stripTypeScriptTypes(text, { mode: "transform" }), ""]; }
  catch (error) { out[name] = ["", String(error.message)]; }
}
process.stdout.write(JSON.stringify(out));
"""
_ISOLATE: Final = Path(__file__).resolve().with_name("isolate")
_SDK: Final = "krepis/krepis.ts"
_USES_SDK: Final = re.compile(r"""\bfrom\s+["']krepis["']""")
_HARNESS: Final = """
const __tests = [], __before = [], __beforeEach = [];
globalThis.test = (name, ...rest) => { __tests.push([name, rest.at(-1)]); };
globalThis.assert = (value, message) => { if (!value) throw new Error(message ?? "assertion failed"); };
assert.ok = assert;
assert.equal = (a, b, message) => {
  if (!Object.is(a, b)) throw new Error((message ?? "not equal") + ": " + __show(a) + " is not " + __show(b));
};
assert.notEqual = (a, b, message) => assert(!Object.is(a, b), message ?? "equal: " + __show(a));
assert.deepEqual = (a, b, message) => assert.equal(__show(a), __show(b), message);
assert.strictEqual = assert.equal;
assert.notStrictEqual = assert.notEqual;
assert.deepStrictEqual = assert.deepEqual;
assert.match = (text, pattern) => assert(pattern.test(text), __show(text) + " does not match " + pattern);
assert.throws = (run) => {
  try { run(); } catch { return; }
  throw new Error("it did not fail");
};
assert.rejects = async (run) => {
  try { await (typeof run === "function" ? run() : run); } catch { return; }
  throw new Error("it did not fail");
};
const __show = (value) => {
  const plain = (_, v) => (v instanceof Map || v instanceof Set ? [...v] : v);
  try { return JSON.stringify(value, plain) ?? String(value); } catch { return String(value); }
};
globalThis.sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
async function __run() {
  const results = [];
  for (const run of __before) await run();
  for (const [name, run] of __tests) {
    try { for (const each of __beforeEach) await each(); await run(); results.push([name, ""]); }
    catch (error) { results.push([name, String(error?.message ?? error) || "failed"]); }
  }
  return JSON.stringify(results);
}
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """The tests by name, each with what went wrong or "". `error` says why they could not all be run."""

    tests: tuple[tuple[str, str], ...]
    error: str = ""

    @property
    def passed(self) -> bool:
        return bool(self.tests) and not self.error and not any(problem for _, problem in self.tests)


def run_tests(
    files: Mapping[str, str],
    tests: str,
    *,
    path: str = "__tests.ts",
    timeout_s: float = TIMEOUT_S,
    memory_bytes: int = MEMORY_BYTES,
) -> Ran:
    """Run `tests`, a module at `path` that calls `test(name, fn)`, against TypeScript files by relative path."""
    sources = {**files, path: tests}
    if any(_USES_SDK.search(text) for text in sources.values()):
        sources[_SDK] = (_ISOLATE / "krepis.ts").read_text(encoding="utf-8")
        for name in ("reply.ts", "schema.ts"):  # the SDK's own, which need nothing else of it
            sources[f"krepis/{name}"] = (sdk() / name).read_text(encoding="utf-8")
    plain = javascript(sources)
    if broken := [(name, problem) for name, (_, problem) in plain.items() if problem]:
        return Ran((), f"{broken[0][0]}: {broken[0][1]}")
    stand_ins = (_ISOLATE / "node.js").read_text(encoding="utf-8")
    script = program({name: text for name, (text, _) in plain.items()}, path, stand_ins)
    return execute(script, timeout_s, memory_bytes)


def javascript(files: Mapping[str, str]) -> Mapping[str, tuple[str, str]]:
    """TypeScript without its types: text and what was wrong, by name. Raises NodeError."""
    node = find_node().program
    done = subprocess.run(
        [node, "--no-warnings", "-e", _STRIP], input=json.dumps(dict(files)), capture_output=True, text=True, timeout=60
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return {name: (text, problem) for name, (text, problem) in found.items()}


def program(files: Mapping[str, str], entry: str, stand_ins: str = "const __node = {};") -> str:
    """One script of all modules, which evaluates `entry` and gives the results of its tests."""
    parts = [_HARNESS, stand_ins, "const __modules = {"]
    for name, text in files.items():
        parts.append(
            f"{json.dumps(name)}: function (exports, __import) {{ 'use strict';\n{_as_function(text, name)}\n}},"
        )
    parts.append("};\nconst __loaded = {};")
    parts.append(
        "function __load(name) { if (!(name in __loaded)) { __loaded[name] = {};"
        " __modules[name](__loaded[name], (specifier) => __node[specifier.replace('node:', '')]"
        " ?? __load(__resolve(name, specifier))); } return __loaded[name]; }"
    )
    parts.append(f"const __paths = {json.dumps(_paths(files))};")
    parts.append(
        "function __resolve(from, specifier) { const found = __paths[from]?.[specifier];"
        f" if (specifier === 'krepis' && {json.dumps(_SDK)} in __modules) return {json.dumps(_SDK)};"
        " if (found === undefined) throw new Error('cannot import ' + specifier); return found; }"
    )
    parts.append(f"__load({json.dumps(entry)});\n__run();")
    return "\n".join(parts)


def execute(script: str, timeout_s: float, memory_bytes: int) -> Ran:
    """Run a script that ends with a promise of results, in the isolate."""
    request = json.dumps({"script": script, "timeout_s": timeout_s, "memory_bytes": memory_bytes})
    try:
        done = subprocess.run(
            _COMMAND, input=request.encode("utf-8", "replace"), capture_output=True, timeout=timeout_s + 20, env={}
        )
    except subprocess.TimeoutExpired:
        return Ran((), "it took too long")
    if len(done.stdout) > MAX_OUTPUT:
        return Ran((), "its results are too long")
    try:
        answer = json.loads(done.stdout)
        results = tuple((str(name)[:200], str(problem)[:500]) for name, problem in answer["results"])
        return Ran(results, str(answer["error"]))
    except (ValueError, KeyError, TypeError):
        return Ran((), f"the isolate ended with status {done.returncode}")


def _paths(files: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """What each specifier in each file means."""
    paths: dict[str, dict[str, str]] = {}
    for name, text in files.items():
        for specifier in re.findall(r"""["'](\.{1,2}/[^"'\n]+)["']""", text):
            base = posixpath.normpath(posixpath.join(posixpath.dirname(name), specifier))
            bare = re.sub(r"\.[cm]?[jt]s$", "", base)
            for candidate in (base, f"{bare}.ts", f"{bare}/index.ts"):
                if candidate in files:
                    paths.setdefault(name, {})[specifier] = candidate
                    break
    return paths


def _as_function(text: str, name: str) -> str:
    """A module as the body of a function: imports become calls, exports become assignments."""
    source = text.encode("utf-8")
    root = parsed(text, name).tree.root_node
    edits: list[tuple[int, int, str]] = []
    after: list[str] = []
    for node in root.named_children:
        if node.type == "import_statement":
            edits.append((node.start_byte, node.end_byte, " ".join(_imported(node))))
        elif node.type == "export_statement":
            edits.append(_exported(node, after))
    out: list[str] = []
    at = 0
    for start, end, new in edits:
        out += [source[at:start].decode(), new]
        at = end
    return "".join([*out, source[at:].decode(), "\n", *after])


def _text(node: Node | None) -> str:
    return (node.text or b"").decode() if node is not None else ""


def _imported(node: Node) -> Iterator[str]:
    call = f"__import({_text(node.child_by_field_name('source'))})"
    clause = next((child for child in node.named_children if child.type == "import_clause"), None)
    if clause is None:
        yield f"{call};"
        return
    for part in clause.named_children:
        if part.type == "identifier":
            yield f"const {_text(part)} = {call}.default;"
        elif part.type == "namespace_import":
            yield f"const {_text(part.named_children[-1])} = {call};"
        elif part.type == "named_imports":
            names = []
            for one in part.named_children:
                alias = one.child_by_field_name("alias")
                local = f": {_text(alias)}" if alias is not None else ""
                names.append(_text(one.child_by_field_name("name")) + local)
            yield f"const {{ {', '.join(names)} }} = {call};"


def _exported(node: Node, after: list[str]) -> tuple[int, int, str]:
    declaration = node.child_by_field_name("declaration")
    source = node.child_by_field_name("source")
    if any(child.type == "default" for child in node.children):
        value = declaration or node.child_by_field_name("value")
        named = _text(value.child_by_field_name("name")) if declaration is not None and value is not None else ""
        if named:
            after.append(f"exports.default = {named};\n")
            return node.start_byte, node.end_byte, _text(value)
        return node.start_byte, node.end_byte, f"exports.default = {_text(value)};"
    if declaration is not None:
        names = [_text(declaration.child_by_field_name("name"))]
        if declaration.type in ("lexical_declaration", "variable_declaration"):
            names = [_text(d.child_by_field_name("name")) for d in declaration.named_children]
        after += [f"exports.{name} = {name};\n" for name in names if name.isidentifier()]
        return node.start_byte, node.end_byte, _text(declaration)
    clause = next((child for child in node.named_children if child.type == "export_clause"), None)
    if clause is None:
        return node.start_byte, node.end_byte, f"Object.assign(exports, __import({_text(source)}));" if source else ""
    assigned = []
    for each in clause.named_children:
        name = _text(each.child_by_field_name("name"))
        shown = _text(each.child_by_field_name("alias")) or name
        taken = f"__import({_text(source)}).{name}" if source is not None else name
        assigned.append(f"exports.{shown} = {taken};\n")
    after += assigned
    return node.start_byte, node.end_byte, ""
