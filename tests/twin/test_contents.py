"""What is remembered of files is what they hold now, in the next run too."""

from __future__ import annotations

import os
import random
from pathlib import Path

from krepis.twin.contents import NOTHING, Contents, content_of

LONG_AGO_NS = 1_600_000_000_000_000_000
TEXTS = [b"let a", b"let b", b"\0\1", b"\xff\xfea", b"alter table x", b"// krepis-ignore x: y"]


def test_what_is_remembered_is_what_is_there(tmp_path: Path) -> None:
    chance, memory = random.Random(5), tmp_path / "memory"
    memory.mkdir()
    contents = Contents(memory)
    files = [str(tmp_path / f"{n}.ts") for n in range(4)]
    for n in range(200):
        path = chance.choice(files)
        match chance.randrange(4):
            case 0:
                Path(path).unlink(missing_ok=True)
            case 1:
                Path(path).write_bytes(chance.choice(TEXTS))
            case 2:
                Path(path).write_bytes(chance.choice(TEXTS))
                os.utime(path, ns=(LONG_AGO_NS + n, LONG_AGO_NS + n))
            case 3:
                contents.save()
                contents = Contents(memory)
        for each in files:
            there = content_of(Path(each).read_bytes()) if Path(each).exists() else NOTHING
            assert contents.of(each) == there
    assert (memory / "contents.json").exists()
    assert contents.of(str(tmp_path)) == contents.of("a\0b") == NOTHING


def test_what_was_settled_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.ts"
    file.write_bytes(b"let a")
    os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))
    contents = Contents(tmp_path)
    before = contents.of(str(file))
    contents.save()
    status = file.stat()
    with file.open("r+b") as stream:  # nobody can see this one
        stream.write(b"let b")
    os.utime(file, ns=(LONG_AGO_NS, LONG_AGO_NS))
    assert file.stat().st_ino == status.st_ino
    assert Contents(tmp_path).of(str(file)) == before


def test_a_damaged_memory_is_an_empty_one(tmp_path: Path) -> None:
    file = tmp_path / "a.ts"
    file.write_bytes(b"let a")
    for damaged in (b"", b"[]", b"{", b'{"format":1}', b'{"format":1,"files":[["a"]]}', b"[" * 100_000, b"\xff"):
        (tmp_path / "contents.json").write_bytes(damaged)
        assert Contents(tmp_path).of(str(file)).digest == content_of(b"let a").digest
