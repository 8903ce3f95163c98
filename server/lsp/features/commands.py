"""The commands `krepis.*` of workspace/executeCommand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from krepis.server.lsp._engine import Generate, Implement, Job, RepairByModel
from krepis.server.lsp._messages import TaskFailed, WorkerDied
from krepis.server.lsp.convert import finding_json
from krepis.server.lsp.edits import suppression, with_new_files, workspace_edit
from krepis.server.lsp.features.inline_completion import ACCEPTED
from krepis.server.lsp.progress import WorkProgress
from krepis.server.lsp.state import Project, path_of
from krepis.server.run import cache_folder, is_linked
from krepis.twin.options import Progress
from krepis.twin.report import RULE_OF
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer


def verify_file(server: KrepisServer, uri: str) -> None:
    """Verifies the project of a file now, this file first."""
    path = path_of(uri)
    if path is None:
        raise JsonRpcInvalidParams(f"{uri} is not a file")
    project = server.state.adopt(path)
    project.disk += 1
    server.schedule(project, 0, (path,))


def verify_workspace(server: KrepisServer) -> None:
    """Verifies everything now."""
    for project in server.state.projects.values():
        project.disk += 1
        server.schedule(project, 0)


def cancel(server: KrepisServer) -> None:
    """Stops verifying, until the next edit or command."""
    for project in server.state.projects.values():
        if project.job is not None:
            server.stop(project)
    server.announce()


def show_timeline(server: KrepisServer, _uri: str, fingerprint: str) -> dict[str, Any] | None:
    """The finding with its interleaving; showing it is the client's business."""
    located = server.state.located(fingerprint)
    return finding_json(server.state, *located) if located is not None else None


async def explain(server: KrepisServer, kind: str) -> str:
    """Opens the page of a rule; its address."""
    rule = next((rule for rule in RULE_OF.values() if kind in (rule.kind, rule.code)), None)
    if rule is None:
        raise JsonRpcInvalidParams(f"no such rule: {kind}")
    if server.client.shows_documents:
        params = types.ShowDocumentParams(rule.help_uri, external=True)
        await server.window_show_document_async(params)
    return rule.help_uri


async def suppress(server: KrepisServer, _uri: str, fingerprint: str, reason: str) -> bool:
    """Writes a comment that silences a finding; whether the client applied it."""
    located = server.state.located(fingerprint)
    if not reason.strip():
        raise JsonRpcInvalidParams("a finding is suppressed only with a reason")
    edit = suppression(server.state, *located, reason) if located is not None else None
    return edit is not None and await _apply(server, "Suppress a finding", [edit])


async def fix_all(server: KrepisServer, uri: str) -> bool:
    """Applies all verified fixes in a file; whether there were any, and the client applied them."""
    path = path_of(uri)
    edits = await server.fix_all(path) if path is not None else []
    return bool(edits) and await _apply(server, "Apply all verified fixes", edits)


def clear_cache(server: KrepisServer) -> None:
    """Forgets all results, on disk too, and verifies again."""
    for project in server.state.projects.values():
        server.stop(project)
        folder = cache_folder(project.settings.root)
        for file in folder.glob("*.mdb") if not is_linked(folder) else ():
            file.unlink(missing_ok=True)
    server.restart()
    verify_workspace(server)


def completion_accepted(server: KrepisServer, how: str) -> None:
    """Logs how far a completion that was accepted has been checked."""
    server.window_log_message(types.LogMessageParams(types.MessageType.Info, f"Completion accepted, {how}."))


async def repair_with_model(server: KrepisServer, _uri: str, fingerprint: str) -> bool:
    """Lets a model repair a finding, and asks whether to apply what has passed; whether it was applied."""
    located = server.state.located(fingerprint)
    if located is None:
        raise JsonRpcInvalidParams("the finding is gone")
    project, finding = located
    stamp = project.stamp
    job = RepairByModel(server.state.task(project), finding)
    written = await _from_model(server, project, "Repairing with AI", "No repair", job)
    question = f"A repair of {finding.kind} in {finding.function or finding.file}"
    if written is None or not await _agreed(server, project, stamp, f"{question}, {written.label}."):
        return False
    return await _apply(server, question, list(written.edits))


async def generate_implementation(server: KrepisServer, uri: str, line: str) -> bool:
    """Lets a model write the function around a line (from 1) that has no body yet; whether it was applied."""
    project, path = _project(server, uri)
    if not line.isdecimal():
        raise JsonRpcInvalidParams(f"{line!r} is no line")
    stamp = project.stamp
    job = Implement(server.state.task(project), path, int(line))
    written = await _from_model(server, project, "Implementing with AI", "No implementation", job)
    question = f"An implementation for {path.name}, line {line}"
    if written is None or not await _agreed(server, project, stamp, f"{question}, {written.label}."):
        return False
    return await _apply(server, question, list(written.edits))


