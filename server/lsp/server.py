"""The server: what happens when. State changes here, on the event loop; work is scheduled from here.

An edit cancels the verification of its project at once and starts the idle delay anew; when it ends, the project is
queued for the worker with a snapshot of all texts. Its result is accepted with the tick of that snapshot. A worker
that dies is given the task once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any, Final

from krepis.server.config import editor_values
from krepis.server.lsp.capabilities import Client, client_of
from krepis.server.lsp.features import METHODS, PULLED
from krepis.server.lsp.features.diagnostics import push
from krepis.server.lsp.features.status import status
from krepis.server.lsp.protocol import Protocol
from krepis.server.lsp.state import Project, State, path_of, verifiable
from krepis.server.lsp.transport import serve_stdio, serve_tcp
from krepis.server.lsp.verifier import TaskFailed, Verifier, WorkerDied
from krepis.server.version import installed_version
from krepis.twin.options import Progress
from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

STATUS_EVERY_S: Final = 0.1
"""Seconds between two notifications of status."""
PARENT_EVERY_S: Final = 3.0
"""Seconds between two looks whether the editor still lives."""

log = logging.getLogger(__name__)


class KrepisServer(LanguageServer):
    """One client, one state, one worker."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("krepis", installed_version(), protocol_cls=Protocol, converter_factory=default_converter)
        self.client = Client()
        self.state = State("utf-16")
        self.verifier = Verifier(self.warn)
        self.pushed: dict[str, str] = {}
        self._news = asyncio.Event()
        self._status_due = False
        self._background: set[asyncio.Task[Any]] = set()
        for name, method, options in METHODS:
            self._register(name, method, options)
        self._register(types.INITIALIZED, KrepisServer._initialized, None)
        self._register(types.TEXT_DOCUMENT_DID_SAVE, KrepisServer._did_save, None)

    def _register(self, name: str, method: Any, options: Any) -> None:
        bound = partial(method, self)
        self.feature(name, options)(lambda params: bound(params))

    # the life of a connection

    def prepare(self, params: types.InitializeParams) -> None:
        """Before `initialize` is answered: who is the client, and what does it work on."""
        self.client = client_of(params.capabilities)
        self.state = State(self.client.encoding)
        self._configured(params.initialization_options)
        if self.client.pulls:
            for name, method, options in PULLED:
                self._register(name, method, options)
        uris = [folder.uri for folder in params.workspace_folders or ()]
        if not uris and params.root_uri:
            uris = [params.root_uri]
        for uri in uris:
            folder = path_of(uri)
            if folder is not None and folder.is_dir():
                self.state.add_folder(folder)

    def complete(self, capabilities: types.ServerCapabilities) -> None:
        """What pygls does not say of the capabilities."""
        capabilities.position_encoding = types.PositionEncodingKind(self.client.encoding)

    def _initialized(self, _params: types.InitializedParams) -> None:
        if self.process_id is not None:
            self.spawn(self._watch_parent(self.process_id))
        for project in self.state.projects.values():
            self.schedule(project, 0)

    async def _watch_parent(self, pid: int) -> None:
        """Ends the server when the editor ended without saying so; in a container it may not be visible at all."""
        while _alive(pid):
            await asyncio.sleep(PARENT_EVERY_S)
            if not _alive(pid):
                log.warning("the editor (process %d) is gone", pid)
                self.verifier.kill()
                os._exit(1)

    def spawn(self, work: Any) -> asyncio.Task[Any]:
        """Runs a coroutine beside the connection; its failure is logged."""
        task: asyncio.Task[Any] = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("in the background", exc_info=error)

    def warn(self, message: str) -> None:
        """Tells the user."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Warning, message))

    # documents

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """textDocument/didOpen."""
        item = params.text_document
        opened = self.state.open(item.uri, item.text, item.version)
        self._say(opened.path)
        if opened.path is not None and verifiable(opened.path):
            project = self.state.adopt(opened.path)
            if not _on_disk(opened.path, item.text) or project.loose:
                self.edited(project)

    def did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """textDocument/didChange."""
        opened = self.state.find(params.text_document.uri)
        if opened is None:
            self.warn(f"an edit of {params.text_document.uri}, which is not open, is ignored")
            return
        for change in params.content_changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = change.range.start, change.range.end
                self.state.edit(opened, (start.line, start.character), (end.line, end.character), change.text)
            else:
                self.state.set_text(opened, change.text)
        self.state.versioned(opened, params.text_document.version)
        self._say(opened.path)
        project = self.state.project_of(opened.path)
        if project is not None and opened.path is not None and verifiable(opened.path):
            self.edited(project)

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """textDocument/didClose."""
        opened = self.state.close(params.text_document.uri)
        if opened is None:
            return
        self._say(opened.path)
        project = self.state.project_of(opened.path)
        if project is not None and opened.path is not None and not _on_disk(opened.path, opened.doc.text):
            self.edited(project)

    def _did_save(self, params: types.DidSaveTextDocumentParams) -> None:
        project = self.state.project_of(path_of(params.text_document.uri))
        if project is not None and project.settings.run == "onSave" and project.phase == "stale":
            self.schedule(project, 0)

    def _say(self, path: Path | None) -> None:
        if not self.client.pulls and path is not None:
            push(self, path)

    def did_change_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """workspace/didChangeWorkspaceFolders."""
        for removed in params.event.removed:
            folder = path_of(removed.uri)
            project = self.state.projects.pop(folder, None) if folder is not None else None
            if project is not None and project.job is not None:
                project.job.cancel()
        for added in params.event.added:
            folder = path_of(added.uri)
            if folder is not None and folder.is_dir() and folder not in self.state.projects:
                self.schedule(self.state.add_folder(folder), 0)
        self.announce()

    def _configured(self, values: Any) -> None:
        section = values.get("krepis", values) if isinstance(values, dict) else values
        self.state.editor, problems = editor_values(section)
        for problem in problems:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, problem))

    # verification

    def edited(self, project: Project) -> None:
        """Something that the project consists of has changed."""
        self.stop(project)
        if project.settings.run == "onType":
            self.schedule(project, project.settings.delay_ms / 1000)
        else:
            self.status_changed()

    def stop(self, project: Project) -> None:
        """Gives up what is being verified."""
        if project.job is not None:
            project.job.cancel()
            project.job = None
        project.phase = "stale"
        project.progress = None

    def schedule(self, project: Project, delay: float) -> None:
        """Verifies a project when `delay` seconds have passed."""
        self.stop(project)
        project.job = self.spawn(self._verify(project, delay))
        self.status_changed()

    async def _verify(self, project: Project, delay: float) -> None:
        await asyncio.sleep(delay)
        if project.problem:
            project.phase, project.error = "failed", project.problem
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, project.problem))
            self.status_changed()
            return
        project.phase = "queued"
        self.status_changed()
        task, tick = self.state.task(project), self.state.tick

        def moved(progress: Progress) -> None:
            project.phase, project.progress = "running", progress
            self.status_changed()

        try:
            try:
                verified = await self.verifier.run(task, moved)
            except WorkerDied:
                log.warning("the verifier died; trying once more")
                verified = await self.verifier.run(task, moved)
        except (WorkerDied, TaskFailed) as error:
            project.phase, project.error = "failed", str(error)
            self.window_show_message(
                types.ShowMessageParams(types.MessageType.Error, f"Krepis cannot verify {project.folder}: {error}")
            )
            self.status_changed()
            return
        finally:
            project.progress = None
        project.phase, project.error, project.job = "done", "", None
        self.state.accept(project, verified, tick)
        self.announce()

    # telling the client

    def announce(self) -> None:
        """Results have changed: wakes whoever waits for them."""
        self._news.set()
        self._news = asyncio.Event()
        if self.client.pulls:
            self._ask(types.WORKSPACE_DIAGNOSTIC_REFRESH)
        else:
            push(self)
        if self.client.refreshes_code_lenses:
            self._ask(types.WORKSPACE_CODE_LENS_REFRESH)
        self.status_changed()

    async def changed(self) -> None:
        """Returns when results have changed."""
        await self._news.wait()

    def _ask(self, method: str) -> None:
        """A request whose answer does not matter."""
        with contextlib.suppress(OSError):
            self.protocol.send_request(method, None)

    def report_partial(self, token: types.ProgressToken, value: Any) -> None:
        """A part of an answer."""
        plain = self.protocol._converter.unstructure(value)
        self.protocol.notify(types.PROGRESS, types.ProgressParams(token, plain))

    def status_changed(self) -> None:
        """Tells the client, soon, and not too often."""
        if not self._status_due:
            self._status_due = True
            asyncio.get_running_loop().call_later(STATUS_EVERY_S, self._send_status)

    def _send_status(self) -> None:
        self._status_due = False
        self.protocol.notify("krepis/statusChanged", status(self, None))


def _on_disk(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode("utf-8", "surrogatepass")
    except OSError:
        return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def run_stdio() -> int:
    """Serves over stdin and stdout; the exit status. Raises OSError when they are no pipes."""
    return asyncio.run(_run(None))


def run_tcp(host: str, port: int) -> int:
    """Serves one client over TCP; the exit status. Raises OSError when the address cannot be had."""
    return asyncio.run(_run((host, port)))


async def _run(address: tuple[str, int] | None) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="krepis: %(levelname)s %(name)s: %(message)s")
    server = KrepisServer()
    try:
        if address is None:
            await serve_stdio(server.protocol)
        else:
            await serve_tcp(server.protocol, *address)
    finally:
        server.verifier.kill()
    return server.protocol.exit_code
