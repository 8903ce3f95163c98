"""Translated text runs: small programs whose values are those of JavaScript (ECMA-262).

Each program is the body of an asynchronous function, or a module with `check` when it starts with `//raw`;
after `//=>` stands the value as JSON.
"""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import pytest
from krepis.twin.typescript.canonical import Pattern
from krepis.twin.typescript.machine import Machine, World
from krepis.twin.typescript.program import Program
from krepis.twin.typescript.values import UNDEFINED, JsArray, JsObject, raw

PROGRAMS = r"""
let o = []; let n = 0; for (let i = 0; i < 3; i++) { o[n++] = () => i } return [o[0](), o[1](), o[2]()]
//=> [0,1,2]
===
let o = []; let n = 0; for (let i = 0; i < 3; i++) { if (i == 1) continue; o[n++] = () => i++ ; }
return [o[0](), o[0](), o[1]()]
//=> [0,1,2]
===
let r = ''; outer: for (const a of [1,2,3]) { for (const b of [1,2,3]) { if (b == 2) continue outer;
if (a == 3) break outer; r = r + a + b } } return r
//=> "1121"
===
let r = ''; outer: for (let i = 0; i < 4; i++) { switch (i) { case 0: r += 'z'; case 1: r += 'o';
continue outer; case 2: r += 't'; break; default: break outer } r += '.' } return r
//=> "zoot."
===
let r = []; let k = 0; const f = (x) => { switch (x) { default: r[k++] = 'd'; case 1: r[k++] = 1; break;
case 2: r[k++] = 2 } }; f(1); f(2); f(3); return r
//=> [1,2,"d",1]
===
const f = (x) => { switch (x) { case 1: case 2: return 'a'; default: return 'd'; case 3: { let y = 'b';
return y } } }; return [f(1), f(2), f(3), f(4)]
//=> ["a","a","b","d"]
===
const f = () => { try { return 1 } finally { return 2 } }; const g = () => { let x = 0; try { throw 5 }
catch (e) { x = e } finally { x++ } return x }; return [f(), g()]
//=> [2,6]
===
let r = ''; for (const i of [1,2,3]) { try { if (i == 2) continue; if (i == 3) break; r += i }
finally { r += 'f' } } return r
//=> "1fff"
===
blk: { let x = 1; if (x) break blk; return 'no' } return 'yes'
//=> "yes"
===
const { a, b: { c = 5, ...rest } = {}, ...others } = { a: 1, b: { d: 2, e: 3 }, z: 9 };
return [a, c, rest, others]
//=> [1,5,{"d":2,"e":3},{"z":9}]
===
let [x, , y = 3, ...z] = [1, 2, undefined, 4, 5]; [x, y] = [y, x]; return [x, y, z]
//=> [3,1,[4,5]]
===
const f = (a, b = a + 1, { c } = { c: b * 2 }, ...r) => [a, b, c, r.length];
return [f(1), f(1, 5, { c: 0 }, 1, 2)]
//=> [[1,2,4,0],[1,5,0,2]]
===
class A { #x = 1; static n = 0; static { A.n = 7 } y = this.#x + 1; constructor(public p = 3) { A.n++ }
get x() { return this.#x } set x(v) { this.#x = v } inc() { return ++this.#x }
static make() { return new A() } has(o) { return #x in o } }
class B extends A { q = super.inc(); constructor() { super(8); this.q += 100 }
inc() { return super.inc() * 10 } get x() { return super.x + 0.5 } set x(v) { super.x = v } }
const a = A.make(), b = new B(); a.x = 5; return [a.x, a.y, a.p, A.n, b.p, b.q, b.inc(), a.has(b), b.x]
//=> [5,2,3,9,8,102,30,true,3.5]
===
function* g() { let i = 0; try { while (true) { const r = yield i++; if (r) i = r } } finally { i = -1 } }
const it = g(); return [it.next().value, it.next().value, it.next(10).value, it.return(4), it.next()]
//=> [0,1,10,{"value":4,"done":true},{"done":true}]
===
function* g() { const r = yield* h(); yield r } function* h() { yield 1; yield 2; return 3 } let s = [];
let n = 0; for (const x of g()) s[n++] = x; return s
//=> [1,2,3]
===
async function* g() { yield 1; yield await 2; } let s = []; let n = 0;
for await (const x of g()) { s[n++] = x; if (x == 2) break } return s
//=> [1,2]
===
const o = { n: 1, get d() { return this.n * 2 }, set d(v) { this.n = v }, m() { return () => this.n }, ['k'
+ 1]: 4, async a() { return this.n } }; o.d = 5; return [o.d, o.m()(), o.k1, await o.a()]
//=> [10,5,4,5]
===
const o = { a: { b: null, f() { return this.c }, c: 3 } }; let u;
return [o?.a?.c, o.x?.y.z.w(), o.a.f?.(), o.a.g?.(), o.a.b?.c, u?.[0], (o?.a).f(), (o.a.f)(), u?.x ?? 'd']
//=> [3,null,3,null,null,null,3,3,"d"]
===
let a = null, b = 0, c = 1; a ??= 5; b ||= 6; c &&= 7; const o = { x: null }; o.x ??= 1; o.y ||= 2;
o['x'] &&= 9; return [a, b, c, o]
//=> [5,6,7,{"x":9,"y":2}]
===
let x = 1; const f = async () => { x = 10; return 5 }; x += await f(); return x
//=> 6
===
let i = 0; const a = [0, 0, 0]; a[i++] += 5; a[i++]++; a[i] = i; return [a, i]
//=> [[5,1,2],2]
===
var r = typeof q + typeof hoisted + hoisted(); function hoisted() { return 'h' } if (true) { var q = 1 }
return [r, q]
//=> ["undefinedfunctionh",1]
===
function f() { return arguments.length + (() => arguments[1])() } return f(1, 2, 3)
//=> 5
===
const fact = function self(n) { return n < 2 ? 1 : n * self(n - 1) }; return fact(5)
//=> 120
===
enum E { A, B = 5, C, D = B | 2, S = 's' } return [E.A, E.C, E.D, E.S, E[5]]
//=> [0,6,7,"s","B"]
===
//raw
namespace N { export let n = 1; export const k = 2; export function inc() { return ++n }
namespace Inner { export const z = 1 } export namespace Pub { export const y = k + 1 } const hid = 3 }
namespace N { export const more = N.k + n }
enum E { A = 1 }
export default class Foo { static x = new Foo(); v = 3 }
let later = () => z; let z = 4;
export async function check() { N.inc(); N.n++;
return [N.n, N.k, N.Pub.y, N.more, (N as any).hid === undefined, Foo.x.v, later(), E.A] }
//=> [3,2,3,3,true,3,4,1]
===
let s = 0; let i = 0; do { i++; if (i == 2) continue; s += i } while (i < 4);
while (true) { if (i-- < 0) break } return [s, i]
//=> [8,-2]
===
const t = (s, ...v) => s[0] + v[0] + s[1] + s.raw[1]; return t`a${1}b\n` + `x${1 + 1}${'y'}`
//=> "a1b\nb\\nx2y"
===
let x = 5; const y = -x ** 2 || 0, z = !x, w = ~x, v = void 0;
return [x > 3 && x < 10 ? 'in' : 'out', z, w, v === undefined, typeof null, 7 % 3, 2 ** 3, 1 << 3, -1 >>>
28, 5 / 2]
//=> ["in",false,-6,true,"object",1,8,8,15,2.5]
===
const f = async (n) => { if (n == 0) throw 'boom'; await null; return n }; let out; try { await f(0) }
catch (e) { out = e } return [out, await f(3)]
//=> ["boom",3]
===
const m = (x) => x; let a = [...[1, 2], 3, ...[4]]; let o = { ...{ a: 1, b: 2 }, b: 3 };
return [a, o, ((...r) => r.length)(...a, 9)]
//=> [[1,2,3,4],{"a":1,"b":3},5]
===
class P { constructor() { this.f = () => this.v; this.v = 3 } }
class Q extends P { g = async () => { const h = () => super.toS(); return this.v } } const q = new Q();
return [q.f(), await q.g()]
//=> [3,3]
===
function F(this: any) { return new.target === F } return [new (F as any)() instanceof F, (F as any)()]
//=> [true,false]
===
let r = []; let n = 0; for (let [a, b] of [[1, 2], [3, 4]]) { r[n++] = () => a + b } for (const { x = 7 }
of [{}, { x: 1 }]) r[n++] = () => x; return [r[0](), r[1](), r[2](), r[3]()]
//=> [3,7,7,1]
===
let a, b; ({ a, b: [b] } = { a: 1, b: [2] }); const o: any = {}; [o.x, o['y']] = [3, 4];
for (o.z of [5, 6]) ; return [a, b, o]
//=> [1,2,{"x":3,"y":4,"z":6}]
===
if (false) { x = 1 } let i = 3; { let i = 4; { let i = 5 } i++ } let x; return [i, x === undefined]
//=> [3,true]
===
const k = 'dyn'; class C { [k]() { return 1 } static [k + '2'] = 5; 'quoted' = 2; 0 = 'zero' }
const c: any = new C(); return [c.dyn(), (C as any).dyn2, c.quoted, c[0]]
//=> [1,5,2,"zero"]
===
let r = ''; for (let i = 0, j = 10; i < j; i += 3, j--) r += i + ',' + j + ';'; return r
//=> "0,10;3,9;6,8;"
===
const x: any = { a: 1 }; delete x.a; delete x?.b; let u: any; return [('a' in x), delete u?.q, x]
//=> [false,true,{}]
===
let c = 0; const g = { get v() { c++; return { n: 1 } } }; g.v.n += 1; g.v.n++; const f = () => { c += 10;
return 'n' }; g.v[f()] *= 2; return c
//=> 13
===
const f = (x) => { lbl: try { if (x) break lbl; return 'r' } finally { x = 2 } return 'end' + x };
return [f(0), f(1)]
//=> ["r","end2"]
===
async function f() { for await (const x of [1, Promise_(2)]) { s += x } } let s = 0;
const Promise_ = async (x) => x; await f(); return s
//=> 3
===
let a = 1, b = 2; [a, b] = [b, a]; const { length } = 'abc'; let { [`k${a}`]: dyn = 'none' } = {} as any;
return [a, b, length, dyn]
//=> [2,1,3,"none"]
===
const r = []; let n = 0; function f() { try { r[n++] = 'try'; throw new (class E { m = 'msg' })() }
catch { r[n++] = 'catch'; return r[n++] = 'ret' } finally { r[n++] = 'fin' } } const v = f(); return [r, v]
//=> [["try","catch","ret","fin"],"ret"]
===
const p = async () => 1; const x = [await p(), await p() + 1]; const o = { a: await p(), [await p()]: 2 };
return [x, o, `${await p()}`, (await p()) ? await p() : 0]
//=> [[1,2],{"1":2,"a":1},"1",1]
===
function F(this: any) { this.t = new.target === F } const o: any = new (F as any)();
return [o.t, o instanceof F]
//=> [true,true]
===
function F(this: any) { return new.target === F } const o: any = new (F as any)();
return [typeof o, o instanceof F]
//=> ["object",true]
===
//raw
function F(this: any) { this.a = 1 }
export async function check() { const o = new F(); return [o.a, o instanceof F] }
//=> [1,true]
"""


