"""The server: what happens when. State changes here, on the event loop; work is scheduled from here.

An edit cancels the verification of its project at once and starts the idle delay anew; when it ends, the project is
queued for the worker with a snapshot of all texts. What is found is told as it comes, and taken over with the tick of
that snapshot. A worker that dies is given the task once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

from krepis.server.config import FILE_NAME, editor_values
from krepis.server.lsp import watch
from krepis.server.lsp._engine import News, Opened, RepairAll, Repairs, Saved, Task
from krepis.server.lsp._messages import TaskFailed, WorkerDied
from krepis.server.lsp.capabilities import Client, client_of
from krepis.server.lsp.features import COMPLETED, METHODS, PULLED
from krepis.server.lsp.features.commands import CLIENTS, COMMANDS
from krepis.server.lsp.features.diagnostics import push
from krepis.server.lsp.features.status import opened, status_changed
from krepis.server.lsp.features.trace import SCHEME
from krepis.server.lsp.progress import WorkProgress
from krepis.server.lsp.protocol import Protocol
from krepis.server.lsp.state import BOM, Phase, Project, State, configure, path_of, verifiable
from krepis.server.lsp.transport import serve_stdio, serve_tcp
from krepis.server.lsp.verifier import Verifier
from krepis.server.version import installed_version
from krepis.twin.edits import Edit, Repair
from krepis.twin.findings import Finding
from krepis.twin.options import Progress
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter
from pygls.uris import from_fs_path

STATUS_EVERY_S: Final = 0.1
"""Seconds between two notifications of status."""
PARENT_EVERY_S: Final = 3.0
"""Seconds between two looks whether the editor still lives."""

log = logging.getLogger(__name__)


class KrepisServer(LanguageServer):
    """One client, one state, one worker."""

    protocol: Protocol

    def __init__(self, worker: subprocess.Popen[bytes] | None = None) -> None:
        super().__init__("krepis", installed_version(), protocol_cls=Protocol, converter_factory=default_converter)
        self.client = Client()
        self.state = State("utf-16")
        self.verifier = Verifier(self.warn, worker)
        self.fixer = Verifier(self.warn)
        self.assistant = Verifier(self.warn)
        self.completions = 0
        self.completing: asyncio.Task[Any] | None = None
        self._said: set[str] = set()
        self.progresses: dict[types.ProgressToken, Callable[[], object]] = {}
        self.pushed: dict[str, str] = {}
        self._news = asyncio.Event()
        self.unplaced: list[tuple[Path, str]] = []
        self._status_due: asyncio.TimerHandle | None = None
        self._background: set[asyncio.Task[Any]] = set()
        for name, method, options in METHODS:
            self._register(name, method, options)
        self._register(types.INITIALIZED, KrepisServer._initialized, None)
        self._register(types.TEXT_DOCUMENT_DID_SAVE, KrepisServer._did_save, None)
        self._register(types.WORKSPACE_DID_CHANGE_CONFIGURATION, KrepisServer._did_change_configuration, None)
        self._register(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, KrepisServer._did_change_watched_files, None)

    def _register(self, name: str, method: Any, options: Any) -> None:
        bound = partial(method, self)
        self.feature(name, options)(lambda params: bound(params))

    # the life of a connection

    def prepare(self, params: types.InitializeParams) -> None:
        """Before `initialize` is answered: who is the client, and what does it work on."""
        self.client = client_of(params.capabilities)
        self.state = State(self.client.encoding)
        options = params.initialization_options
        section = options.get("krepis", options) if isinstance(options, dict) else None
        self.state.editor, _problems = editor_values(section)
        if self.client.pulls:
            for name, method, options in PULLED:
                self._register(name, method, options)
        if not self.client.completes_inline:
            for name, method, options in COMPLETED:
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
        announced = [name for name in COMMANDS if name not in CLIENTS]
        capabilities.execute_command_provider = types.ExecuteCommandOptions(announced)
        if self.client.text_document_content:
            capabilities.workspace = capabilities.workspace or types.WorkspaceOptions()
            capabilities.workspace.text_document_content = types.TextDocumentContentOptions([SCHEME])

    def _initialized(self, _params: types.InitializedParams) -> None:
        if self.process_id is not None:
            self.spawn(self._watch_parent(self.process_id))
        self.spawn(self._begin())

    async def _begin(self) -> None:
        """What follows a handshake: settings, watchers, and the first verification."""
        registrations = []
        if self.client.registers_configuration:
            options: Any = {"section": "krepis"}
            registrations.append(
                types.Registration("krepis-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)
            )
        if self.client.registers_watchers:
            watchers = types.DidChangeWatchedFilesRegistrationOptions(
                [types.FileSystemWatcher(pattern) for pattern in watch.PATTERNS]
            )
            registrations.append(types.Registration("krepis-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, watchers))
        else:
            self.spawn(watch.poll(self))
        if registrations:
            await self._asked(self.client_register_capability_async(types.RegistrationParams(registrations)))
        await self._pull_configuration()
        for project in self.state.projects.values():
            if project.phase == "stale" and project.job is None:
                self.schedule(project, 0)

    async def _asked(self, request: Any) -> Any:
        """The client's answer; None when it refuses."""
        try:
            return await request
        except JsonRpcException as error:
            log.warning("the client refuses: %s", error)
            return None

    async def _pull_configuration(self) -> None:
        projects = list(self.state.projects.values())
        if not self.client.configuration or not projects:
            return
        items = [types.ConfigurationItem(from_fs_path(str(p.folder)), "krepis") for p in projects]
        values = await self._asked(self.workspace_configuration_async(types.ConfigurationParams(items)))
        for project, value in zip(projects, values or (), strict=False):
            self._configure(project, value)

    def _configure(self, project: Project, values: Any) -> None:
        """An editor's settings for a project; verifies again when they matter."""
        before = project.settings, project.problem
        project.editor, problems = editor_values(values)
        for problem in problems:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, problem))
        configure(project)
        if before != (project.settings, project.problem):
            project.doubt(project.views)
            if self.client.refreshes_inlay_hints:
                self._ask(types.WORKSPACE_INLAY_HINT_REFRESH)
            if project.phase != "stale":
                self.schedule(project, 0)

    def _did_change_configuration(self, params: types.DidChangeConfigurationParams) -> None:
        if self.client.configuration:
            self.spawn(self._pull_configuration())
            return
        values = params.settings.get("krepis") if isinstance(params.settings, dict) else None
        for project in self.state.projects.values():
            self._configure(project, values)

    def _did_change_watched_files(self, params: types.DidChangeWatchedFilesParams) -> None:
        self.files_changed(path for change in params.changes if (path := path_of(change.uri)) is not None)

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Files changed on disk; of open documents what counts is what the client has."""
        touched = [path for path in paths if str(path) not in self.state.documents and not watch.ours(path)]
        for project in self.state.projects.values():
            mine = [path for path in touched if self.state.project_of(path) is project]
            if any(path.name == FILE_NAME for path in mine):
                configure(project)
                project.doubt(project.views)
            if mine:
                project.disk += 1
                self.edited(project, mine)

    async def _watch_parent(self, pid: int) -> None:
        """Ends the server when the editor ended without saying so; in a container it may not be visible at all."""
        while _alive(pid):
            await asyncio.sleep(PARENT_EVERY_S)
            if not _alive(pid):
                log.warning("the editor (process %d) is gone", pid)
                self.restart()
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
            if isinstance(error, TaskFailed):
                return  # whoever waits for it says so
            log.error("in the background", exc_info=error)

    def warn(self, message: str) -> None:
        """Tells the user."""
        self.window_log_message(types.LogMessageParams(types.MessageType.Warning, message))

    def say_once(self, message: str) -> None:
        """Shows the user a message, unless it has been shown before."""
        if message not in self._said:
            self._said.add(message)
            self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))

    # documents

    def did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """textDocument/didOpen."""
        item = params.text_document
        opened = self.state.open(item.uri, item.text, item.version)
        self._say(opened.path)
        if opened.path is not None and verifiable(opened.path):
            project = self.state.adopt(opened.path)
            if not _on_disk(opened.path, item.text) or project.loose:
                self.edited(project, [opened.path])
            elif project.phase == "done" and project.settings.run != "manual":
                self.spawn(self._opened(project))

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
            self.edited(project, [opened.path])

    def did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """textDocument/didClose."""
        opened = self.state.close(params.text_document.uri)
        if opened is None:
            return
        self._touch(opened.path)
        self._say(opened.path)
        project = self.state.project_of(opened.path)
        if project is not None and opened.path is not None and not _on_disk(opened.path, opened.doc.text):
            self.edited(project, [opened.path])

    def _did_save(self, params: types.DidSaveTextDocumentParams) -> None:
        self._touch(path_of(params.text_document.uri))
        project = self.state.project_of(path_of(params.text_document.uri))
        if project is None:
            return
        if project.settings.run == "onSave" and project.phase == "stale":
            self.schedule(project, 0)
        elif project.phase == "done" and not project.loose:
            self.spawn(self._saved(project))

    def _touch(self, path: Path | None) -> None:
        project = self.state.project_of(path)
        if project is not None:
            project.disk += 1

    def _say(self, path: Path | None) -> None:
        if not self.client.pulls and path is not None:
            push(self, path)

    def did_change_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """workspace/didChangeWorkspaceFolders."""
        for removed in params.event.removed:
            folder = path_of(removed.uri)
            project = self.state.projects.pop(folder, None) if folder is not None else None
            if project is not None:
                self.stop(project)
                self.unplaced += [(project.folder, name) for name in project.views]
        for added in params.event.added:
            folder = path_of(added.uri)
            if folder is not None and folder.is_dir() and folder not in self.state.projects:
                self.schedule(self.state.add_folder(folder), 0)
        self.announce()

    # verification

    def edited(self, project: Project, paths: Iterable[Path]) -> None:
        """Files that the project consists of have changed."""
        self.stop(project)
        project.stamp += 1
        for path in paths:
            project.doubt(project.affected(path))
        if project.settings.run == "onType":
            self.schedule(project, project.settings.delay_ms / 1000)
        else:
            self.status_changed()

    def stop(self, project: Project) -> None:
        """Gives up what is being verified."""
        if project.job is not None:
            project.job.cancel()
            project.job = None
        self._become(project, "stale")
        project.progress = None

    @staticmethod
    def _become(project: Project, phase: Phase) -> None:
        if project.phase != phase:
            project.phase = phase
            project.unsaid |= project.waiting

    def schedule(self, project: Project, delay: float, first: tuple[Path, ...] = ()) -> None:
        """Verifies a project when `delay` seconds have passed."""
        self.stop(project)
        project.first = first
        project.job = self.spawn(self._verify(project, delay))
        self.status_changed()

    async def _verify(self, project: Project, delay: float) -> None:
        await asyncio.sleep(delay)
        if project.problem:
            self._failed(project, project.problem)
            return
        self._become(project, "queued")
        self.status_changed()
        task, tick = self.state.task(project), self.state.tick
        title = f"Verifying {project.folder.name}"
        shown = WorkProgress(self, title, partial(self._give_up, project)) if self.client.progress else None

        def moved(progress: Progress) -> None:
            self._become(project, "running")
            project.progress = progress
            self.status_changed()
            if shown is not None:
                shown.report(progress)

        def told(news: News) -> None:
            self.state.hear(project, news, tick)
            self.announce(news)

        try:
            news = await self._survived(task, moved, told)
        except (WorkerDied, TaskFailed) as error:
            self._failed(project, f"Krepis cannot verify {project.folder}: {error}")
            return
        finally:
            if shown is not None:
                shown.end()
        self._become(project, "done")
        project.error, project.job, project.progress = "", None, None
        self.state.accept(project, news, tick)
        self.announce(news)
        if news.fresh:
            gc.freeze()  # what is known now lives on, and looking through it takes longer than a keystroke may

    async def _saved(self, project: Project) -> None:
        """The worker has nothing to verify, but what is on disk has changed."""
        with contextlib.suppress(WorkerDied, TaskFailed):
            await self.verifier.run(Saved(self.state.task(project)))

    async def _opened(self, project: Project) -> None:
        """The worker has nothing to verify, but a file is likely to be edited."""
        with contextlib.suppress(WorkerDied, TaskFailed):
            await self.verifier.run(Opened(self.state.task(project)))

    async def _survived(self, task: Task, moved: Callable[[Progress], None], told: Callable[[News], None]) -> News:
        """The last news of a task; it is tried once more when the worker dies of something."""
        try:
            result: News = await self.verifier.run(task, moved, told)
        except WorkerDied:
            log.warning("the verifier died; trying once more")
            result = await self.verifier.run(task, moved, told)
        return result

    def _failed(self, project: Project, message: str) -> None:
        self._become(project, "failed")
        project.error, project.job, project.progress = message, None, None
        self.window_show_message(types.ShowMessageParams(types.MessageType.Error, message))
        self.status_changed()

    def cancel_progress(self, token: types.ProgressToken) -> None:
        """Stops what a progress bar stands for."""
        cancel = self.progresses.get(token)
        if cancel is not None:
            cancel()

    def _give_up(self, project: Project) -> None:
        self.stop(project)
        self.announce()

    def restart(self) -> None:
        """Starts the workers anew with the next job."""
        self.verifier.kill()
        self.fixer.kill()
        self.assistant.kill()

    # repairs

    def known_repairs(self, project: Project, finding: Finding) -> tuple[Repair, ...] | None:
        """The verified repairs of a finding in the texts as they are; None while they are not known."""
        stamp, known = project.repairs.get(finding.fingerprint, (-1, None))
        if known is None or stamp != project.stamp or not known.done() or known.cancelled():
            return None
        return () if known.exception() is not None else tuple(known.result() or ())

    async def repairs(self, project: Project, finding: Finding, *, wait: bool) -> tuple[Repair, ...]:
        """The verified repairs of a finding; those that are known by now when `wait` is not wanted."""
        if project.phase != "done":
            return ()
        stamp, known = project.repairs.get(finding.fingerprint, (-1, None))
        if known is None or stamp != project.stamp or known.cancelled():
            for number, old in project.repairs.values():
                if number != project.stamp:
                    old.cancel()
            known = self.spawn(self.fixer.run(Repairs(self.state.task(project), finding)))
            project.repairs[finding.fingerprint] = project.stamp, known
        if wait:
            with contextlib.suppress(WorkerDied, TaskFailed):
                await asyncio.wait([known])
        return self.known_repairs(project, finding) or ()

    async def fix_all(self, path: Path) -> list[Edit]:
        """The edits of all verified fixes in a file together; none when there is no result, or an edit came between."""
        project = self.state.project_of(path)
        if project is None or project.phase != "done":
            return []
        stamp = project.stamp
        try:
            edits = await self.fixer.run(RepairAll(self.state.task(project), path))
        except (WorkerDied, TaskFailed) as error:
            log.warning("no fixes for %s: %s", path, error)
            return []
        return list(edits or ()) if project.stamp == stamp else []

    # telling the client

    def announce(self, news: News | None = None) -> None:
        """Results have changed, as far as `news` say: wakes whoever waits for them."""
        if news is None or news.files or news.fresh:
            self._news.set()
            self._news = asyncio.Event()
            if self.client.pulls:
                self._ask(types.WORKSPACE_DIAGNOSTIC_REFRESH)
            else:
                push(self)
        if self.client.refreshes_code_lenses:
            self._ask(types.WORKSPACE_CODE_LENS_REFRESH)
        if news is not None and any(name in project.unsaid for project, name in opened(self)):
            self._send_status()  # somebody is looking at it
        else:
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
        if self._status_due is None:
            self._status_due = asyncio.get_running_loop().call_later(STATUS_EVERY_S, self._send_status)

    def _send_status(self) -> None:
        if self._status_due is not None:
            self._status_due.cancel()
        self._status_due = None
        self.protocol.notify_plainly("krepis/statusChanged", status_changed(self))
        if any(project.unsaid for project in self.state.projects.values()):
            self.status_changed()


def _on_disk(path: Path, text: str) -> bool:
    try:
        return path.read_bytes().decode("utf-8-sig", "replace") == text.removeprefix(BOM)
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


def run_stdio(worker: subprocess.Popen[bytes] | None = None) -> int:
    """Serves over stdin and stdout, with a worker that was started already; the exit status.

    Raises OSError when they are no pipes.
    """
    return asyncio.run(_run(None, worker))


def run_tcp(host: str, port: int) -> int:
    """Serves one client over TCP; the exit status. Raises OSError when the address cannot be had."""
    return asyncio.run(_run((host, port), None))


async def _run(address: tuple[str, int] | None, worker: subprocess.Popen[bytes] | None) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="krepis: %(levelname)s %(name)s: %(message)s")
    server = KrepisServer(worker)
    gc.freeze()  # what was imported: looking through it for cycles takes 40 ms
    try:
        if address is None:
            await serve_stdio(server.protocol)
        else:
            await serve_tcp(server.protocol, *address)
    finally:
        server.restart()
    return server.protocol.exit_code
