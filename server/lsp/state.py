"""What the server knows: open documents, projects, and what was verified of them. Only the event loop changes it.

A *project* is a folder of the workspace, verified as one program; a file outside of all folders is a project of its
own folder's open files. What is known of a file has the tick at which the texts were taken. Edits after that tick are
remembered as line splices, so that a finding moves along with its line, and is dropped when its line was edited, until
the next news of its file.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from dataclasses import replace as changed
from pathlib import Path
from typing import Any, Literal

from krepis.server.config import ConfigError, Settings, Values, find_settings
from krepis.server.discover import DECLARATIONS, JAVASCRIPT, SKIPPED_FOLDERS, TYPESCRIPT, shown
from krepis.server.lsp import trees
from krepis.server.lsp._engine import FileView, News, Task
from krepis.server.lsp.document import Document, Encoding, Point, Splice, document, replace
from krepis.server.lsp.status import EntryStatus
from krepis.twin.findings import Finding
from krepis.twin.options import Progress
from krepis.twin.typescript.syntax import MAX_BYTES, dialect_of
from pygls.uris import from_fs_path, to_fs_path
from tree_sitter import Tree

MAX_CACHED_FILES = 500
"""Texts from disk that are kept for converting positions."""

BOM = "\ufeff"
NOTHING = FileView()
Phase = Literal["stale", "queued", "running", "done", "failed"]


@dataclass
class Open:
    """An open document: its current text and tree, and its edits (tick, splice) that no result has seen yet."""

    uri: str
    path: Path | None
    doc: Document
    dialect: str
    tree: Tree | None
    edits: list[tuple[int, Splice]] = field(default_factory=list)


@dataclass
class Project:
    """A folder that is verified as one program.

    `views` are what is known of its files, by the names that reports give them, `ticks` when the texts of that were
    taken. Files in `waiting` may have other results by now, those in `running` are being looked at, and `unsaid` are
    those whose status the client has not been told. `disk` counts what changed on disk, `stamp`
    counts what happened to the texts, whoever did it, and
    `repairs` are known for the stamp that they name.
    """

    folder: Path
    settings: Settings
    editor: Values
    problem: str = ""
    loose: bool = False
    phase: Phase = "stale"
    error: str = ""
    views: dict[str, FileView] = field(default_factory=dict)
    ticks: dict[str, int] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    running: frozenset[str] = frozenset()
    unsaid: set[str] = field(default_factory=set)
    heard: int = 0
    disk: int = 0
    progress: Progress | None = None
    job: asyncio.Task[None] | None = None
    first: tuple[Path, ...] = ()
    stamp: int = 0
    repairs: dict[str, tuple[int, asyncio.Future[Any]]] = field(default_factory=dict)

    @property
    def findings(self) -> Iterator[Finding]:
        """All findings that are known."""
        return (finding for view in self.views.values() for finding in view.findings)

    def path_of(self, name: str) -> Path:
        """The file that a report calls `name`."""
        return Path(os.path.normpath(self.folder / name))

    def view(self, path: Path) -> FileView:
        """What is known of a file."""
        return self.views.get(shown(path, self.folder), NOTHING)

    def doubt(self, names: Iterable[str]) -> None:
        """These files may have other results by now."""
        self.waiting.update(names)
        self.unsaid.update(names)

    def affected(self, path: Path) -> list[str]:
        """The files whose results depend on a file."""
        return [name for name, view in self.views.items() if str(path) in view.depends]


class State:
    """Everything that changes."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.editor: Values = {}
        self.documents: dict[str, Open] = {}
        self.projects: dict[Path, Project] = {}
        self.tick = 0
        self._disk: dict[Path, tuple[tuple[int, int], Document]] = {}

    # documents

    def open(self, uri: str, text: str, version: int) -> Open:
        """A document was opened."""
        path = path_of(uri)
        doc = document(text, version)
        dialect = dialect_of(path.name if path else uri)
        tree = trees.parse(doc, dialect) if len(text) <= MAX_BYTES else None
        opened = Open(uri, path, doc, dialect, tree)
        self.documents[key_of(uri)] = opened
        return opened

    def edit(self, opened: Open, start: Point, end: Point, text: str) -> None:
        """A part of a document was replaced."""
        old = opened.doc
        opened.doc, splice = replace(old, start, end, text, self.encoding)
        if opened.tree is not None:
            opened.tree = trees.reparse(opened.tree, old, opened.doc, splice, opened.dialect)
        self.tick += 1
        opened.edits.append((self.tick, splice))

    def set_text(self, opened: Open, text: str) -> None:
        """A document was replaced as a whole."""
        end = len(opened.doc.lines)
        self.edit(opened, (0, 0), (end, 0), text)

    @staticmethod
    def versioned(opened: Open, version: int) -> None:
        """The edits so far are this version."""
        opened.doc = changed(opened.doc, version=version)

    def close(self, uri: str) -> Open | None:
        """A document was closed; what counts is on disk again."""
        return self.documents.pop(key_of(uri), None)

    def find(self, uri: str) -> Open | None:
        """An open document."""
        return self.documents.get(key_of(uri))

    def document_at(self, path: Path) -> Document | None:
        """The current text of a file: as open, else as on disk, if it can be read."""
        opened = self.documents.get(str(path))
        if opened is not None:
            return opened.doc
        try:
            status = path.stat()
            stamp = status.st_mtime_ns, status.st_size
            cached = self._disk.get(path)
            if cached is not None and cached[0] == stamp:
                return cached[1]
            if status.st_size > MAX_BYTES:
                return None
            doc = document(path.read_bytes().decode("utf-8-sig", "replace"))
        except OSError:
            return None
        while len(self._disk) >= MAX_CACHED_FILES:
            del self._disk[next(iter(self._disk))]
        self._disk[path] = (stamp, doc)
        return doc

    def uri_of(self, path: Path) -> str:
        """The name of a file, as the client spells it if it has it open."""
        opened = self.documents.get(str(path))
        return opened.uri if opened is not None else from_fs_path(str(path)) or ""

    # projects

    def add_folder(self, folder: Path) -> Project:
        """A folder joined the workspace."""
        project = self.projects[folder] = Project(folder, Settings(root=folder), self.editor)
        configure(project)
        return project

    def project_of(self, path: Path | None) -> Project | None:
        """The project that a file belongs to: of the deepest folder around it."""
        if path is None:
            return None
        around = [project for folder, project in self.projects.items() if path.is_relative_to(folder)]
        return max(around, key=lambda project: len(project.folder.parts), default=None)

    def adopt(self, path: Path) -> Project:
        """The project of a file; one of its own for a file outside the workspace."""
        project = self.project_of(path)
        if project is None:
            project = self.add_folder(path.parent)
            project.loose = True
        return project

    def task(self, project: Project) -> Task:
        """What there is to verify now: a snapshot."""
        mine = [o for o in self.documents.values() if o.path and self.project_of(o.path) is project]
        texts = {o.path: o.doc.text.removeprefix(BOM) for o in mine if o.path is not None and verifiable(o.path)}
        alone = tuple(sorted(texts)) if project.loose else ()
        return Task(
            project.folder, project.settings, texts, alone, (*project.first, *texts), project.heard, project.disk
        )

    @staticmethod
    def hear(project: Project, news: News, tick: int) -> None:
        """News about the texts of `tick`."""
        project.heard = news.number
        gone = [*project.views] if news.fresh else [name for name, view in news.files.items() if view is None]
        for name in gone:
            del project.views[name], project.ticks[name]
        for name, view in news.files.items():
            if view is not None:
                project.views[name], project.ticks[name] = view, tick
        project.unsaid.update(gone, news.files, project.waiting ^ news.waiting, project.running ^ news.running)
        project.waiting, project.running = set(news.waiting), news.running

    def accept(self, project: Project, news: News, tick: int) -> None:
        """The last news of a verification: edits before `tick` are part of what is known."""
        self.hear(project, news, tick)
        project.unsaid |= project.waiting
        project.waiting.clear()
        project.ticks = dict.fromkeys(project.views, tick)
        for opened in self.documents.values():
            if self.project_of(opened.path) is project:
                opened.edits = [edit for edit in opened.edits if edit[0] > tick]

    def line_now(self, path: Path, line: int, tick: int) -> int | None:
        """Where a line (from 0) of the text of `tick` is now; None when it was edited since."""
        opened = self.documents.get(str(path))
        for when, splice in opened.edits if opened is not None else ():
            if when <= tick or line < splice.line:
                continue
            if line < splice.line + splice.lines:
                return None
            line += splice.new_lines - splice.lines
        return line

    def located(self, fingerprint: str) -> tuple[Project, Finding] | None:
        """A finding by its fingerprint."""
        for project in self.projects.values():
            for finding in project.findings:
                if finding.fingerprint == fingerprint:
                    return project, finding
        return None

    def paths_with_findings(self) -> set[Path]:
        """The files in which something was found."""
        return {p.path_of(name) for p in self.projects.values() for name, view in p.views.items() if view.findings}

    def entries_in(self, path: Path) -> Iterator[tuple[Project, EntryStatus]]:
        """The entry points in a file."""
        project = self.project_of(path)
        if project is not None:
            for entry in project.view(path).entries:
                yield project, entry


def configure(project: Project) -> None:
    """Reads the settings of a project again."""
    try:
        project.settings = find_settings(project.folder, project.editor)
        project.problem = ""
    except ConfigError as error:
        project.problem = str(error)


def path_of(uri: str) -> Path | None:
    """The file that a URI names, if it names one."""
    name = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(os.path.normpath(name)) if name else None


def key_of(uri: str) -> str:
    """What spellings of a URI have in common."""
    path = path_of(uri)
    return str(path) if path is not None else uri


def verifiable(path: Path) -> bool:
    """Whether a file is a program at all, not a declaration or somebody else's."""
    right = path.name.endswith(TYPESCRIPT + JAVASCRIPT) and not path.name.endswith(DECLARATIONS)
    return right and not SKIPPED_FOLDERS.intersection(path.parts)
