"""The methods that the server answers: one table, one function per method.

A function gets the server and the request's parameters and runs on the event loop, before any later message is
applied; what it reads there is its snapshot. One that needs time returns a coroutine, which can be cancelled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from krepis.server.lsp.features import (
    code_actions,
    code_lens,
    diagnostics,
    hover,
    inlay_hints,
    inline_completion,
    status,
    symbols,
    trace,
)
from lsprotocol import types

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer

Method = Callable[["KrepisServer", Any], Any]

METHODS: Final[tuple[tuple[str, Method, Any], ...]] = (
    (types.TEXT_DOCUMENT_HOVER, hover.hover, None),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        code_actions.code_actions,
        types.CodeActionOptions(code_action_kinds=code_actions.KINDS, resolve_provider=True),
    ),
    (types.CODE_ACTION_RESOLVE, code_actions.resolve, None),
    (types.TEXT_DOCUMENT_CODE_LENS, code_lens.code_lenses, types.CodeLensOptions(resolve_provider=True)),
    (types.CODE_LENS_RESOLVE, code_lens.resolve, None),
    (types.TEXT_DOCUMENT_INLAY_HINT, inlay_hints.inlay_hints, None),
    (types.TEXT_DOCUMENT_INLINE_COMPLETION, inline_completion.inline_completion, types.InlineCompletionOptions()),
    (types.WORKSPACE_SYMBOL, symbols.workspace_symbols, None),
    (types.WORKSPACE_TEXT_DOCUMENT_CONTENT, trace.trace, None),
    ("krepis/timeline", status.timeline, None),
    ("krepis/status", status.status, None),
)

PULLED: Final[tuple[tuple[str, Method, Any], ...]] = (
    (
        types.TEXT_DOCUMENT_DIAGNOSTIC,
        diagnostics.document_diagnostics,
        types.DiagnosticOptions(
            inter_file_dependencies=True, workspace_diagnostics=True, identifier=diagnostics.IDENTIFIER
        ),
    ),
    (types.WORKSPACE_DIAGNOSTIC, diagnostics.workspace_diagnostics, None),
)
"""Methods for clients that ask for diagnostics; to others they are pushed."""

COMPLETED: Final[tuple[tuple[str, Method, Any], ...]] = (
    (types.TEXT_DOCUMENT_COMPLETION, inline_completion.completion, types.CompletionOptions()),
)
"""Methods for clients that have no inline completion."""
