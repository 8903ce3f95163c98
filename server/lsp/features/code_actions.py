"""Code actions: verified repairs, suppression with a reason, the timeline, the page of the rule.

Which repairs hold takes the verifier seconds to find out, in a process of its own, so they are computed once for a
finding and a state of the texts. Somebody who asks for actions waits for them; a client that only wants to know
whether to show a light bulb gets what is there. Edits come with resolve, against the version that they were made for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from krepis.server.agents.models import chosen, models_folder
from krepis.server.agents.places import comment_at, waits_at
from krepis.server.config import AiSettings
from krepis.server.lsp.convert import diagnostics_of, finding_range
from krepis.server.lsp.edits import suppression, workspace_edit
from krepis.server.lsp.state import Project, path_of
from krepis.twin.edits import Repair
from krepis.twin.findings import Finding
from krepis.twin.report import RULE_OF
from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer

FIX_ALL: Final = "source.fixAll.krepis"
KINDS: Final = (types.CodeActionKind.QuickFix, types.CodeActionKind.RefactorRewrite, FIX_ALL)
EXAMPLE_REASON: Final = "say why this is right"


async def code_actions(server: KrepisServer, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
    """textDocument/codeAction."""
    only, uri = params.context.only, params.text_document.uri
    path = path_of(uri)
    project = server.state.project_of(path)
    if path is None or project is None or not server.client.action_literals:
        return []
    actions: list[types.CodeAction | types.Command] = []
    if _wanted(only, FIX_ALL) and only:  # offered to whoever asks for it, on save for example
        edits = await server.fix_all(path)
        if edits:
            edit = workspace_edit(server.state, server.client, edits)
            actions.append(types.CodeAction("Apply all verified fixes", FIX_ALL, edit=edit))
    if _wanted(only, types.CodeActionKind.RefactorRewrite):
        actions += _generated(server, project, uri, params.range.start)
    if not _wanted(only, types.CodeActionKind.QuickFix):
        return actions
    found = [(f, place) for f in project.view(path).findings
             if (place := finding_range(server.state, project, f)) and _meets(place, params.range)]  # fmt: skip
    for finding, place in found:
        asked = params.context.trigger_kind != types.CodeActionTriggerKind.Automatic
        repairs = await server.repairs(project, finding, wait=asked)
        diagnostics = _diagnostics(server, params, place)
        actions += _of_finding(server, project, finding, repairs, diagnostics)
    return actions


def resolve(server: KrepisServer, action: types.CodeAction) -> types.CodeAction:
    """codeAction/resolve: the edit, if the texts are those that it was verified with."""
    data: dict[str, Any] = action.data if isinstance(action.data, dict) else {}
    located = server.state.located(str(data.get("fingerprint")))
    if located is None:
        raise JsonRpcContentModified("the finding is gone")
    if "repair" in data:
        repairs = server.known_repairs(*located)
        if not isinstance(data["repair"], int) or not 0 <= data["repair"] < len(repairs or ()):
            raise JsonRpcContentModified("the code was edited since this fix was verified")
        assert repairs is not None
        action.edit = workspace_edit(server.state, server.client, repairs[data["repair"]].edits)
    elif data.get("suppress"):
        edit = suppression(server.state, *located, EXAMPLE_REASON)
        if edit is None:
            raise JsonRpcContentModified("the line was edited since")
        action.edit = workspace_edit(server.state, server.client, [edit])
    return action


def _of_finding(
    server: KrepisServer,
    project: Project,
    finding: Finding,
    repairs: Sequence[Repair],
    diagnostics: list[types.Diagnostic],
) -> Iterator[types.CodeAction]:
    quick = types.CodeActionKind.QuickFix
    uri = server.state.uri_of(project.path_of(finding.file))
    lazily = server.client.resolves_edits
    made = [
        types.CodeAction(
            repair.title,
            quick,
            diagnostics=diagnostics,
            is_preferred=number == 0 or None,
            data={"fingerprint": finding.fingerprint, "repair": number},
        )
        for number, repair in enumerate(repairs)
    ]
    made.append(
        types.CodeAction(
            f"Suppress {finding.kind} here, with a reason",
            quick,
            diagnostics=diagnostics,
            data={"fingerprint": finding.fingerprint, "suppress": True},
        )
    )
    yield from made if lazily else (resolve(server, action) for action in made)
    show = types.Command("Show the interleaving", "krepis.showTimeline", arguments=[uri, finding.fingerprint])
    yield types.CodeAction(show.title, quick, diagnostics=diagnostics, command=show)
    if _has_model(project.settings.ai):
        title = "Repair this race with AI, verified"
        ask = types.Command(title, "krepis.repairWithModel", arguments=[uri, finding.fingerprint])
        yield types.CodeAction(ask.title, quick, diagnostics=diagnostics, command=ask)
    rule = RULE_OF[finding.kind]
    explain = types.Command(f"Explain {rule.title.lower()}", "krepis.explain", arguments=[finding.kind])
    yield types.CodeAction(explain.title, quick, diagnostics=diagnostics, command=explain)


def _generated(
    server: KrepisServer, project: Project, uri: str, position: types.Position
) -> Iterator[types.CodeAction]:
    """What a model can write at a place: a function without a body, or what a comment describes."""
    opened = server.state.find(uri)
    if opened is None or opened.tree is None or not _has_model(project.settings.ai):
        return
    kind = types.CodeActionKind.RefactorRewrite
    root, row = opened.tree.root_node, position.line
    if waits_at(root, row):
        arguments = [uri, str(row + 1)]
        command = types.Command(
            "Generate implementation, verified", "krepis.generateImplementation", arguments=arguments
        )
        yield types.CodeAction(command.title, kind, command=command)
    if description := comment_at(root, row):
        arguments = [uri, description]
        title = "Generate service from this description, verified"
        command = types.Command(title, "krepis.generateFromDescription", arguments=arguments)
        yield types.CodeAction(command.title, kind, command=command)


def _has_model(settings: AiSettings) -> bool:
    """Whether there is a model or a server to ask, as far as a look at a folder tells."""
    return bool(settings.endpoint or settings.model or chosen(models_folder()))


def _diagnostics(server: KrepisServer, params: types.CodeActionParams, place: types.Range) -> list[types.Diagnostic]:
    """The client's diagnostics that the actions are about, or else ours."""
    path, opened = path_of(params.text_document.uri), server.state.find(params.text_document.uri)
    mine = [d for d in params.context.diagnostics if d.source == "krepis" and d.range == place]
    return mine or [d for d in diagnostics_of(server.state, server.client, path, opened) if d.range == place]


def _meets(a: types.Range, b: types.Range) -> bool:
    return (a.start <= b.end and b.start <= a.end) or a.start.line <= b.start.line <= a.end.line


def _wanted(only: Sequence[str] | None, kind: str) -> bool:
    return not only or any(kind == asked or kind.startswith(f"{asked}.") for asked in only)
