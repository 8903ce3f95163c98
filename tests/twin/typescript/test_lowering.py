"""Lowering: names, scopes, types and generated text on small inputs; survival of any input whatever."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from krepis.twin.typescript.code import ClassCode, FunctionCode, ModuleCode, TypeRef
from krepis.twin.typescript.lower import INTERNAL_ERROR, lower_module
from krepis.twin.typescript.syntax import scan_module

ROOT = Path(__file__).parents[3]
PROGRAM_FOLDERS = ("../shared/cases", "tests/conformance/cases", "examples", "tests/fixtures/syntax")
PROGRAMS = sorted(
    path
    for folder in PROGRAM_FOLDERS
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".ts", ".tsx", ".mts", ".cts", ".js")
    if "node_modules" not in path.parts
)
TEXTS = [path.read_text("utf-8", "replace") for path in PROGRAMS]


def lower(text: str, path: str = "m.ts") -> ModuleCode:
    """Lower, and make sure that every function is valid Python."""
    module = lower_module(text, path)
    assert not [problem for problem in module.problems if problem.message.startswith(INTERNAL_ERROR)]
    for code in module.functions:
        compile(code.source, code.name, "exec")
    return module


def function(module: ModuleCode, name: str) -> FunctionCode:
    found = [code for code in module.functions if code.name == name and code.kind != "field"]
    assert len(found) == 1, [code.name for code in module.functions]
    return found[0]


def class_named(module: ModuleCode, name: str) -> ClassCode:
    return next(code for code in module.classes if code.name == name)


def names(text: str) -> list[str]:
    return [code.name for code in lower(text).functions[1:]]


# ---- whole programs


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT.parent)))
def test_every_program_of_the_project_compiles(path: Path) -> None:
    module = lower(path.read_text("utf-8", "replace"), str(path))
    assert module.functions[0].kind == "module"
    if path.name != "recovery.ts":
        assert module.problems == []


def test_a_syntax_error_costs_one_statement() -> None:
    module = lower(
        """
        export function good() { return 1 }
        export async function half() { const a = 1; let b = = 2; return a }
        export class Kept { fine() {} broken( { } also() {} }
        export const last = 2
        """
    )
    assert function(module, "good")
    assert "return v" in function(module, "half").source
    assert {"good", "half", "last"} <= set(module.exports)
    assert {problem.kind for problem in module.problems} == {"parse-error"}
    assert module.problems[0].line == 3


# ---- scopes


def test_only_captured_variables_live_in_cells() -> None:
    module = lower(
        """
        function outer(a, b) {
          let count = 0; const fixed = a; let local = b;
          return () => { count += fixed; return count }
        }
        """
    )
    assert function(module, "<anonymous> in outer").captures == ["count", "fixed"]
    source = function(module, "outer").source
    assert source.count("R.cell(") == 2
    inner = function(module, "<anonymous> in outer").source
    assert inner.count("R.rdv(") == 2, "a reassigned variable is read by an operation"
    assert inner.count(".v") == 1, "a constant is read directly"


def test_functions_between_use_and_declaration_capture_too() -> None:
    module = lower("function a() { const x = 1; function b() { function c() { return x } return c } return b }")
    assert function(module, "a.b").captures == ["x"]
    assert function(module, "a.b.c").captures == ["x"]


def test_module_variables_are_cells_and_functions_are_hoisted_over_them() -> None:
    module = lower("const x = f(); function f() { return y } let y = 1; y = 2")
    lines = module.functions[0].source.splitlines()
    assert [line for line in lines if "modcell" in line] == [
        line for line in lines[1:4] if re.search(r"R\.modcell\('[xfy]', \d+\)$", line)
    ]
    hoisted = next(i for i, line in enumerate(lines) if "R.func(" in line)
    used = next(i for i, line in enumerate(lines) if "R.call(" in line)
    assert hoisted < used
    assert module.top_level == {"x": "const", "f": "function", "y": "let"}


def test_loop_variables_get_a_fresh_cell_each_round() -> None:
    source = lower("for (let i = 0; i < 3; i++) later(() => i)").functions[0].source
    loop = source[source.index("while True") :]
    assert "R.cell('i'" in loop
    source = lower("for (const x of xs) later(() => x)").functions[0].source
    assert "R.cell('x'" in source[source.index("R.over(") :]


def test_var_belongs_to_the_function_and_let_to_the_block() -> None:
    module = lower("function f() { { var a = 1; let b = 2 } return () => [a, b] }")
    assert function(module, "<anonymous> in f").captures == ["a"]
    assert "R.glob('b'" in function(module, "<anonymous> in f").source


def test_arguments_and_this_of_arrows_are_those_around() -> None:
    module = lower("function f() { return () => [this, arguments] }")
    inner = function(module, "<anonymous> in f")
    assert inner.captures == ["arguments"]
    assert "[this, " in inner.source
    assert "R.arguments(A)" in function(module, "f").source


def test_a_named_function_expression_knows_itself() -> None:
    module = lower("const run = function again(n) { return n ? again(n - 1) : 0 }")
    assert function(module, "run").captures == ["again"]


def test_static_members_see_the_class_before_its_declaration_is_done() -> None:
    module = lower("export class One { static only = new One() }")
    cell = re.search(r"(c\d+) = R.modcell\('One'", module.functions[0].source)
    assert cell is not None
    assert re.search(rf"R\.class_\(.*, {cell[1]}\)", module.functions[0].source)


def test_variables_read_before_their_declaration_are_undefined() -> None:
    source = function(lower("function f() { if (x) return x; let x = 1 }"), "f").source
    assert source.splitlines()[1].endswith("= UNDEFINED")


def test_names_of_typescript_never_reach_the_generated_text() -> None:
    module = lower(
        "let __import__ = 1; const R = 2, fn = 3;"
        'function exec(lambda, A) { return R + lambda + "\\u2028\'" + A }'
        "obj['__class__']; obj.__subclasses__(); x = `')\\n__import__('os')`"
    )
    for code in module.functions:
        identifiers = set(re.findall(r"[^\W\d]\w*", re.sub(r"'[^']*'|\"[^\"]*\"", "", code.source)))
        odd = {name for name in identifiers if not re.fullmatch(r"[vctp]\d+", name)}
        assert odd <= {
            *(
                "def",
                "f",
                "R",
                "fn",
                "this",
                "A",
                "nt",
                "return",
                "if",
                "else",
                "len",
                "UNDEFINED",
                "env",
                "v",
            ),
            *("modcell", "init", "func", "glob", "get", "setglob", "callm", "add"),
        }


# ---- names for people


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "class Wallet { credit() {} static of() {} get x() { return 1 } #secret() {} }",
            "credit of x #secret",
        ),
    ],
)
def test_members_are_named_after_their_class(text: str, expected: str) -> None:
    assert names(text) == [f"Wallet.{name}" for name in expected.split()]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("const open = async () => {}", ["open"]),
        (
            "function createConnector() { const open = () => {}; return open }",
            ["createConnector", "createConnector.open"],
        ),
        ("app.post('/projects/:id/archive', async (req, res) => {})", ["POST /projects/:id/archive"]),
        ("router.get(`/x`, guard, (q) => q)", ["GET /x"]),
        ("bus.on('paid', e => e)", ["bus.on('paid') callback"]),
        ("function f() { xs.map(x => x) }", ["f", "xs.map callback in f"]),
        ("const api = { ping() {}, pong: async () => {} }", ["ping", "pong"]),
        ("export default function () {}", ["default"]),
        ("export default async () => {}", ["default"]),
        ("exports.handler = async function () {}", ["handler"]),
        ("x(() => {})", ["x callback"]),
        ("(() => {})()", ["<anonymous>"]),
        ("class A { run = async () => {} }", ["A.run", "A.run"]),
        ("const { a = () => 1 } = o", ["a"]),
    ],
)
def test_functions_are_named_as_a_developer_would(text: str, expected: list[str]) -> None:
    assert names(text) == expected


# ---- positions, documentation, digests


def test_sites_are_editor_positions_in_utf16() -> None:
    module = lower("let a = '\U0001f600' + missing;\r\nother()")
    spans = [module.sites[i] for i in range(len(module.sites))]
    assert (1, 16, 1, 23) in spans
    assert (2, 1, 2, 8) in spans
    assert module.sites[0:2] == spans[0:2]


def test_spans_and_documentation_of_functions_and_classes() -> None:
    module = lower(
        "/** Adds.\n * @invariant total >= 0\n */\nexport const add = async () => {}\n"
        "// not this\nfunction bare() {}\n"
        "/** A class. */\n@Injectable()\nexport class S {\n  /** A method. */\n  @Get() go() {}\n}\n"
        "/** A route. */\napp.post('/x', () => {})\n"
    )
    assert function(module, "add").doc == "Adds.\n@invariant total >= 0"
    assert function(module, "add").span == (4, 20, 4, 34)
    assert function(module, "bare").doc == ""
    assert class_named(module, "S").doc == "A class."
    assert function(module, "S.go").doc == "A method."
    assert function(module, "POST /x").doc == "A route."


def test_digests_ignore_layout_and_comments_only() -> None:
    def digest(text: str) -> str:
        return function(lower(text), "f").digest

    base = digest("function f(a) { return a + 'x  y' }")
    assert base == digest("/* before */ function f( a )\n{ // why\n return a+'x  y'\n}")
    assert base != digest("function f(a) { return a + 'x y' }")
    assert base != digest("function f(a) { return a - 'x  y' }")
    assert digest("function f(a) { return a+ ++a }") != digest("function f(a) { return a++ +a }")


# ---- modules


def test_imports_exports_and_reexports() -> None:
    module = lower(
        """
        import def, { a as b, type T, c } from 'x';
        import * as ns from 'y';
        import type { Q } from 'z';
        import fs = require('fs');
        import 'side';
        export { q, r as s } from './m';
        export * from 'k';
        export * as zz from 'k';
        export { c, b as default };
        export const one = 1, { two, three: [four] } = def;
        export class K {}
        export enum E { A }
        export type { T };
        """
    )
    assert module.imports == {
        "def": ("x", "default"),
        "b": ("x", "a"),
        "T": ("x", "T"),
        "c": ("x", "c"),
        "ns": ("y", "*"),
        "Q": ("z", "Q"),
        "fs": ("fs", "*"),
    }
    assert module.reexports == {
        "q": ("./m", "q"),
        "s": ("./m", "r"),
        "zz": ("k", "*"),
        "c": ("x", "c"),
        "default": ("x", "a"),
        "T": ("x", "T"),
    }
    assert module.exports == {name: name for name in ("one", "two", "four", "K", "E")}
    assert module.star_exports == ["k"]
    assert module.side_imports == ["side"]
    source = module.functions[0].source
    assert "R.importcell('x', 'default'" in source
    assert "'ns'" not in source, "an import that is never used as a value is not a dependency"


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("export default function named() {}", "named"),
        ("export default class Named {}", "Named"),
        ("export default class {}", "default"),
        ("export default { a: 1 }", "default"),
        ("const x = 1; export default x", "default"),
        ("const x = 1; export { x as default }", "x"),
    ],
)
def test_default_exports(text: str, local: str) -> None:
    module = lower(text)
    assert module.exports["default"] == local
    assert f"R.modcell('{local}'" in module.functions[0].source


def test_commonjs() -> None:
    module = lower("const fs = require('fs'); module.exports = { a }; exports.b = () => require('./b')", "m.js")
    assert module.is_commonjs
    assert "R.require('fs'" in module.functions[0].source
    assert not lower("import fs from 'fs'; module.exports = 1").is_commonjs


def test_namespaces_fill_an_object() -> None:
    module = lower("namespace A.B { export let n = 1; export function f() { return n++ } const hidden = 1 }")
    inner = function(module, "A.B")
    assert "'f'" in inner.source
    assert "'hidden'" not in inner.source
    assert "R.set(" in function(module, "A.B.f").source, "an exported variable is a property"


# ---- classes and types


def test_class_records() -> None:
    module = lower(
        """
        @Injectable() export abstract class Foo<T> extends Bar<T> implements I, J<K> {
          static #count = 0; readonly x: number = 1; declare y: string; z?: Map<string, number>;
          constructor(private readonly repo: Repo, plain: string, @Inject('t') public svc?: Svc) { super() }
          @Get(':id') async find(@Param('id') id: string): Promise<void> {}
          get v() { return 1 } set v(q) {}
          static { Foo.#count++ }
          [Symbol.iterator]() {} abstract foo(): void; over(a: string): void; over(a: any) {}
          accessor w = 3; 'quoted'() {}
        }
        """
    )
    code = module.classes[0]
    assert (code.name, code.abstract, code.has_super, code.type_params) == ("Foo", True, True, ["T"])
    assert [(d.name, d.args_text) for d in code.decorators] == [("Injectable", "")]
    assert [ref.name for ref in code.implements] == ["I", "J"]
    assert code.param_properties == [(0, "repo"), (2, "svc")]
    assert code.ctor is not None
    assert code.ctor.param_decorators == [[], [], ["Inject('t')"]]
    assert [ref.name if ref else None for ref in code.ctor.param_types] == ["Repo", "string", "Svc"]
    assert [(m.kind, m.static, m.name, m.code is not None) for m in code.members] == [
        ("field", True, "#count", True),
        ("field", False, "x", True),
        ("field", False, "y", False),
        ("field", False, "z", False),
        ("method", False, "find", True),
        ("decorator", False, "find", True),
        ("get", False, "v", True),
        ("set", False, "v", True),
        ("static-block", True, "static", True),
        ("method", False, None, True),
        ("method", False, "over", True),
        ("accessor", False, "w", True),
        ("method", False, "quoted", True),
    ]
    assert code.members[4].decorators[0] == ("Get", "':id'")
    assert code.functions[0] is code.ctor
    find = function(module, "Foo.find")
    assert (find.is_async, find.param_names, find.param_decorators) == (True, ["id"], [["Param('id')"]])


def ref(text: str) -> TypeRef:
    module = lower(f"let x: {text};")
    assert module.problems == []
    return module.var_types["x"]


def shown(of: TypeRef) -> str:
    """A type in one canonical spelling."""
    if of.members:
        return "{" + ", ".join(f"{key}: {shown(value)}" for key, value in of.members.items()) + "}"
    return of.name + (f"({', '.join(shown(part) for part in of.args)})" if of.args else "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string[]", "Array(string)"),
        ("readonly Array<A>[]", "Array(Array(A))"),
        ("Map<string, { a: number; b?: B }>", "Map(string, {a: number, b: |(B, undefined)})"),
        ("A | undefined | null", "|(A, undefined, null)"),
        ("| 'a' | 'b'", "|(literal, literal)"),
        ("(a: string, b?: X) => Promise<void>", "=>(string, X, Promise(void))"),
        ("Prisma.TransactionClient", "Prisma.TransactionClient"),
        ("[a: string, b?: X, ...rest: Y[]]", "[](string, X, Array(Y))"),
        ("{ [K in keyof T]: X }", "Record(keyof(T), X)"),
        ("{ [k: string]: X; m(a: A): B }", "{[]: X, m: =>(A, B)}"),
        ("A & B", "&(A, B)"),
        ("typeof foo", "typeof(foo)"),
        ("typeof foo.bar", "typeof"),
        ("(A)", "A"),
        ("T extends U ? X : Y", "conditional(X, Y)"),
        ("T['x']", "lookup(T, literal)"),
        ("import('y').Z", "Z"),
        ("unique symbol", "symbol"),
        ("`a${string}`", "string"),
        ("new () => X", "new(X)"),
    ],
)
def test_types(text: str, expected: str) -> None:
    assert shown(ref(text)) == expected


def test_type_declarations() -> None:
    module = lower(
        """
        interface A<T> extends B, C<T> { p: string; m(x: number): Promise<T> }
        interface A<T> { q: T }
        type Id = string | number;
        enum Color { Red, Green = 'g' }
        declare global { interface Window {} }
        declare const env: Env;
        """
    )
    declared = module.types["A"]
    assert (declared.kind, declared.type_params) == ("interface", ["T"])
    assert [ref.name for ref in declared.extends] == ["B", "C"]
    assert sorted(declared.type.members) == ["m", "p", "q"]
    assert module.types["Id"].type.name == "|"
    assert list(module.types["Color"].type.members) == ["Red", "Green"]
    assert module.var_types["env"].name == "Env"


def test_annotations_reach_the_machine_once_each() -> None:
    module = lower("const a: Map<string, M> = make(), b: Map<string, M> = make(); new Set<T>(); x as T; y as const")
    assert [shown(ref) for ref in module.type_refs] == ["Map(string, M)", "Set(T)", "T"]
    assert module.functions[0].source.count("R.typed(") == 3


def test_constant_enums_are_computed() -> None:
    source = lower("enum E { A = 1 << 2, B, C = A | B, D = -1, F = E.A + 1, G = `s`, H = 'x'.length, I = G + '!' }")
    for pair in ("('A', 4)", "('B', None)", "('C', 5)", "('D', -1)", "('F', 5)", "('G', 's')", "('I', 's!')"):
        assert pair in source.functions[0].source
    assert "('H', R.get('x', 'length'" in source.functions[0].source


# ---- control flow


def test_asynchronous_functions_are_generators() -> None:
    module = lower(
        "async function a() { await x } async function b() {} function* c() { yield 1; yield* d }"
        "async function* e() { for await (const y of z) yield y } function g() {} const h = async () => 1"
    )
    flags = {code.name: (code.is_async, code.is_generator, code.has_await) for code in module.functions[1:]}
    assert flags == {
        "a": (True, False, True),
        "b": (True, False, False),
        "c": (False, True, True),
        "e": (True, True, True),
        "g": (False, False, False),
        "h": (True, False, False),
    }
    for code in module.functions:
        assert ("yield" in code.source) == (code.is_async or code.is_generator)
    assert lower("await x").functions[0].is_async


def test_guards_are_tried_as_false_first() -> None:
    source = lower("function f(a, b) { if (!a || b) return; if (a) { b() } else return 1 }").functions[1].source
    assert source.count("R.unlikely(") == 1
    assert source.count("R.turns(") == 1


def test_switches_without_fall_through_are_chains() -> None:
    chain = lower("switch (x) { case 1: case 2: a(); break; default: b(); break; case 3: { c(); break } }")
    assert "while" not in chain.functions[0].source
    assert chain.functions[0].source.rindex("else:") < chain.functions[0].source.index("'b'")
    assert "while" in lower("switch (x) { case 1: a(); case 2: b() }").functions[0].source
    assert "while" in lower("switch (x) { case 1: if (y) break; a() }").functions[0].source


def test_finally_does_nothing_for_abandoned_executions() -> None:
    source = lower("async function f() { try { await a } finally { b() } }").functions[1].source
    lines = [line.strip() for line in source.splitlines()]
    assert lines[lines.index("finally:") + 1] == "if R.dead: raise R.Dead"


def test_using_disposes_at_the_end_of_the_block() -> None:
    source = lower("async function f() { using a = x(); await using b = y(); g(a, b); for (using c of d) h(c) }")
    text = source.functions[1].source
    assert source.problems == []
    assert (text.count("R.dispose("), text.count("R.adispose(")) == (2, 1)
    assert text.index("R.adispose(") < text.rindex("R.dispose(")


def test_only_what_cannot_be_translated_is_reported() -> None:
    module = lower("with (a) { b } function fine() { return 1 }")
    assert [(problem.line, problem.kind) for problem in module.problems] == [(1, "unsupported")]
    assert "R.Unsupported(1" in module.functions[0].source


def test_the_filter_sees_what_can_suspend() -> None:
    assert scan_module("x.then(y)")
    assert scan_module("async () => {}")
    assert scan_module("setTimeout(f)")
    assert scan_module("function * g() {}")
    assert not scan_module("export const add = (a: number, b: number) => a + b // awaiting")


# ---- survival

DEEP = 10_000
HOSTILE = {
    "parentheses": "x = " + "(" * DEEP + "1" + ")" * DEEP,
    "arrays": "x = " + "[" * DEEP + "]" * DEEP,
    "objects": "x = " + "{a:" * DEEP + "1" + "}" * DEEP,
    "blocks": "{" * DEEP + "}" * DEEP,
    "conditions": "if (a) {" * DEEP + "}" * DEEP,
    "else if": "if (a) b;" + "else if (a) b;" * DEEP,
    "arrows": "x = " + "() => " * DEEP + "1",
    "callbacks": "f(() => {" * 2000 + "})" * 2000,
    "chain": "x" + ".then(y)" * DEEP,
    "optional chain": "x" + "?.y" * DEEP,
    "sum": "x = " + " + ".join("a" for _ in range(DEEP)),
    "disjunction": "if (" + " || ".join("a" for _ in range(DEEP)) + ") f()",
    "ternary": "x = " + "a ? b : " * DEEP + "c",
    "template": "x = " + "`${" * DEEP + "1" + "}`" * DEEP,
    "type arguments": "let x: " + "A<" * DEEP + "B" + ">" * DEEP,
    "array types": "let x: A" + "[]" * DEEP,
    "classes": "class A { m() {" * 1000 + "}}" * 1000,
    "try": "try {" * DEEP + "} finally {}" * DEEP,
    "loops": "for (;;) {" * 30 + "}" * 30,
    "switches": "switch (a) { case 1:" * DEEP + "}" * DEEP,
    "cases": "switch (a) {" + "".join(f"case {i}: x();" for i in range(DEEP)) + "}",
    "assignments": "a = " * DEEP + "1",
    "patterns": "let " + "{a:" * DEEP + "b" + "}" * DEEP + " = x",
    "digits": "x = " + "9" * 100_000 + " + " + "9" * 100_000 + "n + 1e999999",
    "one line": "var a=function(b,c){return b?c(b):{x:1,y:[b,c]}};" * 3000,
    "garbage": "\x00\x01\xff%$#@\u2028" * 2000,
    "open string": 'x = "' + "a" * 100_000,
    "open template": "x = `" + "${a}" * 10_000,
    "open comment": "/*" + "a" * 100_000,
    "lone surrogate": "x = '\ud83d'; \udc00",
    "namespaces": "namespace A {" * DEEP + "}" * DEEP,
    "negations": "x = " + "!" * DEEP + "a",
    "jsx": "x = " + "<a>" * DEEP + "</a>" * DEEP,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_survived(name: str) -> None:
    module = lower_module(HOSTILE[name], "m.tsx" if name == "jsx" else "m.ts")
    assert module.functions[0].kind == "module"
    for code in module.functions[:20]:
        assert callable(code.fn)


def test_a_function_too_deep_for_python_says_so_when_it_runs() -> None:
    class Runtime:
        class Unsupported(Exception):
            pass

    deep = "x = " + "(" * DEEP + "1" + ")" * DEEP
    module = lower(f"export function f() {{ {deep} }}\nconst kept = 1; {deep}; const also = 2")
    assert [problem.kind for problem in module.problems] == ["unsupported", "unsupported"]
    with pytest.raises(Runtime.Unsupported):
        function(module, "f").fn(Runtime, None, None, [], None)
    assert "2)" in module.functions[0].source, "the rest of a module is still executed"


def test_enormous_files_are_not_parsed() -> None:
    module = lower_module("x;\n" * 3_000_000, "m.ts")
    assert [problem.kind for problem in module.problems] == ["unsupported"]


FRAGMENTS = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "=>",
    "async",
    "await",
    "yield",
    "class",
    "static",
    "get",
    "set",
    "#x",
    "...",
    "?.",
    "`",
    "${",
    "/",
    '"',
    "'",
    "\\",
    "using",
    "for(",
    "switch(",
    "case",
    "default:",
    "try{",
    "catch",
    "finally",
    "import",
    "export",
    "enum",
    "namespace",
    "<",
    ">",
    ":",
    "@",
    "label:",
    "break",
    "continue",
    "new",
    "super.",
    "this",
    "?",
    "=",
    "+=",
    "??=",
    ",",
    ";",
    "0",
    "1n",
    "\x00",
    "\u2028",
    "�",
    "😀",
    "var",
    "let",
    "const",
    "function*",
    "delete",
    "typeof",
    "in",
    "of",
    "as",
    "satisfies",
    "declare",
    "abstract",
    "accessor",
    "module",
    "exports",
    "arguments",
    "undefined",
    "null",
]


def mutated(text: str, rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.3:
        return text[: rng.randrange(len(text) + 1)]
    for _ in range(rng.choice((1, 2, 5, 20))):
        at = rng.randrange(len(text) + 1)
        if rng.random() < 0.5:
            text = f"{text[:at]} {rng.choice(FRAGMENTS)} {text[at:]}"
        else:
            text = text[:at] + text[at + rng.randrange(1, 12) :]
    return text


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(range(len(TEXTS))))
def test_mutated_programs_are_survived(seed: int, index: int) -> None:
    module = lower(mutated(TEXTS[index], random.Random(seed)), str(PROGRAMS[index]))
    for code in module.functions:
        assert code.span[0] >= 1
        assert len(code.digest) == 32
    for site in range(len(module.sites)):
        line, column, end_line, end_column = module.sites[site]
        assert (line, column) <= (end_line, end_column)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_survived(text: str) -> None:
    lower(text)
