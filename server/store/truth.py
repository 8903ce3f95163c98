"""The symbol tier: LMDB, and the truth of the store.

One environment per workspace. `files` holds the facts of each file; `names` and `mentions` are written in the
same transaction and only repeat them: `names` sorts symbols for exact and prefix look-up, `mentions` says
which files have a relation to a name. Each commit is a generation; `log` keeps which files the last ones changed,
so that the other tiers know what they lack.

A killed process leaves the last commit; a full disk fails the commit and leaves the one before. The last commits
may be lost when the machine dies (`metasync` is off); their texts are still in the files. A store of another
schema, or a damaged one, is made anew: everything in it can be read again from the workspace.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import lmdb
import msgspec
from krepis.server.index import Facts, Symbol
from krepis.server.store.errors import StoreError

SCHEMA: Final = 1
"""Raise it with any change of the layout or of the facts; stores of another schema are made anew."""
MAP_BYTES: Final = 16 << 30
"""Address space, not disk: the most that a workspace can take."""
LOGGED_GENERATIONS: Final = 512
_MAX_READERS: Final = 256
_KEY_BYTES: Final = 150
_DATABASES: Final = ("meta", "files", "paths", "names", "numbers", "mentions", "log")
_NUMBER: Final = struct.Struct(">Q")


class Hit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A symbol and the file it is in."""

    path: str
    symbol: Symbol

    @property
    def number(self) -> int:
        return number_of(self.path, self.symbol.qualified)


class _File(msgspec.Struct, frozen=True, array_like=True):
    path: str
    facts: Facts


_encode = msgspec.msgpack.Encoder().encode
_decode_hit = msgspec.msgpack.Decoder(Hit).decode
_decode_file = msgspec.msgpack.Decoder(_File).decode
_decode_path = msgspec.msgpack.Decoder(tuple[str, bytes]).decode
_decode_log = msgspec.msgpack.Decoder(list[str]).decode


