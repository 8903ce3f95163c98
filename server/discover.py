"""Which files a list of paths means.

A file that is named is taken whatever its folder; a folder is walked. A walk follows `.gitignore` files
(nested ones and those above the folder up to the repository's root), the project's own `exclude` patterns,
and skips `node_modules`, `dist`, `.git`, `.krepis` and declaration files. Symbolic links are followed; a
folder or file that was seen under another name is not taken twice, so loops end.

What is there but cannot be verified (binary, too large, unreadable) becomes a note. Paths that do not
exist, or that are not TypeScript, are errors of the user. Deliberately absent: `.git/info/exclude` and the
user's global ignore file, which would make the result depend on the machine.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from krepis.twin.findings import Note
from krepis.twin.options import SourceFile
from pathspec import GitIgnoreSpec

TYPESCRIPT: Final = (".ts", ".tsx", ".mts", ".cts")
JAVASCRIPT: Final = (".js", ".jsx", ".mjs", ".cjs")
DECLARATIONS: Final = (".d.ts", ".d.mts", ".d.cts")
SKIPPED_FOLDERS: Final = frozenset({"node_modules", "dist", ".git", ".krepis"})
MAX_FILE_BYTES: Final = 2 * 1024 * 1024
_SNIFFED_BYTES: Final = 8192

_Rules = tuple[tuple[Path, GitIgnoreSpec], ...]  # ignore files that apply, the deepest folder last


class DiscoveryError(ValueError):
    """The paths cannot be verified, and why; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What to take from folders: `suffixes` of file names, minus gitignore patterns relative to `root`."""

    root: Path
    suffixes: tuple[str, ...] = TYPESCRIPT
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discovery:
    """The files to verify, sorted by path, and what was left out though it looked like one."""

    files: tuple[SourceFile, ...]
    notes: tuple[Note, ...]


def discover(paths: Sequence[str], current: Path, selection: Selection) -> Discovery:
    """The files that `paths` (relative to the absolute folder `current`) mean.

    Raises DiscoveryError for a missing path, a named file of another language, or when nothing is left.
    """
    files: dict[Path, SourceFile] = {}
    notes: list[Note] = []
    for path in paths:
        absolute = Path(os.path.abspath(current / path))
        for candidate in _candidates(path, absolute, selection, current, notes):
            source = SourceFile(shown(candidate, current), candidate)
            problem = _problem(candidate)
            if problem:
                notes.append(Note(source.path, 1, "skipped", problem))
            else:
                files.setdefault(candidate.resolve(), source)
    if not files:
        raise DiscoveryError(_nothing_found(paths, selection, notes))
    return Discovery(tuple(sorted(files.values(), key=lambda f: f.path)), tuple(sorted(set(notes), key=_order)))


def shown(path: Path, current: Path) -> str:
    """How reports name a file: relative to the current folder, with `/`."""
    return Path(os.path.relpath(path, current)).as_posix()


def _order(note: Note) -> tuple[str, str]:
    return (note.file, note.message)


def _candidates(path: str, absolute: Path, selection: Selection, current: Path, notes: list[Note]) -> Iterator[Path]:
    try:
        is_folder, is_file = absolute.is_dir(), absolute.is_file()
    except (OSError, ValueError) as error:  # a name that is too long, or holds NUL
        raise DiscoveryError(f"cannot read {path!r}: {error}") from error
    if is_folder:
        yield from _walk(absolute, selection, current, notes)
    elif is_file:
        if not absolute.name.endswith(TYPESCRIPT + JAVASCRIPT):
            raise DiscoveryError(
                f"{path!r} is neither TypeScript nor JavaScript ({', '.join(TYPESCRIPT + JAVASCRIPT)})"
            )
        yield absolute
    elif os.path.lexists(absolute):
        raise DiscoveryError(f"{path!r} is neither a file nor a folder")
    else:
        raise DiscoveryError(f"no such file or folder: {path!r}")


def _walk(top: Path, selection: Selection, current: Path, notes: list[Note]) -> Iterator[Path]:
    exclude = GitIgnoreSpec.from_lines(selection.exclude)
    seen: set[tuple[int, int]] = set()
    pending = [(top, _rules_above(top))]
    while pending:
        folder, rules = pending.pop()
        try:
            status = folder.stat()
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            notes.append(Note(shown(folder, current), 1, "skipped", f"Folder cannot be read: {error.strerror}."))
            continue
        if (status.st_dev, status.st_ino) in seen:
            continue
        seen.add((status.st_dev, status.st_ino))
        rules = (*rules, *_own_rules(folder))
        for entry in entries:
            path = folder / entry.name
            is_folder = _is_folder(entry)
            if is_folder and entry.name in SKIPPED_FOLDERS:
                continue
            if not is_folder and not _wanted(entry.name, selection.suffixes):
                continue
            if _ignored(path, is_folder, rules) or _excluded(path, is_folder, exclude, selection.root):
                continue
            if is_folder:
                pending.append((path, rules))
            else:
                yield path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a symbolic link to itself
        return False


def _wanted(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.endswith(suffixes) and not name.endswith(DECLARATIONS)


def _excluded(path: Path, is_folder: bool, exclude: GitIgnoreSpec, root: Path) -> bool:
    if not path.is_relative_to(root):
        return False
    return exclude.match_file(path.relative_to(root).as_posix() + ("/" if is_folder else ""))


def _ignored(path: Path, is_folder: bool, rules: _Rules) -> bool:
    """Whether git ignores the path: the deepest file with a pattern for it decides (gitignore(5))."""
    for base, spec in reversed(rules):
        verdict = spec.check_file(path.relative_to(base).as_posix() + ("/" if is_folder else "")).include
        if verdict is not None:
            return verdict
    return False


def _own_rules(folder: Path) -> _Rules:
    try:
        text = (folder / ".gitignore").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    try:
        return ((folder, GitIgnoreSpec.from_lines(text.splitlines())),)
    except ValueError:  # a pattern that git would not match either
        return ()


def _rules_above(top: Path) -> _Rules:
    """The ignore files from the repository's root to `top`; none when they ignore `top`, which was named."""
    repository = next((folder for folder in (top, *top.parents) if (folder / ".git").exists()), top)
    between = [folder for folder in reversed(top.parents) if folder.is_relative_to(repository)]
    rules = tuple(rule for folder in between for rule in _own_rules(folder))
    return () if _ignored(top, True, rules) else rules


def _problem(path: Path) -> str:
    """Why a file cannot be verified, or nothing."""
    try:
        status = path.stat()
        size = status.st_size
        if not stat.S_ISREG(status.st_mode):
            return "Not a regular file."
        if size > MAX_FILE_BYTES:
            return f"File is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB ({size:,} bytes)."
        with path.open("rb") as stream:
            start = stream.read(_SNIFFED_BYTES)
    except OSError as error:
        return f"File cannot be read: {error.strerror}."
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "File is encoded in UTF-16; TypeScript sources are UTF-8."
    return "File is binary." if b"\0" in start else ""


def _nothing_found(paths: Sequence[str], selection: Selection, notes: Sequence[Note]) -> str:
    where = ", ".join(repr(path) for path in paths)
    message = (
        f"no TypeScript to verify in {where}: looked for {' '.join('*' + s for s in selection.suffixes)}, "
        f"leaving out {', '.join(sorted(SKIPPED_FOLDERS))}, declaration files and what .gitignore names"
    )
    if selection.exclude:
        message += f" or the setting exclude ({', '.join(selection.exclude)})"
    if notes:
        message += "; skipped " + "; ".join(f"{note.file}: {note.message}" for note in notes[:5])
    return message
