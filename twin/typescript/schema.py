"""What the project's files say about its tables: unique constraints, primary keys, version columns, names.

Strategy: pure functions from text to `Schema`, joined with `merge`. A Prisma schema and SQL migrations are
read by line and clause; declarations inside TypeScript (Sequelize, Mongoose, Drizzle, knex, Kysely) by a
scanner that balances brackets and knows strings and comments; TypeORM from the decorators that the front end
already holds.

Rules:
* Names are canonical (`column_name`, `table_name`): snake case, tables in the singular, so that `giftCards`,
  `GiftCard` and `gift_cards` meet wherever raw SQL and a mapper touch the same rows.
* A constraint that is only partial (an index with WHERE) or on an expression counts as one on its columns.
* Nothing raises; what cannot be read adds nothing.

Deliberately absent: types, foreign keys, defaults, the order of migrations (a dropped constraint stays).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

Columns = tuple[str, ...]
Decorator = tuple[str, str]


@dataclass(frozen=True)
class TableInfo:
    """One table. `unique` holds sorted column tuples without the primary key; `fields` maps the name of
    a mapper's field to its column, where the two differ once canonical."""

    unique: frozenset[Columns] = frozenset()
    primary_key: Columns = ()
    version: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Schema:
    """`tables` by canonical name; `aliases` from a canonical model name to its table's, where they differ."""

    tables: Mapping[str, TableInfo] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)

    def table(self, name: str) -> str:
        """The canonical name of the table meant by a model, entity or table name."""
        canonical = table_name(name)
        return self.aliases.get(canonical, canonical)

    def info(self, table: str) -> TableInfo:
        return self.tables.get(table, _EMPTY_TABLE)


_EMPTY_TABLE = TableInfo()
EMPTY = Schema()
TEXT_LIMIT_CHARS = 2_000_000


@lru_cache(maxsize=8192)
def column_name(name: str) -> str:
    """`onHand`, `on_hand`, `"onHand"` -> `on_hand`; `orgID` -> `org_id`; `_id` -> `id`."""
    name = name.rsplit(".", 1)[-1].strip("\"'`[] ")
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return name.lower().lstrip("_") or name


@lru_cache(maxsize=8192)
def table_name(name: str) -> str:
    """`GiftCards`, `app.gift_cards`, `GiftCard` -> `gift_card`."""
    name = column_name(name)
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("sses", "shes", "ches", "xes", "zes")):
        return name[:-2]
    if name.endswith("s") and not name.endswith(("ss", "us", "is")) and len(name) > 2:
        return name[:-1]
    return name


def merge(*schemas: Schema) -> Schema:
    """All of them together: constraints add up, the first primary key, version and alias wins."""
    tables: dict[str, TableInfo] = {}
    aliases: dict[str, str] = {}
    for schema in schemas:
        for name, info in schema.tables.items():
            known = tables.get(name, _EMPTY_TABLE)
            tables[name] = TableInfo(
                known.unique | info.unique,
                known.primary_key or info.primary_key,
                known.version or info.version,
                {**info.fields, **known.fields},
            )
        for alias, table in schema.aliases.items():
            aliases.setdefault(alias, table)
    moved = {name: aliases[name] for name in tables if name in aliases and aliases[name] != name}
    if not moved:
        return Schema(tables, aliases)
    renamed = [Schema({moved.get(name, name): info}) for name, info in tables.items()]
    return merge(*renamed, Schema({}, aliases))


