"""A program: its modules, how they refer to one another, and what its type annotations say.

Strategy: everything is on demand and immutable once computed, so that the thousands of executions of a
verification share it. Types are read as a reader would: enough to know a promise, a container, a lock, a
class with a body; never to check. A package is a model module (TypeScript, in a models folder) or unknown.
Deliberately absent: any state of an execution.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from itertools import repeat
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from krepis.twin.typescript import adoption, jsdoc, startup
from krepis.twin.typescript.classes import Klass, construct
from krepis.twin.typescript.code import ClassCode, FunctionCode, Member, ModuleCode, TypeDecl, TypeRef
from krepis.twin.typescript.schema import EMPTY, Schema
from krepis.twin.typescript.tsconfig import read_tsconfig
from krepis.twin.typescript.values import (
    UNDEFINED,
    Cell,
    JsFunction,
    JsObject,
    Lazy,
    Rest,
    Term,
    Value,
    own,
    raw,
    term,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine

Typed = tuple[TypeRef, ModuleCode | None]
Answer = TypeVar("Answer")

MODELS = Path(__file__).parent / "models"
INTRINSICS = "krepis:model"
SUFFIXES = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_PROMISES = frozenset({"Promise", "PromiseLike", "Bluebird"})
_PRIMITIVES = frozenset(
    [
        "string",
        "number",
        "boolean",
        "bigint",
        "Date",
        "literal",
        "symbol",
        "keyof",
        "Buffer",
        "RegExp",
        "URL",
        "Uint8Array",
        "template",
    ]
)
_MAPS = frozenset({"Map", "Set", "WeakMap", "WeakSet", "ReadonlyMap", "ReadonlySet", "LRUCache"})
_ARRAYS = frozenset({"Array", "ReadonlyArray", "[]"})
_TIMERS = frozenset({"NodeJS.Timeout", "Timeout", "NodeJS.Timer", "Timer", "NodeJS.Immediate"})
_VOID = frozenset({"void", "undefined", "null", "never"})
LOCK_CLASSES = frozenset(
    [
        "Mutex",
        "Semaphore",
        "AsyncLock",
        "AsyncMutex",
        "Lock",
        "MutexInterface",
        "SemaphoreInterface",
        "PQueue",
        "Sema",
        "AbortController",
    ]
)
"""Classes whose instances make calls wait for each other."""
_REQUESTS = frozenset(
    [
        "Request",
        "Response",
        "NextFunction",
        "Context",
        "Ctx",
        "FastifyRequest",
        "FastifyReply",
        "NextRequest",
        "NextResponse",
        "IncomingMessage",
        "ServerResponse",
        "NextApiRequest",
        "NextApiResponse",
        "Socket",
        "WebSocket",
        "Koa.Context",
        "ExecutionContext",
        "ArgumentsHost",
        "CallHandler",
        "ParameterizedContext",
        "RouterContext",
        "APIGatewayProxyEvent",
        "KoaContext",
        "express.Request",
        "express.Response",
        "express.NextFunction",
        "Express.Request",
        "Express.Response",
    ]
)
_TRANSPARENT = frozenset({"Readonly", "Required", "NonNullable", "Awaited", "Partial", "DeepPartial", "Omit", "Pick"})
_MAX_LINEAGE = 12
"""Classes that one extends."""
_GIVEN_BY = re.compile(r"(?i:lazy)?[Ii]nject|Autowired$|WebSocketServer$")
"""Decorators of fields that a container fills."""
_ROWS = frozenset({"Entity", "ViewEntity", "ChildEntity", "Table", "Schema"})
"""Decorators of classes whose objects are rows or documents of a database."""
_ROW_BASES = frozenset(
    {
        ("sequelize", "Model"),
        ("sequelize-typescript", "Model"),
        ("objection", "Model"),
        ("typeorm", "BaseEntity"),
        ("@mikro-orm/core", "BaseEntity"),
        ("mongoose", "Document"),
    }
)
"""Classes of packages whose objects are rows or documents of a database."""
_ADOPTED: dict[str, adoption.Client] = {
    "PrismaService": adoption.PRISMA,
    "PrismaClient": adoption.PRISMA,
    "prisma": adoption.PRISMA,
    "prismaClient": adoption.PRISMA,
    "redis": adoption.IOREDIS,
    "redisClient": adoption.IOREDIS,
    "RedisService": adoption.IOREDIS,
    "pool": adoption.POSTGRES,
    "pgPool": adoption.POSTGRES,
}
CARRIED = frozenset(
    ["prisma", "db", "database", "orm", "knex", "kysely", "drizzle", "redis", "pool", "pg", "mysql", "sequelize"]
)
"""Fields under which a request's context carries the client of a store."""
_MONGO = frozenset(
    [
        "findOneAndUpdate",
        "updateOne",
        "updateMany",
        "findById",
        "findByIdAndUpdate",
        "deleteOne",
        "insertMany",
        "countDocuments",
        "findOneAndDelete",
        "bulkWrite",
        "exists",
    ]
)


DEFAULT = re.compile(rb"^export\s+default\s+([A-Za-z_$][\w$]*)\s*;?\s*$", re.M)
"""What a module exports by default, if it is a name."""


_LONE_CR = re.compile(r"\r(?!\n)")