def run(text: str, folder: Path) -> Any:
    """The JSON value that `check` of a module resolves to."""
    path = folder / "m.ts"
    path.write_text(text)
    machine = Machine(Program([str(path)], folder), World(), Pattern(""))
    module = machine.load(str(path))
    assert module is not None
    promise = raw(machine.call(module.cells["check"].v, UNDEFINED, [], 0))
    machine.drain()
    assert not machine.unsupported
    assert promise.state == 1, plain(promise.value)
    return plain(promise.value)


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    value = raw(value)
    if value is UNDEFINED:
        return None
    if isinstance(value, JsArray):
        return [plain(item) for item in value.items]
    if isinstance(value, JsObject):
        return {key: plain(item) for key, item in value.props.items() if raw(item) is not UNDEFINED}
    return value


@pytest.mark.parametrize("program", PROGRAMS.strip().split("\n===\n"))
def test_programs_have_the_values_of_javascript(program: str, tmp_path: Path) -> None:
    code, _, expected = program.rpartition("\n//=> ")
    if not code.startswith("//raw"):
        code = f"export async function check() {{\n{code}\n}}\n"
    assert run(code, tmp_path) == json.loads(expected)


def test_an_execution_that_is_dropped_while_it_waits_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", said.append)
    path = tmp_path / "m.ts"
    path.write_text(
        "export async function check() { try { await new Promise(() => {}); } finally { await 1; await 2; } }\n"
    )
    machine = Machine(Program([str(path)], tmp_path), World(), Pattern(""))
    module = machine.load(str(path))
    assert module is not None
    machine.call(module.cells["check"].v, UNDEFINED, [], 0)
    machine.drain()
    del machine, module
    gc.collect()
    assert not said