class _Table:
    """A table under construction."""

    def __init__(self, name: str) -> None:
        self.name = table_name(name)
        self.unique: set[Columns] = set()
        self.primary: Columns = ()
        self.version: str | None = None
        self.fields: dict[str, str] = {}

    def add_unique(self, columns: Iterable[str]) -> None:
        key = tuple(sorted({self.column(name) for name in columns if name}))
        if key:
            self.unique.add(key)

    def set_primary(self, columns: Iterable[str]) -> None:
        self.primary = tuple(sorted({self.column(name) for name in columns if name}))

    def column(self, name: str) -> str:
        name = column_name(name)
        return self.fields.get(name, name)

    def map_field(self, name: str, column: str) -> None:
        if column_name(name) != column_name(column):
            self.fields[column_name(name)] = column_name(column)

    def schema(self, *models: str) -> Schema:
        unique = frozenset(key for key in self.unique if key != self.primary)
        info = TableInfo(unique, self.primary, self.version, self.fields)
        aliases = {table_name(model): self.name for model in models if table_name(model) != self.name}
        return Schema({self.name: info}, aliases)


# -- text


def _end(text: str, start: int) -> int:
    """Index just after the bracket that closes the one at `start` (or the end of the text)."""
    depth = 0
    for token in _TOKENS.finditer(text, start):
        mark = token[0]
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
            if depth == 0:
                return token.end()
    return len(text)


_TOKENS = re.compile(
    r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|`(?:[^`\\]|\\.)*`|//[^\n]*|/\*.*?\*/|=>|[()\[\]{},;]", re.S
)


def _pieces(text: str, separators: str = ",") -> Iterator[str]:
    """The parts of `text` between separators that stand outside brackets, strings and comments."""
    depth = 0
    at = 0
    for token in _TOKENS.finditer(text):
        mark = token[0]
        if mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth -= 1
        elif depth == 0 and mark in separators:
            yield text[at : token.start()].strip()
            at = token.end()
    yield text[at:].strip()


def _entries(body: str) -> Iterator[tuple[str, str]]:
    """Key and value texts of the inside of an object literal."""
    for piece in _pieces(body):
        found = re.match(r"(?:\s|//[^\n]*\n|/\*.*?\*/)*[\"'`]?([\w$.]+)[\"'`]?\s*:\s*(.*)", piece, re.S)
        if found:
            yield found[1], found[2]


def _object(text: str) -> dict[str, str]:
    """Entries of the first object literal in `text`."""
    start = text.find("{")
    return dict(_entries(text[start + 1 : _end(text, start) - 1])) if start >= 0 else {}


def _strings(text: str) -> list[str]:
    return [found[1] for found in re.finditer(r"[\"'`]([^\"'`\n]+)[\"'`]", text)]


def _call_args(text: str, at: int) -> tuple[list[str], int]:
    """Argument texts of the call whose `(` is the first one from `at`, and the index after its `)`."""
    start = text.find("(", at)
    if start < 0:
        return [], len(text)
    end = _end(text, start)
    return [piece for piece in _pieces(text[start + 1 : end - 1]) if piece], end


def _const_before(text: str, at: int) -> str:
    """The name in `const name = <at>` or `static name = <at>`, or ''."""
    found = re.search(
        r"([\w$]+)\s*(?::[^=;\n]*)?=\s*(?:await\s+)?(?:new\s+)?(?:[\w$.]+\.)?$", text[max(0, at - 200) : at]
    )
    return found[1] if found else ""


# -- Prisma

_BLOCK = re.compile(r"^\s*model\s+(\w+)\s*\{(.*?)^\s*\}", re.M | re.S)


def from_prisma(text: str) -> Schema:
    """Models of a `schema.prisma`."""
    out = []
    for model, body in _BLOCK.findall(text[:TEXT_LIMIT_CHARS]):
        mapped = re.search(r"@@map\(\s*(?:name:\s*)?\"([^\"]+)\"", body)
        table = _Table(mapped[1] if mapped else model)
        lines = [re.sub(r"//.*", "", line).strip() for line in body.splitlines()]
        for line in lines:
            column = re.match(r"(\w+)\s+\w.*?@map\(\s*(?:name:\s*)?\"([^\"]+)\"", line)
            if column:
                table.map_field(column[1], column[2])
        for line in lines:
            block = re.match(r"@@(unique|id)\(\s*(?:fields:\s*)?\[([^\]]*)\]", line)
            if block:
                names = [re.sub(r"\(.*", "", name).strip() for name in block[2].split(",")]
                (table.add_unique if block[1] == "unique" else table.set_primary)(names)
                continue
            name = re.match(r"\w+", line)
            if name and re.search(r"@id\b", line):
                table.set_primary([name[0]])
            elif name and re.search(r"(?<!@)@unique\b", line):
                table.add_unique([name[0]])
        out.append(table.schema(model))
    return merge(*out)


