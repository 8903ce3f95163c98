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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from krepis.twin.contents import Contents, stamp_from
from krepis.twin.findings import Note
from krepis.twin.folders import Folders, Listing, Stamp, stamp_of
from krepis.twin.options import SourceFile
from pathspec import GitIgnoreSpec

TYPESCRIPT: Final = (".ts", ".tsx", ".mts", ".cts")
JAVASCRIPT: Final = (".js", ".jsx", ".mjs", ".cjs")
DECLARATIONS: Final = (".d.ts", ".d.mts", ".d.cts")
SKIPPED_FOLDERS: Final = frozenset({"node_modules", "dist", ".git", ".krepis"})
MAX_FILE_BYTES: Final = 2 * 1024 * 1024

_Rules = tuple[tuple[str, GitIgnoreSpec], ...]  # ignore files that apply, the deepest folder last


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


@dataclass(frozen=True, slots=True)
class _Where:
    """A folder of a walk: its path, where that really is, what reports call it, and the rules that apply."""

    path: str
    real: str
    shown: str
    rules: _Rules


@dataclass(slots=True)
class _Folder:
    """What was taken from a folder, and from what that follows: its listing and the rules that applied.

    Of files: where they really are, and the file.
    """

    listing: Listing
    rules: _Rules
    folders: tuple[_Where, ...]
    files: tuple[tuple[str, SourceFile], ...]


class Seen:
    """What discoveries in one folder with one selection have seen; the next looks only at what has changed since."""

    def __init__(self, contents: Contents | None = None) -> None:
        self.contents = contents or Contents()
        self.folders = Folders()
        self.taken: dict[str, _Folder] = {}
        self.ignores: dict[str, tuple[Stamp, _Rules]] = {}
        self.sources: dict[Path, tuple[SourceFile, str]] = {}


def discover(paths: Sequence[str], current: Path, selection: Selection, seen: Seen | None = None) -> Discovery:
    """The files that `paths` (relative to the absolute folder `current`) mean.

    Raises DiscoveryError for a missing path, a named file of another language, or when nothing is left.
    """
    seen = seen or Seen()
    files: dict[str, SourceFile] = {}
    notes: list[Note] = []
    for path in paths:
        absolute = Path(os.path.abspath(current / path))
        for real, candidate in _candidates(path, absolute, selection, current, notes, seen):
            source, problem = _looked_at(candidate, seen)
            if problem:
                notes.append(Note(source.path, 1, "skipped", problem))
            else:
                files.setdefault(real, source)
    if not files:
        raise DiscoveryError(_nothing_found(paths, selection, notes))
    return Discovery(tuple(sorted(files.values(), key=lambda f: f.path)), tuple(sorted(set(notes), key=_order)))


def _looked_at(source: SourceFile, seen: Seen) -> tuple[SourceFile, str]:
    """A file with its stamp, and why it cannot be verified, or nothing."""
    path = str(source.absolute)
    try:
        status = os.stat(path)
    except OSError as error:
        return source, f"File cannot be read: {error.strerror}."
    stamp = stamp_from(status)
    known = seen.sources.get(source.absolute)
    if known is None or known[0].stamp != stamp:
        known = replace(source, stamp=stamp), _problem(path, status, seen.contents)
        seen.sources[source.absolute] = known
    return known


def shown(path: Path, current: Path) -> str:
    """How reports name a file: relative to the current folder, with `/`."""
    return Path(os.path.relpath(path, current)).as_posix()


def _order(note: Note) -> tuple[str, str]:
    return (note.file, note.message)


def _candidates(
    path: str, absolute: Path, selection: Selection, current: Path, notes: list[Note], seen: Seen
) -> Iterator[tuple[str, SourceFile]]:
    """The files that a path means, and where they really are."""
    try:
        is_folder, is_file = absolute.is_dir(), absolute.is_file()
    except (OSError, ValueError) as error:  # a name that is too long, or holds NUL
        raise DiscoveryError(f"cannot read {path!r}: {error}") from error
    if is_folder:
        yield from _walk(absolute, selection, current, notes, seen)
    elif is_file:
        if not absolute.name.endswith(TYPESCRIPT + JAVASCRIPT):
            raise DiscoveryError(
                f"{path!r} is neither TypeScript nor JavaScript ({', '.join(TYPESCRIPT + JAVASCRIPT)})"
            )
        yield os.path.realpath(absolute), SourceFile(shown(absolute, current), absolute)
    elif os.path.lexists(absolute):
        raise DiscoveryError(f"{path!r} is neither a file nor a folder")
    else:
        raise DiscoveryError(f"no such file or folder: {path!r}")


