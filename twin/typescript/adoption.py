"""Which library client an import of a file that is not there evidently is.

`import { Cart } from '../models/cart.model'` names a file outside the analysed ones. How the importing module
uses the name says what it is: the methods called on it, the shape of their first argument, its own name. A
client recognised so is simulated by the library's model; anything less certain stays unknown.
Deliberately absent: evidence from other modules than the importing one, and guesses from the name alone but
for the few names that mean one thing (`prisma`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from krepis.twin.typescript.code import ModuleCode


@dataclass(frozen=True)
class Client:
    """How to make a client: `export` of `package` constructed, called, or called with the name of a table."""

    package: str
    export: str
    how: str = "new"
    named: bool = False


PRISMA = Client("@prisma/client", "PrismaClient")
KNEX = Client("knex", "knex", "call")
KYSELY = Client("kysely", "Kysely")
DRIZZLE = Client("drizzle-orm", "drizzle", "call")
POSTGRES = Client("pg", "Pool")
MYSQL = Client("mysql2/promise", "createPool", "call")
DATA_SOURCE = Client("typeorm", "DataSource")
SEQUELIZE = Client("sequelize", "Sequelize")
SEQUELIZE_MODEL = Client("sequelize", "Sequelize", "define", True)
MONGOOSE_MODEL = Client("mongoose", "model", "call", True)
IOREDIS = Client("ioredis", "default")
REDIS = Client("redis", "createClient", "call")
STRIPE = Client("stripe", "Stripe")
SUPABASE = Client("@supabase/supabase-js", "createClient", "call")
FIRESTORE = Client("firebase-admin/firestore", "getFirestore", "call")
MONGO = Client("mongodb", "Db")
MONGO_COLLECTION = Client("mongodb", "Collection", "new", True)
PG_PROMISE = Client("pg-promise", "connected", "call")
POSTGRES_JS = Client("postgres", "default", "call")
POSTGRES_QUERY = Client("pg", "query", "value")

_PRISMA_METHODS = frozenset(
    [
        "findUnique",
        "findUniqueOrThrow",
        "findFirst",
        "findFirstOrThrow",
        "findMany",
        "updateMany",
        "upsert",
        "createMany",
        "deleteMany",
        "aggregate",
        "groupBy",
    ]
)
_SEQUELIZE_METHODS = frozenset(
    ["findByPk", "findOrCreate", "findAll", "findAndCountAll", "bulkCreate", "findOrBuild", "findCreateFind"]
)
_MONGOOSE_METHODS = frozenset(
    [
        "findById",
        "findOneAndUpdate",
        "findByIdAndUpdate",
        "updateOne",
        "updateMany",
        "deleteOne",
        "deleteMany",
        "countDocuments",
        "insertMany",
        "findByIdAndDelete",
        "findOneAndDelete",
        "estimatedDocumentCount",
        "bulkWrite",
        "replaceOne",
    ]
)
_MONGO_METHODS = frozenset(["insertOne", "createIndex"])
_ROWS = frozenset(
    [
        "findOne",
        "find",
        "update",
        "count",
        "destroy",
        "create",
        "exists",
        "max",
        "sum",
        "build",
        "increment",
        "decrement",
        "upsert",
    ]
)
_NODE_REDIS = frozenset(
    [
        "setEx",
        "setNX",
        "hGet",
        "hSet",
        "hIncrBy",
        "hGetAll",
        "zAdd",
        "zRange",
        "lPush",
        "rPush",
        "sAdd",
        "sIsMember",
        "incrBy",
        "decrBy",
        "pExpire",
        "lRange",
        "sRem",
        "hDel",
    ]
)
_REDIS_METHODS = frozenset(
    [
        "get",
        "set",
        "del",
        "incr",
        "decr",
        "incrby",
        "decrby",
        "setnx",
        "setex",
        "expire",
        "pexpire",
        "hget",
        "hset",
        "hgetall",
        "hincrby",
        "lpush",
        "rpush",
        "lrange",
        "sadd",
        "srem",
        "sismember",
        "zadd",
        "zrange",
        "eval",
        "evalsha",
        "watch",
        "multi",
        "exists",
        "getset",
        "getdel",
        "ttl",
        "mget",
        "mset",
    ]
)
_TYPES = r"(?:<[^;()]{0,80}>)?"
_NEAR = r"[^;]{0,300}?"
_NAME = r"(?<![\w$.])([\w$]+(?:\.[\w$]+)?)"  # also that of a field, `ctx.db`
_METHOD = re.compile(rf"{_NAME}\s*!?\??\.\s*(\w+)\s*{_TYPES}\(")
_NESTED = re.compile(rf"{_NAME}\s*\.\s*\w+\s*\.\s*(\w+)\s*{_TYPES}\(")
_MANAGER = re.compile(rf"{_NAME}\s*\.\s*manager\b")
_STATEMENT = r"\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b"
_TAG = re.compile(rf"{_NAME}\s*{_TYPES}`{_STATEMENT}", re.I)
_SENT = re.compile(rf"{_NAME}\s*{_TYPES}\(\s*['\"`]{_STATEMENT}", re.I)
_OF_COLLECTION = re.compile(rf"{_NAME}\s*!?\.\s*collection\s*{_TYPES}\([^()]*\)\s*\.\s*(\w+)")
_TABLE = re.compile(rf"{_NAME}\s*{_TYPES}\(\s*['\"`][\w.]+['\"`]\s*\)\s*\.")


@dataclass
class _Uses:
    """What the names of a module are used for: methods called, methods of their properties, and idioms.

    These are `db.manager`, `db('table').`, tags and functions of statements, and methods of `db.collection('c')`.
    """

    methods: dict[str, set[str]] = field(default_factory=dict)
    nested: dict[str, set[str]] = field(default_factory=dict)
    managers: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    sent: frozenset[str] = frozenset()
    collections: dict[str, set[str]] = field(default_factory=dict)


@lru_cache(maxsize=8)
def _uses(source: bytes) -> _Uses:
    text = source.decode("utf-8", "replace")
    uses = _Uses(
        managers=frozenset(_MANAGER.findall(text)),
        tables=frozenset(_TABLE.findall(text)),
        tags=frozenset(_TAG.findall(text)),
        sent=frozenset(_SENT.findall(text)),
    )
    for pattern, found in ((_METHOD, uses.methods), (_NESTED, uses.nested), (_OF_COLLECTION, uses.collections)):
        for name, method in pattern.findall(text):
            found.setdefault(name, set()).add(method)
    return uses


def client_of(module: ModuleCode, local: str, specifier: str) -> Client | None:
    """The client that `local`, imported from a file or package that is unknown, evidently is in `module`."""
    uses = _uses(module.text)
    used = uses.methods.get(local, set())
    if used & {"getRepository", "createQueryRunner"} or local in uses.managers:
        return DATA_SOURCE
    if local[:1].isupper():
        return DATA_SOURCE if local.endswith("DataSource") else _model(module, local, used)
    nested = uses.nested.get(local, set())
    if nested & _PRISMA_METHODS or "$transaction" in used or (local.startswith("prisma") and nested):
        return PRISMA
    if used & {"selectFrom", "updateTable", "insertInto", "deleteFrom"}:
        return KYSELY
    if local in uses.tables:
        return KNEX
    if local in uses.tags:
        return POSTGRES_JS
    if local in uses.sent and not used:
        return POSTGRES_QUERY
    if (database := _collections(uses.collections.get(local, set()))) is not None:
        return database
    text = module.text.decode("utf-8", "replace")
    name = rf"(?<![\w$.]){re.escape(local)}"
    if "from" in used and re.search(rf"{name}\s*\.\s*from\([^()]*\){_NEAR}\.\s*(?:eq|match|single)\(", text):
        return SUPABASE
    if used & {"oneOrNone", "none", "manyOrNone"} or (used & {"one", "any"} and "tx" in used):
        return PG_PROMISE
    if used & _MONGO_METHODS or (used & _MONGOOSE_METHODS and "findOne" in used):
        return MONGO_COLLECTION
    if not used:
        return SEQUELIZE if local.lower().startswith("sequelize") else STRIPE if _is_stripe(local, nested) else None
    if "transaction" in used and re.search(rf"\b(?:trx|tx|t)\s*{_TYPES}\(\s*['\"`][\w.]+['\"`]\s*\)", text):
        return KNEX
    if used & {"select", "update", "insert"} and re.search(
        rf"{name}\s*\.\s*(?:select\({_NEAR}\)\s*\.from|update\(\s*\w+\s*\)\s*\.set|insert\(\s*\w+\s*\)\s*\.values)\(",
        text,
    ):
        return DRIZZLE
    if "transaction" in used and re.search(r"\b(?:tx|trx)\s*\.\s*(?:update|insert|delete)\(\s*\w+\s*\)", text):
        return DRIZZLE
    if local.lower().startswith("sequelize") or (
        "transaction" in used and re.search(r"\btransaction:|\{\s*transaction\s*\}", text)
    ):
        return SEQUELIZE
    asks = used & {"query", "execute", "getConnection"} or re.search(rf"{name}\s*\.\s*connect\(\s*\)", text)
    if asks and re.search(r"\b(?:SELECT|INSERT|UPDATE|DELETE)\b", text):
        return (
            MYSQL if used & {"execute", "getConnection"} or ("?" in text and not re.search(r"\$\d", text)) else POSTGRES
        )
    if "redis" in local.lower() or "redis" in specifier.lower():
        if used & _NODE_REDIS:
            return REDIS
        return IOREDIS if used & _REDIS_METHODS else None
    return STRIPE if _is_stripe(local, nested) else None


def _collections(used: set[str]) -> Client | None:
    """The database whose collections have these methods."""
    if used & {"doc", "where", "add"}:
        return FIRESTORE
    return MONGO if used & (_MONGOOSE_METHODS | _MONGO_METHODS | {"findOne", "find"}) else None


def database_of(module: ModuleCode) -> Client | None:
    """The database that an unknown value evidently is, whose collections a module takes."""
    found = [_collections(used) for used in _uses(module.text).collections.values()]
    return found[0] if found and all(one is found[0] for one in found) else None


def _is_stripe(local: str, nested: set[str]) -> bool:
    return local.lower() == "stripe" and bool(nested)


def _model(module: ModuleCode, local: str, used: set[str]) -> Client | None:
    """The model class that an imported name evidently is."""
    if used & _SEQUELIZE_METHODS:
        return SEQUELIZE_MODEL
    if used & _MONGOOSE_METHODS:
        return MONGOOSE_MODEL
    if not used & _ROWS:
        return None
    text = module.text.decode("utf-8", "replace")
    name = rf"(?<![\w$.]){re.escape(local)}\s*\.\s*"
    if re.search(rf"{name}(?:(?:findOne|count|destroy|max|sum|find)\s*\(\s*\{{|update\s*\(){_NEAR}\bwhere\b", text):
        return SEQUELIZE_MODEL
    if used & {"findOne", "find", "exists"}:
        return MONGOOSE_MODEL
    others = "|".join(re.escape(other) for other in module.imports if other[:1].isupper() and other != local)
    calls = set(re.findall(rf"(?<![\w$.])(?:{others})\s*\.\s*(\w+)\s*\(", text)) if others else set()
    if calls & _SEQUELIZE_METHODS or re.search(r"\btransaction:\s*\w+|\{\s*transaction\s*\}", text):
        return SEQUELIZE_MODEL
    return MONGOOSE_MODEL if calls & (_MONGOOSE_METHODS | {"findOne"}) else None