# -- TypeORM, MikroORM and sequelize-typescript

_KEYS = {"PrimaryColumn", "PrimaryGeneratedColumn", "ObjectIdColumn", "PrimaryKey"}


def from_decorators(
    class_name: str, decorators: Iterable[Decorator], members: Iterable[tuple[str, Iterable[Decorator]]]
) -> Schema:
    """An entity class: its decorators and its members' as (name, text of the arguments)."""
    outer = list(decorators)
    entity = next((args for name, args in outer if name in ("Entity", "ViewEntity", "Table")), None)
    if entity is None:
        return EMPTY
    options = _object(entity)
    direct = re.match(r"\s*\(?\s*[\"'`]([^\"'`]+)", entity)
    named = _strings(options.get("name", options.get("tableName", "")))
    table = _Table(direct[1] if direct else named[0] if named else class_name)
    if re.match(r"true\b", options.get("version", "")):
        table.version = "version"
    rows = [(name, list(decorated)) for name, decorated in members]
    for member, decorated in rows:
        for name, args in decorated:
            options = _object(args)
            column = _strings(options.get("name", options.get("field", "")))
            if column and name.endswith("Column"):
                table.map_field(member, column[0])
    primary = []
    for member, decorated in rows:
        for name, args in decorated:
            unique = re.search(r"\bunique\s*:\s*true", args)
            if name in _KEYS or re.search(r"\bprimary(?:Key)?\s*:\s*true", args):
                primary.append(member)
            elif name == "VersionColumn" or (name == "Property" and re.search(r"\bversion\s*:\s*true", args)):
                table.version = table.column(member)
            elif name == "Unique" or (unique and name in ("Column", "Property", "Index", "JoinColumn")):
                table.add_unique([member])
    if primary:
        table.set_primary(primary)
    for name, args in outer:
        if name == "Unique" or (name == "Index" and re.search(r"\bunique\s*:\s*true", args)):
            fields = re.search(r"\[([^\]]*)\]", args)
            table.add_unique(
                _strings(fields[1]) or re.findall(r"\.(\w+)", fields[1]) if fields else _strings(args)[-1:]
            )
    return table.schema(class_name)


# -- SQL migrations

_SQL_NAME = r"(?:[\"`\[]?\w+[\"`\]]?\.)?[\"`\[]?(\w+)[\"`\]]?"
_CREATE_TABLE = re.compile(rf"\bcreate\s+(?:temp\w*\s+)?table\s+(?:if\s+not\s+exists\s+)?{_SQL_NAME}\s*(?=\()", re.I)
_UNIQUE_INDEX = re.compile(
    rf"\bcreate\s+unique\s+index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?(?:[\"`]?[\w.]+[\"`]?\s+)?"
    rf"on\s+(?:only\s+)?{_SQL_NAME}\s*(?:using\s+\w+\s*)?(?=\()",
    re.I,
)
_ALTER = re.compile(rf"\balter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{_SQL_NAME}\s+([^;]*)", re.I)


