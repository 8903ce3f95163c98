"""Writing made files into a folder: what would change, as a diff, and the change itself.

A file that is there and differs is a conflict. Conflicts are never overwritten silently: callers show `difference`
and stop, or pass `replace`, which keeps the old text beside the new one as `NAME.orig`. Nothing is written through a
symbolic link, so nothing outside the folder can change.
"""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

Action = Literal["create", "identical", "conflict", "replace", "update", "remove"]


class FilesError(ValueError):
    """The files cannot be written there; the message says why."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a file. `path` is relative to the folder; `old` is what is there now."""

    path: str
    action: Action
    new: bytes
    old: bytes | None = None


def planned(folder: Path, files: Mapping[str, bytes]) -> tuple[Change, ...]:
    """What writing `files` into `folder` means, in the order of their paths. Raises FilesError."""
    return tuple(_change(folder, path, files[path]) for path in sorted(files))


def _change(folder: Path, path: str, new: bytes) -> Change:
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts:
        raise FilesError(f"{path!r} is not a path within the project")
    at = folder
    for part in parts[:-1]:
        at /= part
        if at.is_symlink() or (at.exists() and not at.is_dir()):
            raise FilesError(f"{at} is not a folder of the project, so {path} cannot be written")
    target = folder / path
    if target.is_symlink() or (target.exists() and not target.is_file()):
        raise FilesError(f"{target} is there, and is not a plain file")
    if not target.exists():
        return Change(path, "create", new)
    try:
        old = target.read_bytes()
    except OSError as error:
        raise FilesError(f"cannot read {target}: {error.strerror}") from error
    return Change(path, "identical" if old == new else "conflict", new, old)


def difference(change: Change) -> str:
    """A conflict as a unified diff; one line when a side is not text."""
    assert change.old is not None, "only a conflict has two sides"
    try:
        old, new = (side.decode("utf-8").splitlines(keepends=True) for side in (change.old, change.new))
    except UnicodeDecodeError:
        return f"Binary files a/{change.path} and b/{change.path} differ\n"
    lines = difflib.unified_diff(old, new, f"a/{change.path}", f"b/{change.path}")
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def write(folder: Path, changes: Iterable[Change]) -> tuple[Change, ...]:
    """Write what is new; a conflict is replaced, and the old text kept, unless it is an update to which somebody
    agreed. Returns what was done. Raises FilesError."""
    done = []
    for change in changes:
        target = folder / change.path
        try:
            if change.action in ("conflict", "replace"):
                _keep(target)
                _put(target, change.new)
                done.append(Change(change.path, "replace", change.new, change.old))
                continue
            if change.action in ("create", "update"):
                target.parent.mkdir(parents=True, exist_ok=True)
                _put(target, change.new)
        except OSError as error:
            raise FilesError(f"cannot write {target}: {error.strerror}") from error
        done.append(change)
    return tuple(done)


def _keep(target: Path) -> None:
    """Give the old file a name that is free."""
    names = [f"{target.name}.orig", *(f"{target.name}.orig{number}" for number in range(1, 1000))]
    for name in names:
        try:
            os.link(target, target.with_name(name))
        except FileExistsError:
            continue
        return
    raise FilesError(f"there are too many old versions beside {target}")


def _put(target: Path, data: bytes) -> None:
    """Write a file as a whole; a reader never sees half of it."""
    mask = os.umask(0)
    os.umask(mask)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(handle, "wb") as stream:
            stream.write(data)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