class Program:
    """The modules of a program and the answers to what the machine asks of its text."""

    def __init__(
        self,
        files: Iterable[str],
        root: Path,
        models: tuple[Path, ...] = (),
        texts: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.root = root
        self.texts = texts
        self.files = list(files)
        self.models = (*models, MODELS)
        self._modules: dict[str, ModuleCode | None] = {}
        self._resolved: dict[tuple[str, str], str | None] = {}
        self._types: dict[tuple[str, str], tuple[Any, frozenset[str]]] = {}
        self._kinds: dict[Any, tuple[Any, Any, str | None, frozenset[str]]] = {}
        self._constants: dict[tuple[Any, str], bool] = {}
        self._assigns: dict[ModuleCode, frozenset[str]] = {}
        self._discarded: dict[tuple[ModuleCode, int, bool], bool] = {}
        self._per_request: dict[ClassCode, tuple[bool, frozenset[str]]] = {}
        self._adopted: dict[tuple[str, str, str], tuple[adoption.Client | None, str]] = {}
        self._model_of: dict[str, str | None] = {}
        self._initialisers: dict[ClassCode, tuple[str, ...]] = {}
        self.failed: dict[str, str] = {}
        self.touched: set[str] = set()
        self.entered: set[FunctionCode] = set()
        self.whole: set[str] = set()
        self.cancelled: Callable[[], bool] | None = None

    # ------------------------------------------------------------------ modules

    def module(self, path: str) -> ModuleCode | None:
        """The lowered module at an absolute path; None when it cannot be read."""
        self.touched.add(path)
        if path in self._modules:
            return self._modules[path]
        from krepis.twin.typescript.lower import lower_module

        code: ModuleCode | None = None
        try:
            text = self.texts.get(path)
            if text is None:
                text = read_text(Path(path))
            if "\r" in text:
                text = _LONE_CR.sub("\n", text)  # a line terminator of ECMA-262 that the grammar does not know
            code = lower_module(text, path)
        except OSError as error:
            self.failed[path] = error.strerror or str(error)
        self._modules[path] = code
        return code

    def held(self, path: str) -> ModuleCode | None:
        """The module at a path, if it is in memory and could be read."""
        return self._modules.get(path)

    def begin(self) -> None:
        """From now on, `touched` are modules that were asked for, `entered` functions that ran, `whole` texts read."""
        self.touched, self.entered, self.whole = set(), set(), set()

    def look_into(self, code: FunctionCode) -> bytes:
        """The text of a function."""
        module = code.module
        self.entered.update(f for f in module.functions if code.start <= f.start and f.end <= code.end)
        return module.text[code.start : code.end]

    def _touching(self, compute: Callable[[], Answer]) -> tuple[Answer, frozenset[str]]:
        """What a computation gives, and which modules it asked for."""
        outer, self.touched = self.touched, set()
        try:
            return compute(), frozenset(self.touched)
        finally:
            self.touched = outer | self.touched

    def loaded(self) -> list[str]:
        """The project modules held in memory."""
        return [p for p in self._modules if not self.is_model(p)]

    def forget_oldest(self, keep: int) -> None:
        """Drops modules of the project but the `keep` that were used last, as far as `used` was told."""
        loaded = self.loaded()
        self.forget(loaded[: max(0, len(loaded) - keep)])

    def used(self, paths: Iterable[str]) -> None:
        """These modules were used just now."""
        for p in paths:
            if p in self._modules:
                self._modules[p] = self._modules.pop(p)

    def size(self) -> int:
        """How many modules are held in memory."""
        return len(self._modules)

    def forget(self, paths: Iterable[str] | None = None) -> None:
        """Drops modules of the project (all, or those at `paths`) and what was computed from any."""
        for p in self.loaded() if paths is None else paths:
            self._modules.pop(p, None)
            self.failed.pop(p, None)
        self._resolved.clear()
        self._types.clear()
        self._kinds.clear()
        self._constants.clear()
        self._assigns.clear()
        self._discarded.clear()
        self._per_request.clear()
        self._adopted.clear()

    def is_model(self, path: str) -> bool:
        """Whether a module is a library model."""
        found = self._model_of.get(path)
        if found is None:
            found = "y" if any(path.startswith(str(folder)) for folder in self.models) else "n"
            self._model_of[path] = found
        return found == "y"

    def resolve(self, specifier: str, importer: str) -> str | None:
        """The absolute path of the module that `specifier` names in `importer`; None for an unknown package."""
        key = (specifier, importer)
        if key not in self._resolved:
            self._resolved[key] = self._resolve(specifier, importer)
        return self._resolved[key]

    def _resolve(self, specifier: str, importer: str) -> str | None:
        if specifier.startswith("."):
            return self._file(Path(importer).parent / specifier)
        if specifier.startswith("/"):
            return None
        for pattern, targets in self.aliases:
            prefix, star, suffix = pattern.partition("*")
            if star and specifier.startswith(prefix) and specifier.endswith(suffix):
                middle = specifier[len(prefix) : len(specifier) - len(suffix)]
                for t in targets:
                    found = self._file(Path(t.replace("*", middle)))
                    if found is not None:
                        return found
            elif not star and specifier == pattern:
                for t in targets:
                    found = self._file(Path(t))
                    if found is not None:
                        return found
        name = specifier.removeprefix("node:")
        flat = name.replace("/", "__").replace(":", "__")
        for folder in self.models:
            candidate = folder / f"{flat}.ts"
            if os.path.isfile(candidate):
                return str(candidate)
        return self._workspace(specifier)

    def _workspace(self, specifier: str) -> str | None:
        for base in (self.root / "packages", self.root / "libs", self.root / "apps"):
            name = specifier.rsplit("/", 1)[-1]
            if specifier.startswith("@") and os.path.isdir(base):
                for entry in ("src/index", "index"):
                    found = self._file(base / name / entry)
                    if found is not None:
                        return found
        return None

    def _file(self, base: Path) -> str | None:
        base = Path(_normal(base))
        text = str(base)
        if base.suffix in (".js", ".mjs", ".cjs", ".jsx"):
            stem = text[: -len(base.suffix)]
            for suffix in (".ts", ".tsx", ".mts", ".cts"):
                if self._is_file(stem + suffix):
                    return stem + suffix
        if base.suffix in SUFFIXES and self._is_file(text):
            return text
        for stem in (text, f"{text}/index"):
            for suffix in SUFFIXES:
                if self._is_file(stem + suffix):
                    return stem + suffix
        return None

    def _is_file(self, path: str) -> bool:
        """Whether there is such a file, saved or not."""
        return path in self.texts or os.path.isfile(path)

    @cached_property
    def aliases(self) -> list[tuple[str, list[str]]]:
        """The path mappings of the project's `tsconfig.json` files, in the order in which they are tried."""
        out: list[tuple[str, list[str]]] = []
        seen: set[Path] = set()
        folders, top = {str(self.root)}, os.path.join(self.root, "")
        for file in self.files[:2000]:
            folder = os.path.dirname(file)
            while folder.startswith(top) and folder not in folders:
                folders.add(folder)
                folder = os.path.dirname(folder)
        for folder in sorted(folders, key=lambda name: (name.count(os.sep), name)):
            config = Path(folder, "tsconfig.json")
            while os.path.isfile(config) and config not in seen:
                seen.add(config)
                options, extends = read_tsconfig(config)
                url = options.get("baseUrl")
                base = Path(_normal(config.parent / (url if isinstance(url, str) else ".")))
                paths = options.get("paths")
                if isinstance(paths, dict):
                    for pattern, targets in paths.items():
                        if isinstance(targets, list):
                            out.append((str(pattern), [str(base / t) for t in targets if isinstance(t, str)]))
                if isinstance(url, str):
                    out.append(("*", [str(base / "*")]))
                if not isinstance(extends, str) or not extends.startswith("."):
                    break
                config = Path(_normal(config.parent / (extends if extends.endswith(".json") else extends + ".json")))
        return out

    @cached_property
    def schema(self) -> Schema:
        """Constraints declared anywhere in the project."""
        from krepis.twin.typescript.project_schema import read_schema

        return read_schema(self)

    # ------------------------------------------------------------------ names and types

    def find(self, name: str, module: ModuleCode | None, depth: int = 0) -> tuple[str, Any, ModuleCode] | None:
        """What a type name means: ('class', ClassCode, module) or ('decl', TypeDecl, module)."""
        if module is None or depth > 12:
            return None
        key = (module.path, name)
        known = self._types.get(key)
        if known is None:
            self._types[key] = None, frozenset()
            known = self._types[key] = self._touching(lambda: self._find(name, module, depth))
        else:
            self.touched |= known[1]
        return known[0]  # type: ignore[no-any-return]

    def _find(self, name: str, module: ModuleCode, depth: int) -> tuple[str, Any, ModuleCode] | None:
        for c in module.classes:
            if c.name == name:
                return ("class", c, module)
        decl = module.types.get(name)
        if decl is not None:
            return ("decl", decl, module)
        if "." in name:
            head, _, last = name.rpartition(".")
            source = module.imports.get(head.split(".")[0])
            if source is not None:
                target = self.resolve(source[0], module.path)
                inner = self.module(target) if target is not None else None
                return self._exported(last, inner, depth + 1)
            return None
        if name in module.imports:
            specifier, imported = module.imports[name]
            target = self.resolve(specifier, module.path)
            inner = self.module(target) if target is not None and target != INTRINSICS else None
            return self._exported(imported, inner, depth + 1)
        return None

    def _exported(self, name: str, module: ModuleCode | None, depth: int) -> tuple[str, Any, ModuleCode] | None:
        if module is None or depth > 12:
            return None
        local = module.exports.get(name, name)
        if local == "default":
            named = DEFAULT.search(module.text)
            local = named[1].decode() if named is not None else local
        found = self.find(local, module, depth)
        if found is not None:
            return found
        if name in module.reexports:
            specifier, inner = module.reexports[name]
            target = self.resolve(specifier, module.path)
            return self._exported(inner, self.module(target) if target else None, depth + 1)
        for specifier in module.star_exports:
            target = self.resolve(specifier, module.path)
            found = self._exported(name, self.module(target) if target else None, depth + 1)
            if found is not None:
                return found
        return None

    def expand(self, ref: TypeRef, module: ModuleCode | None, depth: int = 0) -> Typed:
        """A type with aliases and transparent wrappers resolved at the top, null and undefined dropped."""
        if depth > 10:
            return ref, module
        if ref.name == "|":
            kept = [a for a in ref.args if a.name not in ("undefined", "null")]
            if len(kept) == 1:
                return self.expand(kept[0], module, depth + 1)
            return ref, module
        if ref.name in _TRANSPARENT and ref.args and ref.name not in ("Partial", "DeepPartial", "Pick", "Omit"):
            inner, m = self.expand(ref.args[0], module, depth + 1)
            if ref.name == "Awaited" and inner.name in _PROMISES and inner.args:
                return self.expand(inner.args[0], m, depth + 1)
            return inner, m
        if ref.name in ("Omit", "Pick", "Partial", "DeepPartial") and ref.args:
            return self.expand(ref.args[0], module, depth + 1)
        found = self.find(ref.name, module) if _nominal(ref.name) else None
        if found is not None and found[0] == "decl" and found[1].kind == "alias":
            decl: TypeDecl = found[1]
            target = decl.type
            if decl.type_params and ref.args:
                target = substitute(target, dict(zip(decl.type_params, ref.args, strict=False)))
            return self.expand(target, found[2], depth + 1)
        return ref, module

    def kind_of(self, typed: Any) -> str | None:
        """promise, function, timer, lock, primitive, array, map, object, void; None when unknown."""
        if typed is None:
            return None
        ref, module = typed
        if ref.name in _PRIMITIVES:
            return "primitive"
        key = (id(ref), id(module))
        found = self._kinds.get(key)
        if found is None:
            answer = self._touching(lambda: self._kind(ref, module))
            found = self._kinds[key] = (ref, module, *answer)  # keeps `ref` alive, so its id stays its own
        else:
            self.touched |= found[3]
        return found[2]

    def _kind(self, ref: TypeRef, module: ModuleCode | None) -> str | None:
        ref, module = self.expand(ref, module)
        name = ref.name
        if name in _PROMISES:
            return "promise"
        if name in ("=>", "new", "Function"):
            return "function"
        if name in _PRIMITIVES:
            return "primitive"
        if name in _VOID:
            return "void"
        if name in _ARRAYS:
            return "array"
        if name in _MAPS:
            return "map"
        if name in _TIMERS or (
            name == "ReturnType" and "set" in ref.text and ("Timeout" in ref.text or "Interval" in ref.text)
        ):
            return "timer"
        if name.rsplit(".", 1)[-1] in LOCK_CLASSES:
            return "lock"
        if name == "|":
            kinds = [self._kind(a, module) for a in ref.args if a.name not in _VOID]
            if "promise" in kinds:
                return "promise"
            return kinds[0] if kinds and all(k == kinds[0] for k in kinds) else None
        if name in ("{}", "Record", "object"):
            if name == "{}" and "()" in ref.members:
                return "function"
            return "object"
        found = self.find(name, module) if _nominal(name) else None
        if found is None:
            return None
        if found[0] == "decl" and found[1].kind == "enum":
            return "primitive"
        if found[0] == "decl" and "()" in found[1].type.members:
            return "function"
        return "object"

    def optional(self, typed: Any) -> bool:
        """Whether a type admits null or undefined."""
        if typed is None:
            return True
        ref = typed[0]
        if ref.name in ("undefined", "null", "void", "any", "unknown"):
            return True
        if ref.name == "|":
            return any(a.name in ("undefined", "null", "void") for a in ref.args)
        if _nominal(ref.name):
            found = self.find(ref.name, typed[1])
            if found is not None and found[0] == "decl" and found[1].kind == "alias":
                return self.optional((found[1].type, found[2]))
            if found is None and len(ref.name) <= 2:
                return True
        return False

    def is_string(self, typed: Any) -> bool:
        """Whether a type is a string."""
        if typed is None:
            return False
        ref = self.expand(*typed)[0]
        return ref.name == "string" or (ref.name == "literal" and ref.text[:1] in "'\"`")

    def typeof(self, typed: Any) -> str | None:
        """What `typeof` gives for a type, if it is known."""
        if typed is None or self.optional(typed):
            return None
        ref = self.expand(*typed)[0]
        if ref.name in ("string", "number", "boolean", "bigint", "symbol"):
            return ref.name
        kind = self.kind_of(typed)
        return {
            "function": "function",
            "object": "object",
            "array": "object",
            "map": "object",
            "promise": "object",
        }.get(kind or "")

    def request_type(self, typed: Any) -> bool | None:
        """True for a type of a per-request object, None when the annotation does not say."""
        if typed is None:
            return None
        ref = self.expand(*typed)[0]
        if ref.name in _REQUESTS or ref.name.rsplit(".", 1)[-1] in _REQUESTS:
            return True
        return None if ref.name in ("any", "unknown") else False

    def members(self, typed: Any) -> tuple[dict[str, TypeRef], ModuleCode | None]:
        """The members that an interface, class or object type declares, with those of its ancestors."""
        ref, module = self.expand(*typed)
        out: dict[str, TypeRef] = {}
        if ref.name == "{}":
            return dict(ref.members), module
        if ref.name == "&":
            for a in ref.args:
                out.update(self.members((a, module))[0])
            return out, module
        found = self.find(ref.name, module) if _nominal(ref.name) else None
        if found is None:
            return out, module
        if found[0] == "decl":
            decl: TypeDecl = found[1]
            for base in decl.extends:
                out.update(self.members((base, found[2]))[0])
            out.update(decl.type.members)
            if decl.type_params and ref.args:
                mapping = dict(zip(decl.type_params, ref.args, strict=False))
                out = {k: substitute(v, mapping) for k, v in out.items()}
            return out, found[2]
        cls: ClassCode = found[1]
        for member in cls.members:
            if member.name is None or member.static:
                continue
            if member.type is not None and member.kind in ("field", "accessor", "get"):
                out[member.name] = member.type
            elif member.kind == "get" and member.code is not None and member.code.return_type is not None:
                out[member.name] = member.code.return_type
        if cls.ctor is not None:
            for index, name in cls.param_properties:
                ref2 = cls.ctor.param_types[index] if index < len(cls.ctor.param_types) else None
                if ref2 is not None:
                    out[name] = ref2
        return out, found[2]

    def member_type(self, typed: Any, key: Any) -> Any:
        """The type of a property of a value of a type."""
        if typed is None:
            return None
        ref, module = self.expand(*typed)
        if ref.name == "Record" and len(ref.args) > 1:
            return (ref.args[1], module)
        if ref.name in _ARRAYS and ref.args and not isinstance(key, str):
            return (ref.args[0], module)
        members, home = self.members((ref, module))
        found = members.get(key) if isinstance(key, str) else None
        if found is None:
            found = members.get("[]")
        return (found, home) if found is not None else None

    def awaited_type(self, typed: Any) -> Any:
        """The type that awaiting gives."""
        if typed is None:
            return None
        ref, module = self.expand(*typed)
        if ref.name in _PROMISES:
            return (ref.args[0], module) if ref.args else None
        return typed

    def element_type(self, typed: Any) -> Any:
        """The element type of an array, set or iterable type."""
        if typed is None:
            return None
        ref, module = self.expand(*typed)
        if ref.args and ref.name in (
            *_ARRAYS, "Set", "ReadonlySet", "Iterable", "AsyncIterable", "Generator", "AsyncGenerator",
            "IterableIterator", "AsyncIterableIterator", "Iterator",
        ):  # fmt: skip
            return (ref.args[0], module)
        return None

    def tuple_type(self, typed: Any, index: int) -> Any:
        """The type of one element of a tuple type."""
        if typed is None:
            return None
        ref, module = self.expand(*typed)
        return (ref.args[index], module) if ref.name == "[]" and index < len(ref.args) else None

    def takes_nothing(self, typed: Any) -> bool:
        """Whether a function type has no parameters, so that what it is given does not matter."""
        if typed is None:
            return False
        ref = self.expand(*typed)[0]
        return ref.name == "=>" and len(ref.args) == 1

    def result_type(self, typed: Any) -> Any:
        """The result type of a function type."""
        if typed is None:
            return None
        ref, module = self.expand(*typed)
        if ref.name == "=>" and ref.args:
            return (ref.args[-1], module)
        if ref.name == "{}" and "()" in ref.members:
            return self.result_type((ref.members["()"], module))
        if _nominal(ref.name):
            found = self.find(ref.name, module)
            if found is not None and found[0] == "decl" and "()" in found[1].type.members:
                return self.result_type((found[1].type.members["()"], found[2]))
        return None

    # ------------------------------------------------------------------ objects for types

    def materialise(self, R: Machine, t: Term, typed: Any) -> Value | None:
        """An object for an unknown value whose type has a body here; None when a term does."""
        ref, module = self.expand(*typed)
        kind = self.kind_of(typed)
        if kind == "map":
            name = {"ReadonlyMap": "Map", "ReadonlySet": "Set", "LRUCache": "Map"}.get(ref.name, ref.name)
            m = R.new_map(name)
            m.ident = ("made", t if t.shared else (R.frame.root, t))
            m.types = (ref, module)
            m.shared = t.shared
            m.owner = R.setup_act
            m.label = ref.name
            return m
        if kind == "array" and ref.name != "[]":
            a = R.new_array([Rest(term("rest", t, type=typed))])
            a.ident = ("made", t if t.shared else (R.frame.root, t))
            a.types = (ref, module)
            a.shared = t.shared
            return a
        if kind == "promise" and t.shared:
            p = R.new_promise()
            p.ident = ("made", t)
            p.state = 1
            p.shared = True
            p.handled = p.observed = True
            inner = self.awaited_type(typed)
            p.value = R.unknown(term("await", t, type=inner), inner)
            return p
        found = self.find(ref.name, module) if _nominal(ref.name) else None
        if found is None:
            adopted = _ADOPTED.get(ref.name)
            return self.client(R, adopted, "") if adopted is not None and t.op in ("dep", "arg") else None
        if kind not in ("object", "lock"):
            return None
        if found[0] != "class":
            return None
        cls: ClassCode = found[1]
        home: ModuleCode = found[2]
        service = t.op in ("arg", "dep") or (
            t.op == "." and t.args[0].__class__ is Term and t.args[0].op in ("arg", "dep")
        )
        if self.is_model(home.path):
            argument = ref.args[0].name if ref.args else ""
            if (
                service
                and kind != "lock"
                and not (t.op == "arg" and cls.ctor is not None and "data" in cls.ctor.param_names)
            ):
                return self.singleton(R, cls, home, argument)
            given = _given(module, ref.name) if module is not None else None
            made = self.instance(R, cls, home, argument, given)
            if isinstance(made, JsObject) and kind != "lock":
                for key, value in made.props.items():
                    if value is UNDEFINED:
                        made.props[key] = term(".", t, key)
            return made
        methods = any(m.kind == "method" for m in cls.members)
        if methods and service and not self.is_row(cls):
            return self.instance(R, cls, home, "") if self.per_request(cls) else self.singleton(R, cls, home, "")
        if t.op == "entry" and t.shared and methods and not cls.abstract and self.orders(cls, home):
            return _quietly(R, lambda: self.instance(R, cls, home, "", of=t), ("made", t))
        return None

    def orders(self, cls: ClassCode, module: ModuleCode) -> bool:
        """Whether a class, or one that it extends, keeps a promise, a function or a flag to itself: calls may wait."""
        for c in self.lineage(cls, module):
            own = [m for m in c.members if m.kind == "field" and not m.static]
            if not all(m.private or m.readonly or _HIDDEN.match(_text_of(m)) for m in own):
                return False  # others may write to it
            if any(_ORDERING.search(_text_of(m)) for m in own):
                return True
        return False

    def lineage(self, cls: ClassCode, module: ModuleCode) -> Iterator[ClassCode]:
        """A class, and those of the program that it extends, one after the other."""
        found: tuple[str, Any, ModuleCode] | None = ("class", cls, module)
        for _ in range(_MAX_LINEAGE):
            if found is None or found[0] != "class":
                return
            _, c, home = found
            yield c
            base = c.super_type
            found = self.find(base.name, home) if base is not None and _nominal(base.name) else None

    def per_request(self, cls: ClassCode) -> bool:
        """Whether each call has instances of its own: the class says so, or it is given something that does."""
        known = self._per_request.get(cls)
        if known is None:
            self._per_request[cls] = False, frozenset()  # what is given itself says nothing new
            known = self._per_request[cls] = self._touching(
                lambda: (
                    jsdoc.tagged(cls.doc, "per-request")
                    or any("REQUEST" in d.args_text for d in cls.decorators if d.name in ("Injectable", "Controller"))
                    or any(map(self._given_per_request, cls.ctor.param_types if cls.ctor else (), repeat(cls.module)))
                )
            )
        else:
            self.touched |= known[1]
        return known[0]

    def is_row(self, cls: ClassCode) -> bool:
        """Whether objects of a class are rows of a database, of which each call loads its own."""
        return any(
            any(d.name in _ROWS for d in c.decorators)
            or (c.super_type is not None and c.module.imports.get(c.super_type.name) in _ROW_BASES)
            for c in self.lineage(cls, cls.module)
        )

    def _given_per_request(self, ref: TypeRef | None, module: ModuleCode) -> bool:
        found = self.find(ref.name, module) if ref is not None and _nominal(ref.name) else None
        return found is not None and found[0] == "class" and self.per_request(found[1])

    def singleton(self, R: Machine, cls: ClassCode, module: ModuleCode, argument: str) -> Value | None:
        """The one long-lived instance of an injected class."""
        key = (module.path, cls.name, argument)
        if key not in R.singletons:
            R.singletons[key] = term("dep", module.path, cls.name, cls.name)
            made = _quietly(R, lambda: self.instance(R, cls, module, argument), ("singleton", *key))
            if made is not None:
                R.singletons[key] = made
                if isinstance(made, JsObject):
                    made.ident = ("singleton", *key)
        return R.singletons[key]

    def instance(
        self, R: Machine, cls: ClassCode, module: ModuleCode, argument: str, given: Any = None, of: Term | None = None
    ) -> Value | None:
        """A new instance with injected constructor arguments, unless a plain value is `given` for the only one.

        What stands for the unknown value `of` has plain arguments of its own.
        """
        home = R.load(module.path)
        cell = home.cells.get(cls.name) if home is not None else None
        ctor = raw(cell.v) if cell.__class__ is Cell else None
        if not isinstance(ctor, JsFunction):
            return None
        args: list[Value] = []
        if argument and self.is_model(module.path):
            args = [argument]
        elif given is not None:
            args = [_value_of(R, given)]
        else:
            args = self.injected_arguments(R, ctor, of)
        return construct(R, ctor, args, ctor, 0)

    def injected_arguments(self, R: Machine, ctor: JsFunction, of: Term | None = None) -> list[Value]:
        """What a container would give to a constructor; plain values are parts of `of`, if that is given."""
        c: JsFunction | None = ctor
        while c is not None and c.klass is not None and c.klass.ctor is None:
            c = c.klass.base
        if c is None or c.klass is None or c.klass.ctor is None:
            return []
        code = c.klass.ctor.code
        assert code is not None
        lazy = c.klass.code is not None and only_assigns(c.klass.code)
        out: list[Value] = []
        for i, name in enumerate(code.param_names):
            ref = code.param_types[i] if i < len(code.param_types) else None
            typed = (ref, code.module) if ref is not None else None
            if of is not None and typed is not None and self.kind_of(typed) == "primitive":
                out.append(term(".", of, name, type=typed))
                continue
            make = partial(self.inject, R, name, typed, f"{ctor.name}.{name}")
            out.append(Lazy(make) if lazy else make())
        return out

    def inject(self, R: Machine, name: str, typed: Any, where: str) -> Value:
        """A long-lived value for a constructor parameter."""
        shown = name if re.fullmatch(r"[\w$]+", name or "") else "dependency"
        t = term("dep", "inject", where, shown, type=typed)
        if typed is None:
            adopted = _ADOPTED.get(name)
            if adopted is not None:
                return self.client(R, adopted, "") or t
            return t
        if typed[0].name == "typeof" and typed[0].args:
            return self._injected_class(R, typed[0].args[0].name, typed[1]) or t
        if self.kind_of(typed) in ("primitive", "function"):
            return t
        if self._given_per_request(*typed):
            found = self.find(typed[0].name, typed[1])
            own = self.instance(R, found[1], found[2], "") if found is not None else None
            return own if own is not None else t
        value = R.unknown(t, typed)
        if isinstance(made := raw(value), JsObject):
            startup.start(R, made)
        return value

    def _injected_class(self, R: Machine, name: str, module: ModuleCode) -> Value | None:
        """A class that a container gives as it is (`typeof Product`): one of the program, or a model of Sequelize."""
        found = self.find(name, module)
        if found is not None and found[0] == "class":
            home = R.load(found[2].path)
            cell = home.cells.get(found[1].name) if home is not None else None
            return cell.v if cell.__class__ is Cell else None
        if any(specifier == "@nestjs/sequelize" for specifier, _ in module.imports.values()):
            return self.client(R, adoption.SEQUELIZE_MODEL, name)
        return None

    def initialisers(self, cls: ClassCode) -> tuple[str, ...]:
        """The methods that make instances of a class of the program ready."""
        if self.is_model(cls.module.path):
            return ()
        if cls not in self._initialisers:
            self._initialisers[cls] = startup.initialisers(cls)
        if self._initialisers[cls]:
            self.entered.update(f for f in cls.functions)  # whose texts say so
        return self._initialisers[cls]

    def quietly(self, R: Machine, make: Callable[[], object], place: tuple[Any, ...]) -> None:
        """Run work of the set-up beside the calls; that it fails is nothing to them."""
        _quietly(R, make, place)

    def given_field(self, R: Machine, cls: ClassCode, member: Member) -> Value:
        """What a container puts into a field without an initialiser, if its decorators say that one does."""
        if member.name is None or member.type is None or not any(_GIVEN_BY.match(d.name) for d in member.decorators):
            return UNDEFINED
        return self.inject(R, member.name, (member.type, cls.module), f"{cls.name}.{member.name}")

    def method_of(self, R: Machine, typed: Any, name: str) -> JsFunction | None:
        """The method of an unknown instance whose class has a body here."""
        if typed is None:
            return None
        ref, module = self.expand(*typed)
        found = self.find(ref.name, module) if _nominal(ref.name) else None
        if found is None or found[0] != "class" or not any(m.name == name and not m.static for m in found[1].members):
            return None
        home = R.load(found[2].path)
        cell = home.cells.get(found[1].name) if home is not None else None
        ctor = raw(cell.v) if cell.__class__ is Cell else None
        proto = raw(ctor.props.get("prototype")) if isinstance(ctor, JsFunction) else None
        f = own(proto, name) if isinstance(proto, JsObject) else None
        return f if isinstance(f, JsFunction) else None

    def adopted_import(self, R: Machine, path: str, specifier: str, imported: str) -> Value | None:
        """The client that an import of something unknown evidently is."""
        module = self.module(path)
        if module is None or self.is_model(path):
            return None
        key = (path, specifier, imported)
        if key not in self._adopted:
            local = next((k for k, v in module.imports.items() if tuple(v) == (specifier, imported)), None)
            client = adoption.client_of(module, local, specifier) if local is not None else None
            self._adopted[key] = (client, local or "")
        client, name = self._adopted[key]
        return self.client(R, client, name) if client is not None else None

    def carried(self, R: Machine, name: str, module: ModuleCode) -> Value | None:
        """The client that a field of an argument (`ctx.db`) evidently is, by its name and what is called on it."""
        if name not in CARRIED or self.is_model(module.path):
            return None
        key = (module.path, name, ".")
        if key not in self._adopted:
            self._adopted[key] = (carried_by(module, name), name)
        client = self._adopted[key][0]
        return self.client(R, client, name) if client is not None else None

    def client(self, R: Machine, client: adoption.Client, name: str) -> Value | None:
        """The shared client of a library."""
        key = ("adopted", client.package, client.export, name if client.named else "")
        if key not in R.singletons:
            R.singletons[key] = None
            path = self.resolve(client.package, str(self.root / "index.ts"))
            instance = R.load(path) if path is not None else None
            if instance is not None:
                made = R.cell_value(R._export(instance, client.package, client.export, 0))

                def make() -> Value:
                    if client.how == "define":
                        return R.callm(R.new(made, [], 0), "define", [name, UNDEFINED, UNDEFINED], 0)
                    if client.how == "value":
                        return made
                    given: list[Value] = [name] if client.named else []
                    return R.new(made, given, 0) if client.how == "new" else R.call(made, UNDEFINED, given, 0)

                R.singletons[key] = _quietly(R, make, key)
        return R.singletons[key]

    def _database(self, R: Machine, t: Term) -> Value | None:
        """The database that something unknown from outside of the program gave: `(await connect()).collection(...)`."""
        source = t
        while source.op in ("await", "call", ".") and source.args[0].__class__ is Term:
            source = source.args[0]
        code = R.frame.code
        if code is None or self.is_model(code.module.path):
            return None
        imported = source.op == "call" and str(source.args[0]).partition(".")[0] in code.module.imports
        if source.op != "dep" and not imported:
            return None
        client = adoption.database_of(code.module)
        return self.client(R, client, "database") if client is not None else None

    def adopted_client(self, R: Machine, t: Term, method: str) -> Value | None:
        """The client that an unknown value evidently is, by the method called on it."""
        if method == "collection":
            return self._database(R, t)
        if t.op == "dep" and method in _MONGO:
            path = self.resolve("mongoose", str(self.root / "index.ts"))
            instance = R.load(path) if path is not None else None
            if instance is not None:
                key = ("adopted", "mongoose", t)
                if key not in R.singletons:
                    c = R.cell_value(R._export(instance, "mongoose", "Model", 0))
                    ok = isinstance(raw(c), JsFunction)
                    R.singletons[key] = _quietly(R, lambda: R.new(c, [str(t.args[-1])], 0), key) if ok else None
                return R.singletons[key]
        return None

    def unknown_class(self, ctor: Term) -> Klass:
        """A class without a body."""
        k = Klass(str(ctor.args[-1]), None)
        k.base_unknown = ctor
        return k

    def is_model_class(self, klass: Any) -> bool:
        """Whether a class comes from a library model."""
        return klass is not None and klass.code is not None and self.is_model(klass.code.module.path)

    def injected(self, t: Term) -> bool:
        """Whether a term names an injected service."""
        return t.op == "dep" and t.args[0] == "inject"

    def made_from(self, o: JsObject, ctor: Term) -> bool:
        """`instanceof` with a class without a body."""
        return o.cls is not None and o.cls.base_unknown is ctor

    def is_constant(self, o: JsObject, key: Any, loaded: Iterable[ModuleCode] = ()) -> bool:
        """Whether a field is assigned only at construction, as far as the text of its module and of others shows."""
        code = o.cls.code
        if code is None or not isinstance(key, str):
            return False
        memo = (code, key)
        found = self._constants.get(memo)
        if found is None:
            found = self._constant(code, key)
            self._constants[memo] = found
        if not found or not any(
            m.name == key and not m.private and not _HIDDEN.match(_text_of(m)) for m in code.members
        ):
            return found
        return not any(key in self._assigned(m) for m in loaded if m is not code.module)

    def _assigned(self, module: ModuleCode) -> frozenset[str]:
        """The fields that a module assigns of objects other than its own `this`."""
        found = self._assigns.get(module)
        if found is None:
            names = () if self.is_model(module.path) else _ASSIGNED.findall(module.text)
            found = self._assigns[module] = frozenset((a or b).decode() for a, b in names)
        return found

    def _constant(self, code: ClassCode, key: str) -> bool:
        for member in code.members:
            if member.name == key and member.readonly:
                return True
        text = code.module.text
        name = re.escape(key).encode()
        assigned = re.compile(
            rb"[\w\])!]\s*\??\.\s*"
            + name
            + rb"\s*(?:!\s*)?(?:=[^=>]|\+\+|--|[-+*/%&|^?]{1,3}=[^=])|(?:\+\+|--|delete )\s*[\w.]+\."
            + name
            + rb"\b|[\[{,]\s*(?:\w+\s*:\s*)?this\."
            + name
            + rb"\s*[,\]}]"
        )
        ctor = code.ctor
        if ctor is None:
            return assigned.search(text) is None
        later = [f for f in code.module.functions if ctor.start < f.start and f.end <= ctor.end]
        for m in assigned.finditer(text):
            at = m.start()
            if not ctor.start <= at < ctor.end or any(f.start <= at < f.end for f in later):
                return False
        return True

    def discarded(self, module: ModuleCode, site: int, *, awaited: bool = False) -> bool:
        """Whether a call is a statement of its own; `awaited`, or one that is waited for."""
        memo = (module, site, awaited)
        if memo not in self._discarded:
            self._discarded[memo] = _statement_of_its_own(module, site, awaited)
        return self._discarded[memo]

    def reassigned(self, cell: Cell) -> bool:
        """Whether a top-level variable may be assigned after its declaration."""
        ident = cell.ident
        if not isinstance(ident, tuple) or not isinstance(ident[0], str):
            return False
        code = self._modules.get(ident[0])
        return code is not None and code.top_level.get(ident[1]) in ("let", "var")


def _statement_of_its_own(module: ModuleCode, site: int, awaited: bool) -> bool:
    line, column, end_line, end_column = module.sites[site][:4]
    lines = module.text.decode("utf-8", "replace").split("\n")
    before = lines[line - 1].encode("utf-16-le")[: 2 * (column - 1)].decode("utf-16-le", "replace").rstrip()
    if awaited and before.endswith(" await"):
        before = before.removesuffix("await").rstrip()
    after = lines[end_line - 1].encode("utf-16-le")[2 * (end_column - 1) :].decode("utf-16-le", "replace").strip()
    return (not before or before[-1] in ";{}") and (not after or after[0] in ";}/")


def carried_by(module: ModuleCode, name: str) -> adoption.Client | None:
    """The client that fields called `name` evidently are, by what a module calls on them."""
    text = module.text.decode("utf-8", "replace")
    held = re.findall(rf"[\w$]+\.{name}\b", text) if f".{name}" in text else ()
    locals_ = [name, *dict.fromkeys(held)]
    return next(filter(None, (adoption.client_of(module, local, "") for local in locals_)), None)


def _nominal(name: str) -> bool:
    return name[:1].isalpha() or name[:1] in "_$"


def substitute(ref: TypeRef, mapping: dict[str, TypeRef], depth: int = 0) -> TypeRef:
    """A type with its type parameters replaced."""
    if depth > 6:
        return ref
    if ref.name in mapping and not ref.args:
        return mapping[ref.name]
    if not ref.args and not ref.members:
        return ref
    return TypeRef(
        ref.name,
        tuple([substitute(a, mapping, depth + 1) for a in ref.args]),
        {k: substitute(v, mapping, depth + 1) for k, v in ref.members.items()} if ref.members else ref.members,
        ref.text,
    )


_HIDDEN = re.compile(r"(?:private|protected)\b")
_ASSIGNED = re.compile(
    rb"(?<!\bthis)(?<=[\w\])!])\s*\??\.\s*([\w$]+)\s*(?:!\s*)?(?:=[^=>]|\+\+|--|[-+*/%&|^?]{1,3}=[^=])"
    rb"|(?:\+\+|--)\s*(?!this\b)[\w.]+\.([\w$]+)"
)
"""A field of something else than `this` that is assigned."""
_ORDERING = re.compile(r"Promise|=>|\b(?:true|false)\b|\bboolean\b")
"""In the text of a field: something that calls may wait for."""


def _text_of(member: Member) -> str:
    """The declaration of a field, or its type where it has no value."""
    if member.code is not None:
        return member.code.module.text[member.code.start : member.code.end].decode("utf-8", "replace")
    return member.type.text if member.type is not None else ""


def _given(module: ModuleCode, name: str) -> Any:
    """The literal that a module constructs every instance of a class with, if there is one."""
    texts = set(re.findall(rb"\bnew\s+" + re.escape(name).encode() + rb"\s*\(([^()]*)\)", module.text))
    if len(texts) != 1:
        return None
    text = texts.pop().decode("utf-8", "replace").strip()
    try:
        return json.loads(re.sub(r"([{,]\s*)(\w+)\s*:", r'\1"\2":', text))
    except ValueError:
        return None


def _value_of(R: Machine, given: Any) -> Value:
    """A parsed literal as a value."""
    if isinstance(given, dict):
        o = R.new_object()
        o.props.update({key: _value_of(R, value) for key, value in given.items()})
        return o
    if isinstance(given, list):
        return R.new_array([_value_of(R, value) for value in given])
    return given


_EMPTY = re.compile(rb"\{\s*\}\s*$")


def only_assigns(code: ClassCode) -> bool:
    """Whether the constructor does nothing but turn its parameters into fields."""
    ctor = code.ctor
    return (
        ctor is not None
        and len(code.param_properties) == len(ctor.param_names)
        and not code.has_super
        and bool(_EMPTY.search(ctor.module.text, max(ctor.start, ctor.end - 200), ctor.end))
    )


def _quietly(R: Machine, make: Any, place: tuple[Any, ...] = ()) -> Value | None:
    """Runs set-up work outside the calls: nothing is logged; failures give None.

    `place` names what is made, so that identities do not depend on which call needs it first.
    """
    from krepis.twin.typescript.machine import Activation, Frame
    from krepis.twin.typescript.values import JsThrow

    saved = R.act, R.frame, R.tracking
    act = Activation(place, -1, Frame(None, None, 0, -1)) if place else R.setup_act
    R.act, R.frame, R.tracking = act, act.frame, False
    try:
        return make()
    except JsThrow:
        return None
    finally:
        R.act, R.frame, R.tracking = saved


def _normal(path: Path) -> str:
    import os.path

    return os.path.normpath(path)


def read_text(path: Path) -> str:
    """A source file as text; encodings other than UTF-8 and UTF-16 with a mark are read leniently."""
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    return data.decode("utf-8-sig", "replace")


__all__ = ["EMPTY", "INTRINSICS", "UNDEFINED", "Program", "read_text"]