def from_sql(text: str) -> Schema:
    """CREATE TABLE, CREATE UNIQUE INDEX and ALTER TABLE ... ADD of a migration."""
    text = re.sub(r"--[^\n]*|/\*.*?\*/", " ", text[:TEXT_LIMIT_CHARS], flags=re.S)
    tables: dict[str, _Table] = {}

    def table(name: str) -> _Table:
        return tables.setdefault(table_name(name), _Table(name))

    for found in _CREATE_TABLE.finditer(text):
        start = found.end()
        for clause in _pieces(text[start + 1 : _end(text, start) - 1]):
            _clause(table(found[1]), clause)
    for found in _UNIQUE_INDEX.finditer(text):
        start = found.end()
        table(found[1]).add_unique(_index_columns(text[start + 1 : _end(text, start) - 1]))
    for found in _ALTER.finditer(text):
        for clause in _pieces(found[2]):
            added = re.match(r"add\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?(.*)", clause, re.I | re.S)
            if added:
                _clause(table(found[1]), added[1])
    return merge(*(table.schema() for table in tables.values()))


def _index_columns(text: str) -> list[str]:
    """`a, lower(b) DESC, (c)` -> a, b, c"""
    out = []
    for piece in _pieces(text):
        inner = re.search(r"\(\s*[\"`\[]?(\w+)", piece)
        plain = re.match(r"[\"`\[]?(\w+)", piece)
        if inner or plain:
            out.append((inner or plain)[1])  # type: ignore[index]
    return out


def _clause(table: _Table, clause: str) -> None:
    found = re.match(
        r"(?:constraint\s+[\"`]?\w+[\"`]?\s+)?(unique|primary\s+key)\b(?:\s+(?:key|index))?[^(]*\(([^)]*)\)",
        clause,
        re.I,
    )
    if found:
        columns = _index_columns(found[2])
        (table.add_unique if found[1].lower() == "unique" else table.set_primary)(columns)
        return
    column = re.match(r"[\"`\[]?(\w+)[\"`\]]?\s+(.*)", clause, re.S)
    if column is None or column[1].lower() in (
        "constraint",
        "foreign",
        "check",
        "index",
        "key",
        "exclude",
        "like",
    ):
        return
    if re.search(r"\bprimary\s+key\b", column[2], re.I):
        table.set_primary([column[1]])
    elif re.search(r"\bunique\b", column[2], re.I):
        table.add_unique([column[1]])


# -- declarations in TypeScript

_HINTS = (
    "unique",
    "createIndex",
    "optimisticConcurrency",
    "primaryKey",
    "Table(",
    "tableName",
    "new Schema",
    "mongoose.Schema",
    "define(",
)


def from_typescript(text: str) -> Schema:
    """Sequelize, Mongoose, Drizzle, knex and Kysely declarations in one file's text."""
    if len(text) > TEXT_LIMIT_CHARS or not any(hint in text for hint in _HINTS):
        return EMPTY
    return merge(
        *_mongoose(text), *_nest_mongoose(text), *_mongodb(text), *_sequelize(text), *_drizzle(text), *_builders(text)
    )


def _mongoose(text: str) -> Iterator[Schema]:
    models: dict[str, str] = {}
    for found in re.finditer(r"\bmodel\s*(?:<[^>(]*>)?\s*\(\s*[\"'`](\w+)[\"'`]\s*,\s*(\w+)", text):
        models.setdefault(found[2], found[1])
    for found in re.finditer(r"\bnew\s+(?:mongoose\.)?Schema\b\s*(?:<[^(]*>)?\s*(?=\()", text):
        args, _ = _call_args(text, found.end())
        variable = _const_before(text, found.start())
        named = models.get(variable) or re.sub(r"_?[sS]chema$", "", variable)
        if not named or not args:
            continue
        options = _object(args[1]) if len(args) > 1 else {}
        collection = _strings(options.get("collection", ""))
        table = _Table(collection[0] if collection else named)
        table.set_primary(["_id"])
        if options.get("optimisticConcurrency", "").startswith("true"):
            table.version = column_name(_strings(options.get("versionKey", "'__v'"))[0])
        for name, value in _object(args[0]).items():
            if re.search(r"\bunique\s*:\s*(?:true|\[)", value):
                table.add_unique([name])
        if variable:
            for index in re.finditer(rf"\b{re.escape(variable)}\s*\.index\s*(?=\()", text):
                parts, _ = _call_args(text, index.end())
                if len(parts) > 1 and re.search(r"\bunique\s*:\s*true", parts[1]):
                    table.add_unique(_object(parts[0]))
        yield table.schema(named)