def number_of(path: str, qualified: str) -> int:
    """The number of a symbol in the other tiers: 63 bits of a hash, so that no table has to hand them out."""
    return _hash(f"{path}#{qualified}") >> 1


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _path_key(path: str) -> bytes:
    return hashlib.blake2b(path.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass").replace(b"\0", b"")[:_KEY_BYTES]


def _name_key(name: str) -> bytes:
    return _bytes(name.lower()) + b"\0" + _bytes(name) + b"\0"


class Snapshot:
    """One state of the truth. It never changes; release it soon, it keeps old pages alive."""

    def __init__(self, transaction: Any, databases: Mapping[str, Any]) -> None:
        self._transaction = transaction
        self._databases = databases
        self.generation: int = _NUMBER.unpack(self._get("meta", b"generation", bytes(8)))[0]
        self.birth: str = self._get("meta", b"birth", b"").decode()

    def _get(self, database: str, key: bytes, default: bytes) -> bytes:
        found: bytes = self._transaction.get(key, default, db=self._databases[database])
        return found

    def _scan(self, database: str, start: bytes) -> Iterator[tuple[bytes, bytes]]:
        cursor = self._transaction.cursor(db=self._databases[database])
        if cursor.set_range(start):
            yield from cursor

    def symbol(self, name: str) -> tuple[Hit, ...]:
        """All symbols of exactly that name; a dotted name is a qualified one."""
        exact = self.symbol_named(name)
        if exact or "." not in name:
            return exact
        return tuple(
            hit for hit in self.symbol_named(name.rsplit(".", 1)[-1]) if _ends_with(hit.symbol.qualified, name)
        )

    def symbol_named(self, name: str) -> tuple[Hit, ...]:
        """All symbols of exactly that simple name."""
        hits = []
        start = _name_key(name)
        for key, value in self._scan("names", start):
            if not key.startswith(start):
                break
            hit = _decode_hit(value)
            if hit.symbol.name == name:  # the key is cut
                hits.append(hit)
        return tuple(hits)

    def prefix(self, text: str, limit: int = 50) -> tuple[Hit, ...]:
        """Up to `limit` symbols whose name starts with `text`, whatever the case, in order of name."""
        hits: list[Hit] = []
        start = _bytes(text.lower())
        for key, value in self._scan("names", start):
            if len(hits) >= limit or not key.startswith(start):
                break
            hits.append(_decode_hit(value))
        return tuple(hits)

    def numbered(self, number: int) -> Hit | None:
        key = self._get("numbers", _NUMBER.pack(number), b"")
        return _decode_hit(self._get("names", key, b"")) if key else None

    def file(self, path: str) -> Facts | None:
        value = self._get("files", _path_key(path), b"")
        return _decode_file(value).facts if value else None

    def files(self) -> Iterator[tuple[str, Facts]]:
        for _, value in self._scan("files", b""):
            file = _decode_file(value)
            yield file.path, file.facts

    def digests(self) -> dict[str, bytes]:
        """The digest of every file's text."""
        return dict(_decode_path(value) for _, value in self._scan("paths", b""))

    def mentioning(self, name: str) -> tuple[str, ...]:
        """The files that have a relation to something of that name, besides defining it."""
        start = _bytes(name) + b"\0"
        paths = []
        for key, value in self._scan("mentions", start):
            if not key.startswith(start):
                break
            paths.append(value.decode("utf-8", "surrogatepass"))
        return tuple(paths)

    def changed_since(self, generation: int) -> frozenset[str] | None:
        """The files changed after that generation; None when it is too long ago, or of another store."""
        if generation == self.generation:
            return frozenset()
        changed: set[str] = set()
        expected = generation + 1
        for key, value in self._scan("log", _NUMBER.pack(expected)):
            if _NUMBER.unpack(key)[0] != expected:
                return None
            changed.update(_decode_log(value))
            expected += 1
        return frozenset(changed) if expected == self.generation + 1 else None

    def counts(self) -> tuple[int, int]:
        """How many files and symbols there are."""
        entries = [self._transaction.stat(self._databases[name])["entries"] for name in ("paths", "names")]
        return entries[0], entries[1]


def _ends_with(qualified: str, name: str) -> bool:
    return f".{qualified.partition('~')[0]}".endswith(f".{name}")


class Truth:
    """The environment of one workspace."""

    def __init__(self, folder: Path) -> None:
        """Raises StoreError."""
        self.folder = folder
        self.readonly = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._open()
        except (lmdb.InvalidError, lmdb.CorruptedError, lmdb.VersionMismatchError):
            self._start_anew()
        except (lmdb.Error, OSError) as error:
            if not (folder / "data.mdb").exists() or _is_full(error):
                raise StoreError(_said(f"cannot make an index in {str(folder)!r}", error)) from error
            self._open_readonly()
        if self._schema() != SCHEMA:
            if self.readonly:
                raise StoreError(f"the index in {str(folder)!r} is of another version of Krepis, and cannot be written")
            self._start_anew()

    def _open(self) -> None:
        self._environment = lmdb.open(
            str(self.folder), map_size=MAP_BYTES, max_dbs=len(_DATABASES), max_readers=_MAX_READERS, metasync=False
        )
        try:
            self._environment.reader_check()  # forget the readers of processes that were killed
            self._databases = {name: self._environment.open_db(name.encode()) for name in _DATABASES}
            with self._environment.begin(write=True) as transaction:
                if transaction.stat(self._databases["meta"])["entries"] == 0:
                    transaction.put(b"schema", _NUMBER.pack(SCHEMA), db=self._databases["meta"])
                    transaction.put(b"birth", secrets.token_hex(4).encode(), db=self._databases["meta"])
        except BaseException:
            self._environment.close()
            raise

    def _open_readonly(self) -> None:
        try:
            self._environment = lmdb.open(
                str(self.folder), map_size=MAP_BYTES, max_dbs=len(_DATABASES), readonly=True, lock=False
            )
            self._databases = {name: self._environment.open_db(name.encode(), create=False) for name in _DATABASES}
        except (lmdb.Error, OSError) as error:
            raise StoreError(_said(f"cannot read the index in {str(self.folder)!r}", error)) from error
        self.readonly = True

    def _start_anew(self) -> None:
        with contextlib.suppress(AttributeError):
            self._environment.close()
        try:
            for name in ("data.mdb", "lock.mdb"):
                (self.folder / name).unlink(missing_ok=True)
            self._open()
        except (lmdb.Error, OSError) as error:
            raise StoreError(_said(f"cannot make the index in {str(self.folder)!r} anew", error)) from error

    def _schema(self) -> int:
        with self._environment.begin() as transaction:
            value = transaction.get(b"schema", bytes(8), db=self._databases["meta"])
        return int.from_bytes(value, "big")

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        with self._environment.begin(buffers=False) as transaction:
            yield Snapshot(transaction, self._databases)

    def update(self, changed: Mapping[str, Facts | None]) -> int:
        """Replace the facts of files (None: the file is gone) in one commit; the generation after it.

        Raises StoreError; then nothing has changed.
        """
        if self.readonly:
            raise StoreError(f"the index in {str(self.folder)!r} cannot be written")
        try:
            with self._environment.begin(write=True) as transaction:
                return _Writer(transaction, self._databases).write(changed)
        except lmdb.MapFullError as error:
            raise StoreError(
                f"the index in {str(self.folder)!r} has reached its limit of {MAP_BYTES >> 30} GiB"
            ) from error
        except (lmdb.Error, OSError) as error:
            raise StoreError(_said(f"cannot write the index in {str(self.folder)!r}", error)) from error

    def close(self) -> None:
        self._environment.close()


class _Writer:
    """One write transaction."""

    def __init__(self, transaction: Any, databases: Mapping[str, Any]) -> None:
        self._put = transaction.put
        self._delete = transaction.delete
        self._databases = databases
        self._transaction = transaction
        self._before = Snapshot(transaction, databases)

    def write(self, changed: Mapping[str, Facts | None]) -> int:
        paths = [path for path, facts in changed.items() if self._replace(path, facts)]
        if not paths:
            return self._before.generation
        generation = self._before.generation + 1
        self._put(b"generation", _NUMBER.pack(generation), db=self._databases["meta"])
        self._put(_NUMBER.pack(generation), _encode(paths), db=self._databases["log"])
        if generation > LOGGED_GENERATIONS:
            self._delete(_NUMBER.pack(generation - LOGGED_GENERATIONS), db=self._databases["log"])
        return generation

    def _replace(self, path: str, facts: Facts | None) -> bool:
        """Whether the facts of the file have changed by this."""
        old = self._before.file(path)
        if old == facts:
            return False
        key = _path_key(path)
        path_bytes = path.encode("utf-8", "surrogatepass")
        if old is not None:
            for number, name_key, _ in _symbols(path, old):
                self._delete(name_key, db=self._databases["names"])
                self._delete(number, db=self._databases["numbers"])
            for mention in _mentions(old):
                self._delete(mention + key, db=self._databases["mentions"])
        if facts is None:
            self._delete(key, db=self._databases["files"])
            self._delete(key, db=self._databases["paths"])
            return True
        self._put(key, _encode(_File(path, facts)), db=self._databases["files"])
        self._put(key, _encode((path, facts.digest)), db=self._databases["paths"])
        for number, name_key, symbol in _symbols(path, facts):
            self._put(name_key, _encode(Hit(path, symbol)), db=self._databases["names"])
            self._put(number, name_key, db=self._databases["numbers"])
        for mention in _mentions(facts):
            self._put(mention + key, path_bytes, db=self._databases["mentions"])
        return True


def _symbols(path: str, facts: Facts) -> Iterator[tuple[bytes, bytes, Symbol]]:
    """Number, key in `names`, and symbol."""
    for symbol in facts.symbols:
        number = _NUMBER.pack(number_of(path, symbol.qualified))
        yield number, _name_key(symbol.name) + number, symbol


def _mentions(facts: Facts) -> set[bytes]:
    return {_bytes(relation.target) + b"\0" for relation in facts.relations if relation.kind != "defines"}


def _is_full(error: Exception) -> bool:
    return "No space" in str(error) or isinstance(error, lmdb.DiskError)


def _said(what: str, error: Exception) -> str:
    text = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
    return f"{what}: {text}; what it held before is unharmed"
