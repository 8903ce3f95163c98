"""What is known of the contents of files by their stamps, so that no file is read twice, in another run neither.

A file that was written within `SETTLED_NS` of being read is not remembered: what came right after it might have the
same stamp. The memory between runs is a JSON file, for a workspace may be hostile; a damaged one is an empty one.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from krepis.twin.folders import SETTLED_NS, Stamp

FORMAT = 1
"""Of the memory; also counts what is asked of contents."""
WORTH_WRITING = 50
"""The memory is written when so many times what is new are as much as all."""
MAX_DECLARING_BYTES = 2_000_000
"""Size of a file of declarations."""
IGNORE = b"krepis-ignore"
"""What a suppression comment starts with."""
_SNIFFED_BYTES = 8192
_DECLARES = re.compile(
    rb"\b(?:create\s+(?:unique|table)|alter\s+table|createTable|alterTable|createIndex)\b|@Schema\(", re.I
)


@dataclass(frozen=True, slots=True)
class Content:
    """Of a file: a digest in hexadecimal, and whether it starts like binary data or UTF-16, may declare tables or
    indexes, and may hold suppression comments."""

    digest: str
    binary: bool
    utf16: bool
    declares: bool
    ignores: bool


NOTHING = Content("", False, False, False, False)
"""Of what cannot be read."""


def content_of(data: bytes) -> Content:
    """What is asked of the bytes of a file."""
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    return Content(
        hashlib.blake2b(data, digest_size=16).hexdigest(),
        not utf16 and b"\0" in data[:_SNIFFED_BYTES],
        utf16,
        declares(data),
        IGNORE in data,
    )


def declares(data: bytes) -> bool:
    """Whether a source file may create tables or indexes when it runs."""
    return len(data) <= MAX_DECLARING_BYTES and _DECLARES.search(data) is not None


class Contents:
    """A memory; between runs it is kept in `folder`, if there is one."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = folder / "contents.json" if folder is not None else None
        self._known: dict[str, tuple[Stamp, Content]] = _read(self._file) if self._file is not None else {}
        self._new = 0

    def of(self, path: str, stamp: Stamp | None = None) -> Content:
        """The content of a file, whose `stamp` may be known; NOTHING when it is no regular file, or unreadable."""
        try:
            return self.read(path, stamp)
        except (OSError, ValueError):
            return NOTHING

    def read(self, path: str, stamp: Stamp | None = None) -> Content:
        """The same, but raises OSError, or ValueError for a path that cannot be."""
        known = self._known.get(path)
        if known is not None and stamp is not None and known[0] == stamp:
            return known[1]
        status = os.stat(path)
        stamp = stamp_from(status)
        if known is not None and known[0] == stamp:
            return known[1]
        if not stat.S_ISREG(status.st_mode):
            return NOTHING
        with open(path, "rb") as stream:
            now = time.time_ns()
            content = content_of(stream.read())
        if now - status.st_mtime_ns > SETTLED_NS:
            self._known[path] = stamp, content
            self._new += 1
        return content

    def save(self) -> None:
        """Writes the memory, when that is worth it."""
        if self._file is None or self._new * WORTH_WRITING <= len(self._known):
            return
        files = [
            (path, stamp, c.digest, c.binary | c.utf16 << 1 | c.declares << 2 | c.ignores << 3)
            for path, (stamp, c) in self._known.items()
            if path.isascii() or not any("\ud800" <= char <= "\udfff" for char in path)
        ]
        text = json.dumps({"format": FORMAT, "files": files}, separators=(",", ":"))
        other = self._file.with_suffix(f".{os.getpid()}")
        with contextlib.suppress(OSError):
            other.write_text(text, encoding="utf-8")
            other.replace(self._file)
            self._new = 0


def stamp_from(status: os.stat_result) -> Stamp:
    """The stamp of a file."""
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(file: Path) -> dict[str, tuple[Stamp, Content]]:
    try:
        stored = json.loads(file.read_bytes())
        if stored["format"] != FORMAT:
            return {}
        return {
            str(path): (
                (int(time_ns), int(size), int(inode)),
                Content(str(digest), bool(bits & 1), bool(bits & 2), bool(bits & 4), bool(bits & 8)),
            )
            for path, (time_ns, size, inode), digest, bits in stored["files"]
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
