"""What `krepis generate` makes, as files, and the lines by which an application knows of them.

Generators are templates in `generators/KIND/`, each with its path in the first line. A project can keep its own in
`stubs/KIND/`; `krepis generate --eject KIND` puts the built-in ones there. The first line of a generated source says
how it was made, so `krepis destroy` can make it again and remove what nobody has changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jinja2 import Environment, StrictUndefined, TemplateError
from krepis.server.scaffold.catalogue import ScaffoldError, package_versions
from krepis.server.scaffold.fields import Field, Name, parse_fields, parse_name

ROOT: Final = Path(__file__).resolve().parent / "generators"
STUBS: Final = "stubs"
APP: Final = "src/app.ts"
_RETURN: Final = "  return app;\n"

KINDS: Final[Mapping[str, str]] = {
    "resource": "a table with its routes: list, add, read, change, delete",
    "model": "a table and the class that asks it",
    "migration": "an empty migration",
    "service": "a class for what an application does",
    "controller": "routes without a table",
    "middleware": "a hook that runs before every handler",
    "job": "work to be done later, at most once at a time",
    "websocket": "a WebSocket with its topics",
    "auth": "who there is: registration, passwords, sessions in cookies",
    "graphql": "a GraphQL interface with its resolvers",
    "test": "a test of the application",
}
_WITH_FIELDS: Final = ("resource", "model")
_WITH_TABLE: Final = ("resource", "model", "migration", "auth")
_PACKAGES: Final = {"graphql": "graphql"}
"""What has to be in package.json, by kind."""


@dataclass(frozen=True, slots=True)
class Made:
    """Files by their paths, and lines that `src/app.ts` gets: an import and a statement."""

    files: Mapping[str, bytes]
    lines: tuple[str, str] | None = None


def made(root: Path, kind: str, name_text: str, field_texts: tuple[str, ...]) -> Made:
    """What a generator makes in the project at `root`. Raises ScaffoldError."""
    name, fields = parse_name(name_text), parse_fields(field_texts)
    if fields and kind not in _WITH_FIELDS:
        raise ScaffoldError(f"a {kind} has no fields")
    if not (root / "package.json").is_file():
        raise ScaffoldError(f"{root} is no project: it has no package.json. krepis init makes one.")
    if kind in _WITH_TABLE and not (root / "migrations").is_dir():
        raise ScaffoldError(f"a {kind} needs PostgreSQL, as of krepis init --template crud: no folder migrations")
    if (package := _PACKAGES.get(kind)) and not _depends(root, package):
        raise ScaffoldError(f"a {kind} needs a package: npm install {package}@{package_versions()[package]}")
    for field in fields:
        if field.target is not None and not (root / f"test/{field.target.plural.kebab}.sample.ts").is_file():
            raise ScaffoldError(f"{field.key} refers to {field.target.plural.snake}, which is not there: "
                                f"krepis generate resource {field.target.pascal} first")  # fmt: skip
    command = " ".join((kind, name.pascal, *field_texts))
    context = {"name": name, "fields": fields, "command": command, "migration": _migration(root, kind, name)}
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True,
                              lstrip_blocks=True, autoescape=False)  # fmt: skip
    environment.filters.update(sql=sql, ts=ts, schema=schema, sample=sample, quoted=quoted, value=value)
    files = {}
    for stub, text in _stubs(root, kind):
        try:
            path, body = environment.from_string(text).render(context).split("\n", 1)
        except TemplateError as error:
            raise ScaffoldError(f"{stub}: {error}") from error
        files[path] = body.encode()
    return Made(files, _lines(kind, name))


def _depends(root: Path, package: str) -> bool:
    try:
        said = json.loads((root / "package.json").read_text(encoding="utf-8"))
        return any(package in said.get(kind, {}) for kind in ("dependencies", "devDependencies"))
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise ScaffoldError(f"package.json cannot be read: {error}") from error


def _stubs(root: Path, kind: str) -> Iterator[tuple[Path, str]]:
    """The templates of a kind: those of the project, else the built-in ones."""
    if kind not in KINDS:
        raise ScaffoldError(f"there is no generator {kind!r}: {', '.join(KINDS)}")
    own = root / STUBS / kind
    for file in sorted((own if own.is_dir() else ROOT / kind).glob("*.jinja")):
        yield file, file.read_text(encoding="utf-8")


def stubs(kind: str) -> dict[str, bytes]:
    """The files that a project ejects, by their paths."""
    if kind not in KINDS:
        raise ScaffoldError(f"there is no generator {kind!r}: {', '.join(KINDS)}")
    return {f"{STUBS}/{kind}/{file.name}": file.read_bytes() for file in (ROOT / kind).glob("*.jinja")}


def _migration(root: Path, kind: str, name: Name) -> str:
    """The name of the migration: that which is there, else the next number."""
    stem = name.snake if kind == "migration" else name.plural.snake
    there = sorted(file.name for file in (root / "migrations").glob("*.sql"))
    for file in there:
        if re.fullmatch(rf"\d+_{re.escape(stem)}\.sql", file):
            return file
    numbers = [int(found[0]) for file in there if (found := re.match(r"\d+", file))]
    return f"{max(numbers, default=0) + 1:04}_{stem}.sql"


def _lines(kind: str, name: Name) -> tuple[str, str] | None:
    plural, folder = name.plural.camel, name.plural.kebab
    if kind in ("resource", "auth"):
        imported = f"import {{ {plural}Routes }} from './{folder}/routes.ts';\n" \
                   f"import {{ {name.pascal}Table }} from './{folder}/table.ts';\n"  # fmt: skip
        return imported, f"  {plural}Routes(app, new {name.pascal}Table(db));\n"
    places = {"controller": "routes", "websocket": "socket", "middleware": "hook", "graphql": "graphql"}
    if place := places.get(kind):
        function = name.camel + place.capitalize()
        return f"import {{ {function} }} from './{name.kebab}/{place}.ts';\n", f"  {function}(app);\n"
    return None


def registered(text: str, lines: tuple[str, str]) -> str | None:
    """`src/app.ts` with the lines in it; None when there is no place for them."""
    imported, statement = lines
    if statement in text and imported in text:
        return text
    if text.count(_RETURN) != 1 or "import " not in text:
        return None
    at = text.rindex("\nimport ", 0, text.index("export ")) + 1
    end = text.index("\n", text.index(" from '", at)) + 1
    text = text[:end] + imported + text[end:]
    return text.replace(_RETURN, statement + _RETURN)


def unregistered(text: str, lines: tuple[str, str]) -> str:
    """`src/app.ts` without the lines."""
    for line in lines:
        text = text.replace(line, "", 1)
    return text


def how_made(root: Path, kind: str, name: Name) -> tuple[str, ...]:
    """The fields with which something was generated, as its source says."""
    for path in (f"src/{name.plural.kebab}/table.ts", f"test/{name.plural.kebab}.sample.ts"):
        file = root / path
        if not file.is_file():
            continue
        found = re.match(rf"// krepis generate (?:resource|model) {name.pascal}(?: (.*))?\n", file.read_text("utf-8"))
        if found:
            return tuple(re.findall(r"[^\s(]+(?:\([^)]*\)\S*)?", found[1] or ""))
    return ()


def quoted(name: str) -> str:
    """An identifier of SQL within a template literal; names have neither quotes nor dollars."""
    return f'"{name}"'


def sql(field: Field) -> str:
    """The type of a column with its conditions."""
    kinds = {"string": "text", "text": "text", "integer": "integer", "decimal": "numeric(12, 2)", "boolean": "boolean",
             "datetime": "timestamptz", "uuid": "uuid", "enum": "text", "references": "integer"}  # fmt: skip
    parts = [kinds[field.type]]
    if not field.optional:
        parts.append("NOT NULL")
    if field.unique:
        parts.append("UNIQUE")
    if field.type == "enum":
        listed = ", ".join(f"'{value}'" for value in field.values)
        parts.append(f"CHECK ({quoted(field.column)} IN ({listed}))")
    if field.target is not None:
        parts.append(f"REFERENCES {quoted(field.target.plural.snake)} (id)")
    return " ".join(parts)


def ts(field: Field) -> str:
    """The type of a field in what a client sends."""
    kinds = {"integer": "number", "references": "number", "boolean": "boolean"}
    if field.type == "enum":
        return " | ".join(f"'{value}'" for value in field.values)
    return kinds.get(field.type, "string")


def schema(field: Field) -> str:
    """The schema of a field in what a client sends."""
    kinds = {
        "string": "t.string({ max: 255, pattern: TEXT })",
        "text": "t.string({ max: 10_000, pattern: TEXT })",
        "integer": "t.integer({ min: -INTEGER_MAX, max: INTEGER_MAX })",
        "references": "t.integer({ min: 1, max: INTEGER_MAX })",
        "decimal": r"t.string({ pattern: /^-?\d{1,10}(\.\d{1,2})?$/ })",
        "boolean": "t.boolean()",
        "datetime": "t.string({ format: 'date-time' })",
        "uuid": "t.string({ format: 'uuid' })",
        "enum": "t.literal(" + ", ".join(f"'{value}'" for value in field.values) + ")",
    }
    return f"t.optional({kinds[field.type]})" if field.optional else kinds[field.type]


def sample(field: Field) -> str:
    """A value of a field for tests, each time another one where it has to be unique."""
    kinds = {
        "string": "`text ${randomUUID()}`", "text": "`text ${randomUUID()}`",
        "integer": "randomInt(2 ** 31 - 1)", "decimal": "`${randomInt(10 ** 9)}.50`", "boolean": "true",
        "datetime": "new Date(randomInt(2 ** 31 - 1) * 1000).toISOString()", "uuid": "randomUUID()",
    }  # fmt: skip
    if field.target is not None:
        return f"(await add{field.target.pascal}(db)).id"
    return f"'{field.values[0]}'" if field.type == "enum" else kinds[field.type]


def value(field: Field) -> str:
    """The value for a statement."""
    return f"fields.{field.key} ?? null" if field.optional else f"fields.{field.key}"