def _nest_mongoose(text: str) -> Iterator[Schema]:
    """Classes under `@Schema(...)`, whose fields are under `@Prop(...)`."""
    for found in re.finditer(r"@Schema\s*(?=\()", text):
        args, at = _call_args(text, found.end())
        named = re.match(r"\s*(?:export\s+)?(?:default\s+)?(?:abstract\s+)?class\s+(\w+)[^{]*", text[at : at + 300])
        if named is None:
            continue
        table = _Table(named[1])
        table.set_primary(["_id"])
        if args and _object(args[0]).get("optimisticConcurrency", "").startswith("true"):
            table.version = "__v"
        start = at + named.end()
        for prop in re.finditer(r"@Prop\s*(?=\()", text[start : _end(text, start)]):
            props, after = _call_args(text, start + prop.end())
            name = re.match(r"\s*(?:readonly\s+)?(\w+)", text[after : after + 100])
            if name is not None and props and re.search(r"\bunique\s*:\s*(?:true|\[)", props[0]):
                table.add_unique([name[1]])
        yield table.schema(named[1])


def _mongodb(text: str) -> Iterator[Schema]:
    collections = re.findall(
        r"\b(\w+)\s*(?::[^=;\n]*)?=[^=;]*?\.collection\s*(?:<[^(]*>)?\(\s*[\"'`](\w+)[\"'`]\s*\)", text
    )
    names = dict(collections)
    for found in re.finditer(
        r"(?:\.collection\s*(?:<[^(]*>)?\(\s*[\"'`](\w+)[\"'`]\s*\)|\b(\w+))\s*\.createIndex\s*(?=\()", text
    ):
        args, _ = _call_args(text, found.end())
        named = found[1] or names.get(found[2])
        if named and len(args) > 1 and re.search(r"\bunique\s*:\s*true", args[1]):
            table = _Table(named)
            table.set_primary(["_id"])
            table.add_unique(_object(args[0]))
            yield table.schema()


def _sequelize(text: str) -> Iterator[Schema]:
    for found in re.finditer(r"\b(\w+)\.(define|init)\s*(?:<[^(]*>)?\s*(?=\()", text):
        args, _ = _call_args(text, found.end())
        if found[2] == "define":
            names = _strings(args[0])[:1] if args else []
            args = args[1:]
        else:
            names = [found[1]]
        if not names or not args or not args[0].startswith("{"):
            continue
        options = _object(args[1]) if len(args) > 1 else {}
        model = (_strings(options.get("modelName", "")) or names)[0]
        table = _Table((_strings(options.get("tableName", "")) or [model])[0])
        attributes = _object(args[0])
        for name, value in attributes.items():
            column = re.search(r"\bfield\s*:\s*[\"'`](\w+)", value)
            if column:
                table.map_field(name, column[1])
        groups: dict[str, list[str]] = {}
        for name, value in attributes.items():
            unique = re.search(r"\bunique\s*:\s*(true|\{|[\"'`](\w+))", value)
            if re.search(r"\bprimaryKey\s*:\s*true", value):
                table.set_primary([name])
            elif unique and unique[2]:
                groups.setdefault(unique[2], []).append(name)
            elif unique:
                table.add_unique([name])
        for columns in groups.values():
            table.add_unique(columns)
        for index in _pieces(options.get("indexes", "").strip().removeprefix("[").removesuffix("]")):
            entry = _object(index)
            if entry.get("unique", "").startswith("true"):
                table.add_unique(_strings(entry.get("fields", "")))
        version = options.get("version", "")
        if version and not version.startswith("false"):
            table.version = column_name((_strings(version) or ["version"])[0])
        yield table.schema(model, names[0])


