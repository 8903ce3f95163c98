"""What the name of an unknown function says about it.

A call without a body is judged by its verb, as a reviewer would: `chargeCard` leaves an effect, `findUser`
reads, `saveUser` stores. The lists are data; they err towards silence: an unknown verb does nothing.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache


class Verb(Enum):
    """The classes of verbs."""

    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    EFFECT = "effect"
    CALLBACK = "callback"
    REGISTER = "register"
    LOG = "log"
    PURE = "pure"


_WORDS: dict[Verb, str] = {
    Verb.READ: "get find load read fetch query lookup retrieve list select peek has exists count search head "
    "balance current is",
    Verb.WRITE: "set save update put write store upsert persist replace patch rename change modify edit mark "
    "complete finish archive ack acknowledge cancel",
    Verb.DELETE: "delete remove del unset evict destroy clear",
    Verb.EFFECT: "create send charge insert post publish emit dispatch notify enqueue pay capture refund ship "
    "provision connect open spawn broadcast issue transfer withdraw deposit book reserve grant submit deliver "
    "trigger mail sms email push add append increment decrement incr decr sell purchase buy mint award redeem "
    "place produce schedule subscribe allocate claim invoice payout register start launch fulfil fulfill settle deduct "
    "debit credit upload enrol enroll invite activate assign dispense migrate",
    Verb.CALLBACK: "handler handle job task action perform next work callback execute run process effect send",
    Verb.LOG: "log debug info warn error trace fatal verbose observe record metric metrics gauge histogram "
    "track audit report touch measure time span",
}
_VERBS = {word: verb for verb, words in _WORDS.items() for word in words.split()}
_VERBS |= dict.fromkeys(_WORDS[Verb.EFFECT].split(), Verb.EFFECT)
_WORK = frozenset(["run", "execute", "process", "perform", "do", "rebuild", "reindex", "generate", "replay"])
_ALTERING = frozenset((word,) for word in ("update", "patch", "rename", "change", "modify", "edit"))
_SPLIT = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
CLOSING = frozenset(["end", "close", "destroy", "quit", "disconnect", "shutdown"])
"""Methods after which their object takes nothing more."""
_LOGGERS = re.compile(
    r"(^|\.|_)(log|logger|console|metrics?|tracer|telemetry|stats|statsd|sentry|analytics|audit|span|winston|pino|reporter|monitor(ing)?|prom(etheus)?)(\.|$)",
    re.I,
)
SERVER = "createServer"
"""Of `node:http` and what resembles it: its callback is called for each request."""
_REGISTER = frozenset(
    [
        "on",
        "once",
        "addListener",
        "addEventListener",
        "subscribe",
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "del",
        "all",
        "use",
        "options",
        "head",
        "route",
        "handle",
        "process",
        "schedule",
        "cron",
        "add",
        "register",
        "consume",
        "command",
        "query",
        "mutation",
        "subscription",
        "each",
        "listen",
        "receive",
        "onMessage",
        "onRequest",
        "onEvent",
        "every",
        "define",
        "attach",
        "hook",
        "addHook",
        "job",
        "serve",
        "addService",
    ]
)
_REQUEST_NAMES = frozenset(
    ["req", "res", "request", "response", "ctx", "context", "reply", "next", "socket", "ws", "event", "c"]
)
_SHARED_PARTS = frozenset(["env", "app", "server"])
_BARE = re.compile(r"(wait|sleep|delay|pause|tick|timeout|settle|backoff)", re.I)


@lru_cache(maxsize=20_000)
def words(name: str) -> tuple[str, ...]:
    """`chargeCard` as (charge, card)."""
    return tuple(w.lower() for w in _SPLIT.findall(name.rsplit(".", 1)[-1]))


@lru_cache(maxsize=20_000)
def classify(name: str) -> Verb:
    """The class of the verb of a dotted name."""
    if is_logger(name):
        return Verb.LOG
    parts = words(name)
    return _VERBS.get(parts[0], Verb.PURE) if parts else Verb.PURE


def alters(name: str) -> bool:
    """Whether a writing verb changes what exists and creates nothing."""
    return words(name)[:1] in _ALTERING


def works(name: str) -> bool:
    """Whether a verb says that something is done, without saying what."""
    return not _WORK.isdisjoint(words(name)[:1])


@lru_cache(maxsize=20_000)
def is_logger(name: str) -> bool:
    """Whether a dotted name belongs to logging, metrics or tracing."""
    return bool(_LOGGERS.search(name.rpartition(".")[0] or name))


def registers(name: str) -> bool:
    """Whether a method with this name hands its callback to a framework."""
    return name in _REGISTER


_LIMITERS = ("/p-limit.ts", "/p-queue.ts")
"""Models of libraries whose promises only wait for a turn, which only the tasks before them can give."""


def is_limiter(path: str) -> bool:
    """Whether a model is that of a library which runs so many tasks at a time."""
    return path.endswith(_LIMITERS)


_PURE_MODULES = frozenset(["date-fns", "dayjs", "luxon", "lodash", "lodash-es", "ramda", "big.js", "bignumber.js"])
"""Packages of functions that only compute."""


def is_pure_module(specifier: str) -> bool:
    """Whether everything that a package exports only computes, whatever it is called."""
    return specifier.partition("/")[0] in _PURE_MODULES


def is_request(name: str) -> bool:
    """Whether a parameter name is that of a per-request object by convention."""
    return name.lstrip("_") in _REQUEST_NAMES


def is_shared_part(name: str) -> bool:
    """Whether a property of a per-request object leads by convention to what all requests share."""
    return name in _SHARED_PARTS


def waits(name: str) -> bool:
    """Whether the name says that the call only lets time pass."""
    return bool(_BARE.search(name.rsplit(".", 1)[-1]))
