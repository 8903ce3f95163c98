"""Results by content, across runs, in LMDB: a file's result holds while the texts that it saw are unchanged.

The key of an entry is the file, the options, the version of Krepis itself (its sources) and the list of files;
its value names the digest of every module that the result depends on. A damaged or unreadable cache is an
empty one. Entries are JSON: a workspace may be hostile, and so may its cache.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING, Any

import lmdb
from krepis.twin.contents import Contents
from krepis.twin.findings import EntryPoint, Finding, Fix, Note, Place, Step
from krepis.twin.options import Options, SourceFile

if TYPE_CHECKING:
    from krepis.twin.typescript.results import FileResult

MAP_BYTES = 1 << 30
"""Address space of the cache."""


@lru_cache(maxsize=1)
def own_version() -> bytes:
    """A hash of Krepis's own sources: another version never reuses a result."""
    h = hashlib.blake2b(digest_size=16)
    base = Path(__file__).parent
    for path in sorted([*base.rglob("*.py"), *base.rglob("*.ts"), *base.parent.glob("*.so")]):
        h.update(path.name.encode())
        h.update(path.read_bytes() if path.suffix != ".so" else str(path.stat().st_size).encode())
    return h.digest()


class Cache:
    """The results of one set of options and files."""

    def __init__(
        self,
        options: Options,
        files: Sequence[SourceFile],
        declarations: Iterable[bytes],
        contents: Contents,
        stamps: Mapping[str, Any],
    ) -> None:
        self._contents, self._stamps = contents, stamps
        h = hashlib.blake2b(own_version(), digest_size=16)
        h.update(
            repr((options.max_states, options.time_limit_s, options.calls, options.models, options.effort)).encode()
        )
        h.update("\n".join(sorted(str(f.absolute) for f in files)).encode("utf-8", "surrogateescape"))
        h.update(repr([*declarations]).encode())
        self.prefix = h.digest()
        self.env: Any = None
        self._reading: Any = None
        self._written = False
        self.digests: dict[str, str] = {
            str(f.absolute): hashlib.blake2b(f.text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
            for f in files
            if f.text is not None
        }
        try:
            assert options.cache_dir is not None
            options.cache_dir.mkdir(parents=True, exist_ok=True)
            self.env = lmdb.open(str(options.cache_dir), map_size=MAP_BYTES, max_dbs=0, sync=False, metasync=False)
        except (lmdb.Error, OSError):
            self.env = None

    def digest(self, path: str) -> str:
        """The digest of a file, read once."""
        found = self.digests.get(path)
        if found is None:
            found = self._contents.of(path, self._stamps.get(path)).digest
            self.digests[path] = found
        return found

    def _key(self, path: str, salt: str) -> bytes:
        return hashlib.blake2b(
            self.prefix + salt.encode() + b"\0" + path.encode("utf-8", "surrogateescape"), digest_size=20
        ).digest()

    def get(self, path: str, salt: str) -> FileResult | None:
        """The stored result for a file, if everything that it depends on is unchanged."""
        if self.env is None:
            return None
        try:
            if self._reading is None:
                self._reading = self.env.begin(buffers=True)
            data = self._reading.get(self._key(path, salt))
            if data is None:
                return None
            stored = json.loads(str(data, "utf-8"))
            if all(self.digest(p) == d for p, d in stored["depends"]):
                return read_result(stored["result"])
        except (lmdb.Error, ValueError, KeyError, TypeError):
            return None
        return None

    def put(self, path: str, salt: str, result: FileResult) -> None:
        """Stores a result."""
        if self.env is None:
            return
        depends = [(p, self.digest(p)) for p in {path, *result.modules}]
        self._read()
        self._written = True
        try:
            with self.env.begin(write=True) as txn:
                txn.put(self._key(path, salt), json.dumps({"depends": depends, "result": asdict(result)}).encode())
        except (lmdb.Error, UnicodeEncodeError):
            self.env = None

    def _read(self) -> None:
        """Ends reading; while somebody reads, what is overwritten still takes room."""
        if self._reading is not None:
            self._reading.abort()
            self._reading = None

    def close(self) -> None:
        """Closes; what was written is on disk then."""
        self._read()
        if self.env is not None:
            if self._written:
                self.env.sync()
            self.env.close()


def read_result(data: dict[str, Any]) -> FileResult:
    """A stored result; raises KeyError or TypeError when it has another shape."""
    from krepis.twin.typescript.results import FileResult

    findings = [read_finding(f) for f in data["findings"]]
    return FileResult(
        **(
            data
            | {
                "findings": findings,
                "notes": [Note(**n) for n in data["notes"]],
                "entry_points": [_entry_point(e) for e in data["entry_points"]],
                "keys": tuple(map(_pair, data["keys"])),
                "modules": tuple(data["modules"]),
                "entered": tuple(map(intern, data["entered"])),
                "within": tuple((_pair(k), tuple(_pair(c) for c in inside)) for k, inside in data["within"]),
                "touching": tuple((_pair(k), tuple(_pair(c) for c in codes)) for k, codes in data["touching"]),
                "spent": tuple((tuple(where), tuple(figures)) for where, figures in data["spent"]),
                "places": tuple(
                    (_pair(k), tuple((str(n), bool(c), tuple(m)) for n, c, m in places)) for k, places in data["places"]
                ),
                "calls": tuple((_pair(k), tuple(_pair(c) for c in called)) for k, called in data["calls"]),
            }
        )
    )


def _entry_point(data: dict[str, Any]) -> EntryPoint:
    return EntryPoint(**(data | {name: tuple(data[name]) for name in ("acts", "fails")}))


def read_finding(data: dict[str, Any]) -> Finding:
    """A finding from its `asdict` form; raises KeyError or TypeError when it has another shape."""
    places = {name: Place(**data[name]) if data[name] else None for name in ("read", "act", "rival")}
    lists = {"steps": tuple(Step(**s) for s in data["steps"]), "fixes": tuple(Fix(**x) for x in data["fixes"])}
    return Finding(**(data | lists | places))


def _pair(item: list[Any]) -> tuple[str, int]:
    return str(item[0]), int(item[1])