def _drizzle(text: str) -> Iterator[Schema]:
    for found in re.finditer(r"\b(?:pg|mysql|sqlite|\w*[cC]reate)Table\s*(?=\()", text):
        args, _ = _call_args(text, found.end())
        names = _strings(args[0])[:1] if args else []
        if not names or len(args) < 2 or "{" not in args[1]:
            continue
        table = _Table(names[0])
        columns = _object(args[1])
        for name, value in columns.items():
            column = re.match(r"\w+(?:\.\w+)?\(\s*[\"'`](\w+)", value)
            if column:
                table.map_field(name, column[1])
        for name, value in columns.items():
            if re.search(r"\.primaryKey\(", value):
                table.set_primary([name])
            elif re.search(r"\.unique\(", value):
                table.add_unique([name])
        for extra in args[2:]:
            for on in re.finditer(r"\b(?:unique|uniqueIndex)\s*\([^)]*\)\s*\.on\s*\(([^)]*)\)", extra):
                table.add_unique(re.findall(r"\.(\w+)", on[1]))
            key = re.search(r"\bprimaryKey\s*\(([^)]*)\)", extra)
            if key:
                table.set_primary(re.findall(r"\w+\.(\w+)", key[1]))
        variable = _const_before(text, found.start())
        yield table.schema(variable) if variable else table.schema()


def _builders(text: str) -> Iterator[Schema]:
    """knex and Kysely migrations."""
    for found in re.finditer(r"\.(createTable|alterTable|createTableIfNotExists|table)\s*\(\s*[\"'`](\w+)[\"'`]", text):
        table = _Table(found[2])
        _, end = _call_args(text, found.start())
        body = text[found.start() : end]
        chain = text[end : end + 4000]
        for statement in _pieces(body[body.find("{") + 1 :] if "{" in body else body, ";\n"):
            column = re.search(r"\.\w+\(\s*[\"'`](\w+)[\"'`].*\.unique\(", statement, re.S)
            several = re.search(r"\.(unique|primary)\(\s*\[([^\]]*)\]", statement)
            key = re.search(r"\.\w+\(\s*[\"'`](\w+)[\"'`].*\.primary\(", statement, re.S)
            increments = re.search(r"\.(?:big)?[iI]ncrements\(\s*(?:[\"'`](\w+))?", statement)
            if several:
                (table.add_unique if several[1] == "unique" else table.set_primary)(_strings(several[2]))
            elif column:
                table.add_unique([column[1]])
            elif key or increments:
                table.set_primary([key[1] if key else (increments and increments[1]) or "id"])
        kysely = re.match(r"(?:\s*\.\w+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*", chain)
        for call in re.finditer(
            r"\.addColumn\(\s*[\"'`](\w+)[\"'`](.*?)(?=\.add|\.execute|$)", kysely[0] if kysely else "", re.S
        ):
            if ".primaryKey(" in call[2]:
                table.set_primary([call[1]])
            elif ".unique(" in call[2]:
                table.add_unique([call[1]])
        for call in re.finditer(
            r"\.addUniqueConstraint\(\s*[\"'`]\w+[\"'`]\s*,\s*\[([^\]]*)\]", kysely[0] if kysely else ""
        ):
            table.add_unique(_strings(call[1]))
        yield table.schema()
    for found in re.finditer(r"\.createIndex\(", text):
        chain = text[found.start() : found.start() + 400].split("execute", 1)[0]
        on = re.search(r"\.on\(\s*[\"'`](\w+)", chain)
        if on and ".unique()" in chain:
            table = _Table(on[1])
            table.add_unique(_strings("".join(re.findall(r"\.columns?\(([^)]*)\)", chain))))
            yield table.schema()