def _walk(
    top: Path, selection: Selection, current: Path, notes: list[Note], seen: Seen
) -> Iterator[tuple[str, SourceFile]]:
    visited: set[tuple[int, int]] = set()
    pending = [_Where(str(top), os.path.realpath(top), shown(top, current), _rules_above(top, seen))]
    while pending:
        where = pending.pop()
        try:
            listing = seen.folders.listing(where.path)
        except OSError as error:
            notes.append(Note(where.shown, 1, "skipped", f"Folder cannot be read: {error.strerror}."))
            continue
        if listing.identity in visited:
            continue
        visited.add(listing.identity)
        rules = where.rules
        if ".gitignore" in listing.files:
            rules = (*rules, *_remembered_rules(where.path, seen))
        known = seen.taken.get(where.path)
        if known is None or known.listing is not listing or not _same(known.rules, rules):
            known = seen.taken[where.path] = _taken(where, listing, rules, selection)
        yield from known.files
        pending += known.folders


def _taken(where: _Where, listing: Listing, rules: _Rules, selection: Selection) -> _Folder:
    """What the rules leave of a folder."""
    exclude = GitIgnoreSpec.from_lines(selection.exclude)
    root = f"{selection.root}/"
    prefix = f"{where.path}/".replace("//", "/")
    name_of = "" if where.shown == "." else f"{where.shown}/"

    def left(name: str, slash: str) -> bool:
        path = prefix + name
        if selection.exclude and path.startswith(root) and exclude.match_file(path[len(root) :] + slash):
            return False
        return not rules or not _ignored(path + slash, rules)

    def real(name: str) -> str:
        return os.path.realpath(prefix + name) if name in listing.links else f"{where.real}/{name}"

    return _Folder(
        listing,
        rules,
        tuple(
            _Where(prefix + name, real(name), name_of + name, rules)
            for name in listing.folders
            if name not in SKIPPED_FOLDERS and left(name, "/")
        ),
        tuple(
            (real(name), SourceFile(name_of + name, Path(prefix + name)))
            for name in listing.files
            if _wanted(name, selection.suffixes) and left(name, "")
        ),
    )


def _same(one: _Rules, other: _Rules) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _remembered_rules(folder: str, seen: Seen) -> _Rules:
    """The folder's own ignore file, read again when it has changed."""
    stamp = stamp_of(f"{folder}/.gitignore")
    known = seen.ignores.get(folder)
    if known is None or stamp is None or known[0] != stamp:
        known = seen.ignores[folder] = stamp or (), _own_rules(folder)
    return known[1]


def _wanted(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.endswith(suffixes) and not name.endswith(DECLARATIONS)


def _ignored(path: str, rules: _Rules) -> bool:
    """Whether git ignores the path, which ends with a slash when it is a folder: the deepest file with a pattern for
    it decides (gitignore(5))."""
    for base, spec in reversed(rules):
        verdict = spec.check_file(path[len(base) :]).include
        if verdict is not None:
            return verdict
    return False


def _own_rules(folder: str) -> _Rules:
    try:
        text = (Path(folder) / ".gitignore").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    try:
        return ((f"{folder}/".replace("//", "/"), GitIgnoreSpec.from_lines(text.splitlines())),)
    except ValueError:  # a pattern that git would not match either
        return ()


def _rules_above(top: Path, seen: Seen) -> _Rules:
    """The ignore files from the repository's root to `top`; none when they ignore `top`, which was named."""
    repository = next((folder for folder in (top, *top.parents) if (folder / ".git").exists()), top)
    between = [folder for folder in reversed(top.parents) if folder.is_relative_to(repository)]
    rules = tuple(rule for folder in between for rule in _remembered_rules(str(folder), seen))
    return () if _ignored(f"{top}/", rules) else rules


def _problem(path: str, status: os.stat_result, contents: Contents) -> str:
    """Why a file cannot be verified, or nothing."""
    if not stat.S_ISREG(status.st_mode):
        return "Not a regular file."
    if status.st_size > MAX_FILE_BYTES:
        return f"File is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB ({status.st_size:,} bytes)."
    try:
        content = contents.read(path, stamp_from(status))
    except OSError as error:
        return f"File cannot be read: {error.strerror}."
    if content.utf16:
        return "File is encoded in UTF-16; TypeScript sources are UTF-8."
    return "File is binary." if content.binary else ""


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
