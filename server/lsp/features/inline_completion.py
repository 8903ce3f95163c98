"""textDocument/inlineCompletion: code from a model that has passed the gate, or nothing.

A client that has no inline completion gets the same as an item of textDocument/completion.

At most one request is with the model: a newer one cancels it. While somebody types, the model is asked only when
`delay-ms` have passed without another request. What cannot be had (no model, no extra, endpoint down) is said once.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from krepis.server.lsp._engine import Complete
from krepis.server.lsp._messages import TaskFailed, WorkerDied
from krepis.server.lsp.document import byte_column, content
from krepis.server.lsp.state import BOM, Open, path_of, verifiable
from lsprotocol import types

if TYPE_CHECKING:
    from krepis.server.agents.complete import Suggestion
    from krepis.server.lsp.server import KrepisServer

ACCEPTED: Final = "krepis.completionAccepted"
VERIFIED: Final = "verified: the Twin found no new race"
CHECKED: Final = "checked: no new race was found, but not everything was explored"


async def inline_completion(
    server: KrepisServer, params: types.InlineCompletionParams
) -> list[types.InlineCompletionItem] | None:
    """textDocument/inlineCompletion."""
    asked = params.context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    found = await _suggested(server, params.text_document.uri, params.position, asked=asked)
    if found is None:
        return None
    title = VERIFIED if found.verified else CHECKED
    place = types.Range(params.position, params.position)
    command = types.Command(title, ACCEPTED, arguments=[title])
    return [types.InlineCompletionItem(found.text, range=place, command=command)]


async def completion(server: KrepisServer, params: types.CompletionParams) -> types.CompletionList | None:
    """textDocument/completion, for clients without inline completion."""
    asked = params.context is not None and params.context.trigger_kind == types.CompletionTriggerKind.Invoked
    found = await _suggested(server, params.text_document.uri, params.position, asked=asked)
    if found is None:
        return None
    title = VERIFIED if found.verified else CHECKED
    place = types.Range(params.position, params.position)
    first = found.text.strip().split("\n")[0]
    item = types.CompletionItem(
        first,
        kind=types.CompletionItemKind.Text,
        detail=title,
        documentation=found.text,
        sort_text="~",  # after what the TypeScript server knows
        filter_text="",
        insert_text_format=types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(place, found.text),
        command=types.Command(title, ACCEPTED, arguments=[title]),
    )
    return types.CompletionList(is_incomplete=True, items=[item])


async def _suggested(server: KrepisServer, uri: str, position: types.Position, *, asked: bool) -> Suggestion | None:
    """What the model suggests at a place; None as well when a newer request has taken its turn."""
    path = path_of(uri)
    opened, project = server.state.find(uri), server.state.project_of(path)
    if opened is None or project is None or path is None or not verifiable(path) or project.problem:
        return None
    wanted = project.settings.ai.completion
    if wanted == "off" or (wanted == "manual" and not asked):
        return None
    server.completions += 1
    number, version = server.completions, opened.doc.version
    if not asked:
        await asyncio.sleep(project.settings.ai.delay_ms / 1000)
    if number != server.completions or opened.doc.version != version:
        return None
    text = opened.doc.text.removeprefix(BOM)
    offset = _offset(server, opened, position)
    from krepis.server.agents.complete import Place, is_wanted  # slow to import
    from krepis.twin.options import SourceFile

    if not is_wanted(Place(SourceFile(path.name, path), text, offset), asked):
        return None
    if server.completing is not None:
        server.completing.cancel()
    job = server.spawn(server.assistant.run(Complete(server.state.task(project), path, text, offset)))
    server.completing = job
    try:
        await asyncio.wait([job])
    except asyncio.CancelledError:
        job.cancel()
        raise
    if job.cancelled():
        return None
    error = job.exception()
    if isinstance(error, (TaskFailed, WorkerDied)):
        server.say_once(f"No completions: {error}.")
        return None
    found: Suggestion | None = None if error is not None else job.result()
    return found if opened.doc.version == version else None


def _offset(server: KrepisServer, opened: Open, position: types.Position) -> int:
    """A position in code points from the start of the text, without a byte order mark."""
    doc = opened.doc
    line = min(max(position.line, 0), len(doc.lines) - 1)
    column = byte_column(content(doc.lines[line]), position.character, server.state.encoding)
    before = b"".join(doc.lines[:line]) + doc.lines[line][:column]
    return len(before.decode("utf-8", "surrogatepass").removeprefix(BOM))