async def generate_from_description(server: KrepisServer, uri: str, description: str) -> bool:
    """Makes what a description asks for in the project of a file; whether it was applied."""
    project, _ = _project(server, uri)
    if not description.strip():
        raise JsonRpcInvalidParams("the description is empty")
    stamp = project.stamp
    made = await _from_model(server, project, "Generating", "Nothing is generated", Generate(
        server.state.task(project), description))  # fmt: skip
    if made is None:
        return False
    names = ", ".join(path.relative_to(project.folder).as_posix() for path, _ in made.files[:4])
    more = f" and {len(made.files) - 4} more" if len(made.files) > 4 else ""
    if not await _agreed(server, project, stamp, f"{names}{more}: {made.label}."):
        return False
    edit = with_new_files(server.state, server.client, made.files, made.edits)
    if edit is None:
        message = "This editor cannot create files for a language server; use krepis generate --ai."
        server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, message))
        return False
    params = types.ApplyWorkspaceEditParams(edit, f"Generate: {description[:60]}")
    return (await server.workspace_apply_edit_async(params)).applied


def _project(server: KrepisServer, uri: str) -> tuple[Project, Path]:
    path = path_of(uri)
    if path is None:
        raise JsonRpcInvalidParams(f"{uri} is not a file")
    return server.state.adopt(path), path


async def _from_model(server: KrepisServer, project: Project, title: str, without: str, job: Job) -> Any:
    """What comes of a job for the model, with a bar that cancels it; None, and the user is told why, for nothing."""
    stamp = project.stamp

    def moved(progress: Progress) -> None:
        if shown is not None:
            shown.report(progress)

    work = server.spawn(server.assistant.run(job, moved))
    shown = WorkProgress(server, title, work.cancel) if server.client.progress else None
    try:
        await asyncio.wait([work])
    except asyncio.CancelledError:
        work.cancel()
        raise
    finally:
        if shown is not None:
            shown.end()
    if work.cancelled():
        return None
    level, why = types.MessageType.Info, ""
    error = work.exception()
    if isinstance(error, (TaskFailed, WorkerDied)):
        level, why = types.MessageType.Warning, str(error)
    elif error is not None:
        raise error
    elif work.result() is None:
        why = "nothing that the model wrote passes"
    elif project.stamp != stamp:
        why = "the code was edited meanwhile"
    if why:
        server.window_show_message(types.ShowMessageParams(level, f"{without}: {why}."))
        return None
    return work.result()


async def _agreed(server: KrepisServer, project: Project, stamp: int, question: str) -> bool:
    """Whether the user wants it, and nothing was edited meanwhile."""
    actions = [types.MessageActionItem("Apply"), types.MessageActionItem("Discard")]
    asked = types.ShowMessageRequestParams(types.MessageType.Info, question, actions)
    answer = await server.window_show_message_request_async(asked)
    return answer is not None and answer.title == "Apply" and project.stamp == stamp


async def _apply(server: KrepisServer, label: str, edits: list[Any]) -> bool:
    edit = workspace_edit(server.state, server.client, edits)
    result = await server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, label))
    return result.applied


Command = Callable[..., Any]

COMMANDS: Final[dict[str, Command]] = {
    "krepis.verifyFile": verify_file,
    "krepis.verifyWorkspace": verify_workspace,
    "krepis.cancel": cancel,
    "krepis.showTimeline": show_timeline,
    "krepis.explain": explain,
    "krepis.suppress": suppress,
    "krepis.fixAll": fix_all,
    "krepis.clearCache": clear_cache,
    "krepis.repairWithModel": repair_with_model,
    "krepis.generateImplementation": generate_implementation,
    "krepis.generateFromDescription": generate_from_description,
    ACCEPTED: completion_accepted,
}
CLIENTS: Final = frozenset({"krepis.showTimeline"})
"""Commands that clients have themselves: answered when sent, but not announced."""


def execute(server: KrepisServer, params: types.ExecuteCommandParams) -> Any:
    """workspace/executeCommand."""
    command = COMMANDS.get(params.command)
    if command is None:
        raise JsonRpcInvalidParams(f"no such command: {params.command}")
    arguments = [*(params.arguments or ())]
    expected = command.__code__.co_argcount - 1
    if len(arguments) < expected or not all(isinstance(a, str) for a in arguments[:expected]):
        raise JsonRpcInvalidParams(f"{params.command} takes {expected} strings")
    return command(server, *arguments[:expected])
