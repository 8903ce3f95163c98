"""Completions and repairs from a model over the wire: a real server process, a real client, an endpoint on a socket."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator

import pytest
from conftest import RACY, SAFE, Editor, capabilities, start
from lsprotocol import types
from scripted import Scripted

wire = pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")
over_stdio = pytest.mark.parametrize("editor", [("stdio", "vscode")], indirect=True, ids="-".join)
over_tcp = pytest.mark.parametrize("editor", [("tcp", "vscode")], indirect=True, ids="-".join)
in_neovim = pytest.mark.parametrize("editor", [("stdio", "neovim")], indirect=True, ids="-".join)
UNFINISHED = SAFE.replace("    this.cents += n;\n", "    \n")
LINE = 6
"""Of the empty line in UNFINISHED, from 0."""


class Endpoint(Scripted):
    """Completes while one types, at once."""

    @property
    def settings(self) -> str:
        return super().settings + 'completion = "onType"\ndelay-ms = 5\n'


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    yield server
    server.shutdown()
    server.server_close()


def asking(uri: str, column: int = 4) -> types.InlineCompletionParams:
    context = types.InlineCompletionContext(types.InlineCompletionTriggerKind.Automatic)
    return types.InlineCompletionParams(context, types.TextDocumentIdentifier(uri), types.Position(LINE, column))


async def completed(editor: Editor, uri: str) -> list[types.InlineCompletionItem]:
    found = await editor.request(types.TEXT_DOCUMENT_INLINE_COMPLETION, asking(uri))
    return list(found or ())


@wire
@in_neovim
@pytest.mark.asyncio
async def test_only_what_passes_is_shown_and_says_so(editor: Editor, endpoint: Endpoint) -> None:
    editor.write("krepis.toml", endpoint.settings)
    editor.write("wallet.ts", UNFINISHED)
    said = (await start(editor, editor.client.name)).capabilities
    assert said.inline_completion_provider is not None
    assert said.completion_provider is None
    uri = editor.open("wallet.ts", UNFINISHED)

    endpoint.answers = ["this.cents = before + n;\n  }\n"]
    assert await completed(editor, uri) == []
    editor.change(uri, 2, ((0, 0), (0, 0), "// 😀\n"))
    editor.change(uri, 3, ((0, 0), (1, 0), ""))
    endpoint.answers = ["this.cents += n;\n  }\n"]
    editor.change(uri, 4, ((LINE, 0), (LINE, 4), "    "), ((0, 0), (0, 0), " "))
    (item,) = await completed(editor, uri)
    assert (item.insert_text, item.command.title) == ("this.cents += n;", "verified: the Twin found no new race")
    await editor.command(item.command.command, *item.command.arguments)
    assert "before = this.cents" in endpoint.asked[-1]["prompt"]


@over_stdio
@pytest.mark.asyncio
async def test_a_client_without_inline_completion_gets_an_item(editor: Editor, endpoint: Endpoint) -> None:
    editor.write("krepis.toml", endpoint.settings)
    editor.write("wallet.ts", UNFINISHED)
    able = capabilities(editor.client.name)
    able.text_document.inline_completion = None
    folders = [types.WorkspaceFolder(editor.folder.as_uri(), "work")]
    params = types.InitializeParams(able, workspace_folders=folders, root_uri=editor.folder.as_uri())
    said = (await editor.client.initialize_session(params)).capabilities
    assert said.completion_provider is not None
    uri = editor.open("wallet.ts", UNFINISHED)
    endpoint.answers = ["this.cents += n;\n  }\n"]
    context = types.CompletionContext(types.CompletionTriggerKind.Invoked)
    place = types.Position(LINE, 4)
    asked = types.CompletionParams(types.TextDocumentIdentifier(uri), place, context=context)
    found = await editor.client.text_document_completion_async(asked)
    assert isinstance(found, types.CompletionList)
    (item,) = found.items
    assert (item.label, item.detail) == ("this.cents += n;", "verified: the Twin found no new race")
    assert isinstance(item.text_edit, types.TextEdit) and item.text_edit.range.start == place


@wire
@over_stdio
@pytest.mark.asyncio
async def test_a_newer_request_cancels_the_one_that_the_model_works_on(editor: Editor, endpoint: Endpoint) -> None:
    editor.write("krepis.toml", endpoint.settings)
    editor.write("wallet.ts", UNFINISHED)
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", UNFINISHED)
    endpoint.answers = [None, "this.cents += n;\n"]
    stale = asyncio.ensure_future(completed(editor, uri))
    while not endpoint.asked:
        await asyncio.sleep(0.01)
    editor.change(uri, 2, ((0, 0), (0, 0), " "))
    (item,) = await completed(editor, uri)
    assert item.insert_text == "this.cents += n;"
    assert await stale == []
    assert await asyncio.to_thread(endpoint.left.wait, 10)


@wire
@over_tcp
@pytest.mark.asyncio
async def test_without_a_server_there_is_one_message_and_everything_else_works(editor: Editor) -> None:
    editor.write("krepis.toml", '[ai]\ncompletion = "onType"\ndelay-ms = 0\nendpoint = "http://127.0.0.1:9"\n')
    editor.write("wallet.ts", RACY)
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", UNFINISHED)
    for version in (2, 3):
        assert await completed(editor, uri) == []
        editor.change(uri, version, ((0, 0), (0, 0), " "))
    told = [message.message for message in editor.client.messages if "completions" in message.message]
    assert len(told) == 1 and "no answer from 127.0.0.1:9" in told[0]
    editor.change(uri, 4, ((0, 0), (99, 0), RACY))
    assert [e.status for e in (await editor.settled()).entryPoints] == ["failed"]


@wire
@over_stdio
@pytest.mark.asyncio
async def test_a_model_repairs_a_finding_and_nothing_is_applied_without_consent(
    editor: Editor, endpoint: Endpoint
) -> None:
    editor.write("krepis.toml", endpoint.settings)
    editor.write("wallet.ts", RACY)
    questions: list[str] = []
    applied: list[types.ApplyWorkspaceEditParams] = []
    answers = ["Discard", "Apply"]

    def ask(params: types.ShowMessageRequestParams) -> types.MessageActionItem:
        questions.append(params.message)
        return types.MessageActionItem(answers.pop(0))

    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        applied.append(params)
        return types.ApplyWorkspaceEditResult(True)

    editor.client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)(lambda params: ask(params))
    editor.client.feature(types.WORKSPACE_APPLY_EDIT)(lambda params: apply(params))
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", RACY)
    ((fingerprint,),) = [entry.findings for entry in (await editor.settled()).entryPoints]
    context = types.CodeActionContext([], trigger_kind=types.CodeActionTriggerKind.Invoked)
    place = types.Range(types.Position(LINE, 6), types.Position(LINE, 6))
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), place, context)
    actions = await editor.client.text_document_code_action_async(params)
    assert [a.title for a in actions or () if "with AI" in a.title] == ["Repair this race with AI, verified"]

    racy = "    const before = this.cents;\n    await this.bank.check(n);\n    this.cents = n + before;\n  }\n"
    right = "    await this.bank.check(n);\n    this.cents += n;\n  }\n"
    endpoint.answers = [racy, right, right]
    assert await editor.command("krepis.repairWithModel", uri, fingerprint) is False
    assert applied == []
    assert await editor.command("krepis.repairWithModel", uri, fingerprint) is True
    assert len(questions) == 2 and "verified" in questions[0]
    assert "this.cents += n" in str(applied[0].edit)
    assert "A (line" in endpoint.asked[1]["messages"][-2]["content"]


def consent(editor: Editor, answers: list[str]) -> tuple[list[str], list[types.ApplyWorkspaceEditParams]]:
    """A user who gives these answers: what was asked, and what was applied."""
    questions: list[str] = []
    applied: list[types.ApplyWorkspaceEditParams] = []

    def ask(params: types.ShowMessageRequestParams) -> types.MessageActionItem:
        questions.append(params.message)
        return types.MessageActionItem(answers.pop(0))

    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        applied.append(params)
        return types.ApplyWorkspaceEditResult(True)

    editor.client.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)(lambda params: ask(params))
    editor.client.feature(types.WORKSPACE_APPLY_EDIT)(lambda params: apply(params))
    return questions, applied


async def offered(editor: Editor, uri: str, line: int) -> dict[str, list[str]]:
    """The commands of the code actions for generating at a line, with their arguments."""
    context = types.CodeActionContext([], only=[types.CodeActionKind.RefactorRewrite])
    place = types.Range(types.Position(line, 4), types.Position(line, 4))
    params = types.CodeActionParams(types.TextDocumentIdentifier(uri), place, context)
    actions = await editor.client.text_document_code_action_async(params)
    # lsprotocol reads an action that has a command as if it were the command
    found = [ast.literal_eval(str(action.command)) for action in actions or ()]
    return {command["command"]: command["arguments"] for command in found}


@wire
@over_stdio
@pytest.mark.asyncio
async def test_a_function_without_a_body_is_written(editor: Editor, endpoint: Endpoint) -> None:
    empty = SAFE.replace("  async add", "  /** Adds n once the bank has agreed. */\n  async add")
    start_of_body = empty.index("    const before")
    empty = empty[:start_of_body] + "    throw new Error('todo');\n  }\n}\n"
    editor.write("krepis.toml", endpoint.settings)
    editor.write("wallet.ts", empty)
    questions, applied = consent(editor, ["Apply"])
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", empty)
    assert await offered(editor, uri, 1) == {}
    arguments = (await offered(editor, uri, 5))["krepis.generateImplementation"]
    racy = "    const before = this.cents;\n    await this.bank.check(n);\n    this.cents = before + n;\n  }\n"
    endpoint.answers = [racy, "    await this.bank.check(n);\n    this.cents += n;\n  }\n"]
    assert await editor.command("krepis.generateImplementation", *arguments) is True
    assert "Adds n once the bank has agreed" in str(endpoint.asked[0]["messages"])
    assert "lost-update" in str(endpoint.asked[1]["messages"])
    assert "verified" in questions[0] and "this.cents += n" in str(applied[0].edit)
    assert await editor.command("krepis.generateImplementation", uri, "1") is False
    assert any("no function without a body" in message.message for message in editor.client.messages)


@wire
@over_tcp
@pytest.mark.asyncio
async def test_a_service_from_a_comment_comes_as_new_files(editor: Editor, endpoint: Endpoint) -> None:
    text = "// 키별로 횟수를 세는\n// 카운터\nexport {};\n"
    editor.write("krepis.toml", endpoint.settings)
    editor.write("main.ts", text)
    editor.write("package.json", "{}")
    questions, applied = consent(editor, ["Discard", "Apply"])
    await start(editor, editor.client.name)
    uri = editor.open("main.ts", text)
    arguments = (await offered(editor, uri, 1))["krepis.generateFromDescription"]
    assert arguments == [uri, "키별로 횟수를 세는 카운터"]
    code = "export class Counter {\n  private n = 0;\n  hit(): number {\n    return ++this.n;\n  }\n}\n```\n"
    tests = "test('counts', () => { assert.equal(new Counter().hit(), 1); });\n```\n"
    endpoint.answers = [code, tests, code, tests]
    assert await editor.command("krepis.generateFromDescription", *arguments) is False
    assert await editor.command("krepis.generateFromDescription", *arguments) is True
    assert len(applied) == 1 and "1 generated tests passed" in questions[1]
    created, written = applied[0].edit.document_changes or ()
    assert isinstance(created, types.CreateFile) and created.uri.endswith("/src/feature.ts")
    assert isinstance(written, types.TextDocumentEdit) and "class Counter" in written.edits[0].new_text


@wire
@over_stdio
@pytest.mark.asyncio
async def test_generating_shows_progress_that_cancels_it(editor: Editor, endpoint: Endpoint) -> None:
    editor.write("krepis.toml", endpoint.settings)
    uri = editor.write("main.ts", "export {};\n")
    await start(editor, editor.client.name)
    reports = editor.client.progress_reports
    endpoint.answers = [None]
    work = asyncio.ensure_future(editor.command("krepis.generateFromDescription", uri, "a counter"))
    async with asyncio.timeout(30):
        while not (tokens := [t for t, said in reports.items() if "title='Generating'" in str(said)]):
            await asyncio.sleep(0.02)
    while not endpoint.asked:
        await asyncio.sleep(0.02)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(tokens[0]))
    assert await work is False
    assert await asyncio.to_thread(endpoint.left.wait, 10)
