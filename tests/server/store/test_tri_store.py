"""A store after any sequence of updates answers as a plain dictionary of facts would."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from krepis.server.index import Facts, RelationKind, facts
from krepis.server.store import Store, StoreError
from krepis.server.store.resolve import EXTERNAL, Edge, Node, edges
from krepis.server.store.truth import Hit

NAMES = ("load", "save", "Load", "run")
PATHS = ("a.ts", "b.ts", "sub/c.ts", "sub/index.ts")
BODIES = ("", "load(); ", "await save(); ", "x.run(); ", "this.run(); ", "count += 1; ", "fetch(); ")


@st.composite
def texts(draw: st.DrawFn) -> str:
    lines = [
        f"import {{ {draw(st.sampled_from(NAMES))} }} from './{draw(st.sampled_from(['b', 'sub/c', 'sub', 'gone']))}';",
        "let count = 0;",
    ]
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3)):
        lines.append(
            f"export async function {name}() {{ {draw(st.sampled_from(BODIES))}{draw(st.sampled_from(BODIES))}}}"
        )
    base = draw(st.sampled_from(["", " extends Load", " implements Runner"]))
    lines.append(f"export class {draw(st.sampled_from(NAMES))}{base} {{ run() {{ {draw(st.sampled_from(BODIES))} }} }}")
    lines.append("export interface Runner { run(): void }")
    return "\n".join(lines)


updates = st.lists(st.dictionaries(st.sampled_from(PATHS), st.none() | texts(), max_size=3), max_size=6)


def hits_of(model: Mapping[str, Facts]) -> list[Hit]:
    return [Hit(path, symbol) for path, found in model.items() for symbol in found.symbols]


def edges_of(model: Mapping[str, Facts]) -> set[Edge]:
    def lookup(name: str) -> list[Hit]:
        return [hit for hit in hits_of(model) if hit.symbol.name == name]

    return {edge for path, found in model.items() for edge in edges(path, found, lookup)}


def around(all_edges: set[Edge], nodes: set[Node], kind: str, direction: str) -> set[Edge]:
    return {e for e in all_edges if e.kind == kind and (e.source if direction == "out" else e.target) in nodes}


def distances(all_edges: set[Edge], starts: set[Node], kind: str, direction: str, depth: int) -> dict[Node, int]:
    found = dict.fromkeys(starts, 0)
    for step in range(1, depth + 1):
        for edge in around(all_edges, {node for node, at in found.items() if at == step - 1}, kind, direction):
            found.setdefault(edge.target if direction == "out" else edge.source, step)
    return {node: at for node, at in found.items() if node not in starts}


@given(updates, st.data())
@settings(max_examples=25, deadline=None)
def test_a_store_is_a_dictionary(changes: list[dict[str, str | None]], data: st.DataObject) -> None:
    model: dict[str, Facts] = {}
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        for change in changes:
            found = {path: facts(text, path) if text is not None else None for path, text in change.items()}
            store.update(found)
            model |= {path: known for path, known in found.items() if known}
            for path in [path for path, known in found.items() if known is None]:
                model.pop(path, None)
            if data.draw(st.booleans(), label="refresh"):
                store.refresh()
        everything = hits_of(model)
        for name in (*NAMES, "missing", "Runner"):
            assert set(store.symbol(name)) == {hit for hit in everything if hit.symbol.name == name}
        for prefix in ("", "l", "lo", "sa", "zz"):
            wanted = {hit for hit in everything if hit.symbol.name.lower().startswith(prefix)}
            assert set(store.prefix(prefix, 1000)) == wanted
        with store.snapshot() as snapshot:
            assert dict(snapshot.files()) == model
            assert snapshot.digests() == {path: known.digest for path, known in model.items()}
        kinds: list[RelationKind] = ["calls", "awaits", "writes", "imports", "extends", "implements", "defines"]
        all_edges = edges_of(model)
        for kind in (*kinds, "has-implementation"):
            for name in (*NAMES, "fetch"):
                starts = {Node(hit.path, hit.symbol.qualified) for hit in store.symbol(name)} | {Node(EXTERNAL, name)}
                for direction in ("in", "out"):
                    assert set(store.relations(name, kind, direction)) == around(all_edges, starts, kind, direction)
                    answer = dict(store.reached(name, kind, direction, 3))
                    assert answer == distances(all_edges, starts, kind, direction, 3)


def test_a_snapshot_never_changes(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.update({"a.ts": facts("function f() {}", "a.ts")})
        with store.snapshot() as before:
            store.update({"a.ts": facts("function g() {}", "a.ts")})
            assert before.symbol("f") and not before.symbol("g")
        assert store.symbol("g") and not store.symbol("f")


def test_equal_facts_make_no_generation(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        first = store.update({"a.ts": facts("function f() {}", "a.ts")})
        assert store.update({"a.ts": facts("function f() {}", "a.ts")}) == first
        assert store.update({"gone.ts": None}) == first


@pytest.mark.parametrize("other", ["B", "a/b", "../a", "", "a" * 300, "a\0b"])
def test_workspaces_share_nothing(tmp_path: Path, other: str) -> None:
    with Store.open(tmp_path, "a") as one, Store.open(tmp_path, other) as two:
        one.update({"a.ts": facts("function secret() {}", "a.ts")})
        assert two.symbol("secret") == ()
        two.update({"a.ts": facts("function own() {}", "a.ts")})
        assert one.symbol("own") == () and one.symbol("secret")
    assert {path.parent for path in tmp_path.iterdir()} == {tmp_path}


def test_long_names_are_told_apart(tmp_path: Path) -> None:
    long = "x" * 190
    with Store.open(tmp_path) as store:
        store.update({"a.ts": facts(f"function {long}a() {{}} function {long}b() {{}}", "a.ts")})
        assert [hit.symbol.name for hit in store.symbol(long + "a")] == [long + "a"]


def test_qualified_names(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.update({"a.ts": facts("class A { run() {} }\nclass B { run() {} }", "a.ts")})
        assert [hit.symbol.qualified for hit in store.symbol("A.run")] == ["A.run"]
        assert len(store.symbol("run")) == 2


def test_a_missing_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot make an index"):
        Store.open(tmp_path / "file" / "store")


def test_meaning_finds_code_by_what_it_does_before_and_after_a_refresh(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        texts = {
            "stock.ts": "/** Sets goods aside until they are paid for. */ export async function reserveStock() {}",
            "mail.ts": "export async function sendReminderEmail(user: User) {}",
            "math.ts": "export function clampToRange(value: number, low: number, high: number) {}",
        }
        store.update({path: facts(text, path) for path, text in texts.items()})
        for _ in range(2):
            for question, name in (
                ("put goods aside", "reserveStock"),
                ("email a reminder to the user", "sendReminderEmail"),
                ("range of a value", "clampToRange"),
            ):
                assert store.similar(question, 1)[0][0].symbol.name == name
            store.refresh()
        store.update({"mail.ts": None, "stock.ts": facts("export function emailReminder() {}", "stock.ts")})
        found = [hit.symbol.name for hit, _ in store.similar("email a reminder", 10)]
        assert found[0] == "emailReminder" and set(found) == {"emailReminder", "clampToRange"}
