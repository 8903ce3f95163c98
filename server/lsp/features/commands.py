"""The commands `krepis.*` of workspace/executeCommand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from krepis.server.lsp._engine import RepairByModel
from krepis.server.lsp._messages import TaskFailed, WorkerDied
from krepis.server.lsp.convert import finding_json
from krepis.server.lsp.edits import suppression, workspace_edit
from krepis.server.lsp.features.inline_completion import ACCEPTED
from krepis.server.lsp.state import path_of
from krepis.server.run import cache_folder
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
        for file in folder.glob("*.mdb") if not folder.is_symlink() else ():
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
    try:
        written = await server.assistant.run(RepairByModel(server.state.task(project), finding))
    except (TaskFailed, WorkerDied) as error:
        server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"No repair: {error}."))
        return False
    if written is None or project.stamp != stamp:
        why = "nothing that the model wrote passes" if written is None else "the code was edited meanwhile"
        server.window_show_message(types.ShowMessageParams(types.MessageType.Info, f"No repair: {why}."))
        return False
    question = f"A repair of {finding.kind} in {finding.function or finding.file}, {written.label}."
    actions = [types.MessageActionItem("Apply"), types.MessageActionItem("Discard")]
    asked = types.ShowMessageRequestParams(types.MessageType.Info, question, actions)
    answer = await server.window_show_message_request_async(asked)
    if answer is None or answer.title != "Apply" or project.stamp != stamp:
        return False
    return await _apply(server, question, list(written.edits))


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
