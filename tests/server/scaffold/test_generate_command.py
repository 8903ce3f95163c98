"""`krepis generate` and `krepis destroy`: what is made type-checks, passes its tests, verifies, and goes away again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from krepis.server.scaffold.catalogue import ScaffoldError
from krepis.server.scaffold.fields import TYPES, parse_fields, parse_name
from krepis.server.scaffold.generate import KINDS, made
from workshop import Workshop

COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()"]
SOAK = int(os.environ.get("KREPIS_SOAK") or 0)
ROUNDS = 4 * SOAK or 8
ORDER = (
    "resource",
    "Order",
    "total:decimal",
    "status:enum(new,paid)",
    "customer:references",
    "note:text?",
    "due:datetime",
)
CUSTOMER = (
    "resource",
    "Customer",
    "name:string",
    "email:string:unique",
    "age:integer?",
    "token:uuid",
    "active:boolean",
)
HOSTILE = [
    "class", "delete", "select", "table", "user", "order", "promise", "object", "constructor2", "await", "default",
    "Database", "App", "null", "undefined", "group", "string", "HTTPServer2", "a", "toString", "hasOwnProperty",
]  # fmt: skip


def krepis(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True)


def tree(folder: Path) -> dict[str, bytes]:
    found = (file for file in folder.rglob("*") if file.is_file() and ".krepis" not in file.parts)
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


@contextmanager
def project(workshop: Workshop, name: str) -> Iterator[Path]:
    target = workshop.folder / f"{name}.{os.getpid()}"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(workshop.folder / "crud", target, symlinks=True, ignore=shutil.ignore_patterns(".data", ".krepis"))
    try:
        yield target
    finally:
        shutil.rmtree(target)


def test_all_that_can_be_made_is_right_and_goes_away_again(workshop: Workshop) -> None:
    with project(workshop, "made") as folder:
        refused = krepis("generate", "graphql", "Shop", cwd=folder)
        assert refused.returncode == 2 and "npm install graphql@" in refused.stderr
        package = folder / "package.json"
        package.write_text(package.read_text().replace('"dependencies": {', '"dependencies": {"graphql": "*",', 1))
        before = tree(folder)
        others = [kind for kind in KINDS if kind not in ("resource", "model")]
        orders = [CUSTOMER, ORDER, ("model", "Audit", "text:text"), *((kind, f"My{kind.title()}") for kind in others)]
        for order in orders:
            done = krepis("generate", *order, cwd=folder)
            assert (done.returncode, done.stderr) == (0, ""), (order, done.stderr)
        after = tree(folder)
        again = [krepis("generate", *order, cwd=folder).stdout for order in (ORDER, orders[-1])]
        assert tree(folder) == after and {line.split()[0] for line in "".join(again).splitlines()} == {"identical"}
        assert workshop.types(folder) == ""
        tests = workshop.run("--test", "test/**/*.test.ts", cwd=folder)
        assert tests.returncode == 0, tests.stdout
        report = workshop.verified(folder)
        assert (report.findings, report.failures) == ((), ())
        assert {f"{method} /orders/:id" for method in ("GET", "PUT", "DELETE")} <= {e.name for e in report.entry_points}
        for order in reversed(orders):
            done = krepis("destroy", *order[:2], cwd=folder)
            assert (done.returncode, done.stderr) == (0, ""), (order, done.stderr)
        assert tree(folder) == before


def test_what_was_edited_is_neither_overwritten_nor_removed(workshop: Workshop) -> None:
    with project(workshop, "edited") as folder:
        krepis("generate", "service", "Mail", cwd=folder)
        file = folder / "src/mail/service.ts"
        file.write_text(file.read_text() + "// mine\n")
        edited = tree(folder)
        again = krepis("generate", "service", "Mail", cwd=folder)
        assert again.returncode == 1 and "-// mine" in again.stderr and tree(folder) == edited
        gone = krepis("destroy", "service", "Mail", cwd=folder)
        assert krepis("destroy", "service", "Nope", cwd=folder).stderr == "krepis: nothing of service Nope is here\n"
        assert gone.returncode == 1 and file.read_bytes() == edited["src/mail/service.ts"]


def test_stubs_can_be_ejected_and_edited(workshop: Workshop) -> None:
    with project(workshop, "ejected") as folder:
        assert krepis("generate", "service", "--eject", cwd=folder).returncode == 0
        stub = folder / "stubs/service/service.jinja"
        stub.write_text(stub.read_text().replace("What it knows", "Ours: what it knows"))
        krepis("generate", "service", "Mail", cwd=folder)
        assert "Ours: what it knows" in (folder / "src/mail/service.ts").read_text()


names = st.one_of(st.sampled_from(HOSTILE), st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,12}", fullmatch=True))
fields = st.lists(
    st.builds(
        lambda name, kind, optional, unique: f"{name}:{kind}{'?' * optional}{':unique' * unique}",
        names, st.sampled_from([*(kind for kind in TYPES if kind not in ("enum", "references")), "enum(new,let)"]),
        st.booleans(), st.booleans(),
    ),
    max_size=6,
)  # fmt: skip


def test_whatever_the_names_are_what_is_made_type_checks(workshop: Workshop) -> None:
    with project(workshop, "hostile") as folder:
        package = folder / "package.json"
        package.write_text(package.read_text().replace('"dependencies": {', '"dependencies": {"graphql": "*",', 1))
        written: set[str] = set()

        def make_all(kind: str) -> None:
            wanted = ROUNDS if SOAK or kind == "resource" else 2
            count = 0

            @settings(max_examples=10 * wanted, deadline=None, database=None, phases=[Phase.generate],
                      suppress_health_check=list(HealthCheck))  # fmt: skip
            @given(names, fields)
            def make(name: str, given_fields: list[str]) -> None:
                nonlocal count
                if count == wanted:
                    return
                try:
                    parts = made(folder, kind, name, tuple(given_fields) if kind in ("resource", "model") else ())
                except ScaffoldError:
                    return
                if any((folder / path).exists() for path in parts.files):
                    return  # the command refuses it
                for path, data in parts.files.items():
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(data)
                    written.add(path)
                count += 1

            make()
            assert count == wanted, kind

        for kind in KINDS:
            make_all(kind)
        assert workshop.types(folder) == ""
        report = workshop.verified(folder)
        assert (report.findings, report.failures) == ((), ())
        assert {entry.file for entry in report.entry_points} >= {
            path for path in written if path.endswith("/routes.ts")
        }


@given(st.text(max_size=60))
def test_no_name_leaves_the_project(text: str) -> None:
    try:
        name = parse_name(text)
    except ScaffoldError:
        return
    for shape in (name.pascal, name.camel, name.snake, name.kebab, name.plural.kebab):
        assert shape.isascii() and all(c.isalnum() or c in "-_" for c in shape)


@pytest.mark.parametrize(
    "field",
    [
        "id:integer", "a:blob", "a:enum", "a:enum()", "a:enum(x,x)", "a:enum(')", "../a:text", "a:string(1)", "ü:text",
        "", ":", "version:text",
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_refused(field: str) -> None:
    with pytest.raises(ScaffoldError):
        parse_fields((field,))


@given(st.lists(st.text(max_size=30), max_size=3))
def test_fields_are_understood_or_refused(texts: list[str]) -> None:
    try:
        parse_fields(tuple(texts))
    except ScaffoldError:
        return
