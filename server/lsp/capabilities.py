"""What the client can do, resolved once: handlers ask named questions and never dig in capabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from krepis.server.lsp.document import Encoding
from lsprotocol import types


@dataclass(frozen=True, slots=True)
class Client:
    """A client's capabilities, as far as they matter.

    `pulls` clients ask for diagnostics and can be told to ask again; to all others diagnostics are pushed. One
    that asks but cannot be told would never see a result that comes late, so it counts as one that cannot ask.
    """

    encoding: Encoding = "utf-16"
    pulls: bool = False
    related_information: bool = False
    code_description: bool = False
    diagnostic_data: bool = False
    refreshes_code_lenses: bool = False
    refreshes_inlay_hints: bool = False
    resolves_edits: bool = False
    action_literals: bool = False
    disabled_actions: bool = False
    markdown_hover: bool = False
    document_changes: bool = False
    creates_files: bool = False
    completes_inline: bool = False
    progress: bool = False
    shows_documents: bool = False
    configuration: bool = False
    registers_configuration: bool = False
    registers_watchers: bool = False
    relative_patterns: bool = False
    text_document_content: bool = False


def client_of(capabilities: types.ClientCapabilities) -> Client:
    """Resolves the capabilities of a client."""

    def has(path: str) -> bool:
        return _at(capabilities, path) is True

    def known(path: str, value: str) -> bool:
        values = _at(capabilities, path)
        return values is not None and value in values

    literals = _at(capabilities, "text_document.code_action.code_action_literal_support") is not None
    asks = _at(capabilities, "text_document.diagnostic") is not None
    return Client(
        encoding=_encoding(capabilities),
        pulls=asks and has("workspace.diagnostics.refresh_support"),
        related_information=_diagnostic(capabilities, "related_information"),
        code_description=_diagnostic(capabilities, "code_description_support"),
        diagnostic_data=_diagnostic(capabilities, "data_support"),
        refreshes_code_lenses=has("workspace.code_lens.refresh_support"),
        refreshes_inlay_hints=has("workspace.inlay_hint.refresh_support"),
        resolves_edits=known("text_document.code_action.resolve_support.properties", "edit"),
        action_literals=literals,
        disabled_actions=has("text_document.code_action.disabled_support"),
        markdown_hover=known("text_document.hover.content_format", types.MarkupKind.Markdown),
        document_changes=has("workspace.workspace_edit.document_changes"),
        creates_files=has("workspace.workspace_edit.document_changes")
        and known("workspace.workspace_edit.resource_operations", types.ResourceOperationKind.Create),
        completes_inline=_at(capabilities, "text_document.inline_completion") is not None,
        progress=has("window.work_done_progress"),
        shows_documents=has("window.show_document.support"),
        configuration=has("workspace.configuration"),
        registers_configuration=has("workspace.did_change_configuration.dynamic_registration"),
        registers_watchers=has("workspace.did_change_watched_files.dynamic_registration"),
        relative_patterns=has("workspace.did_change_watched_files.relative_pattern_support"),
        text_document_content=_at(capabilities, "workspace.text_document_content") is not None,
    )


def _diagnostic(capabilities: types.ClientCapabilities, name: str) -> bool:
    """Whether diagnostics may carry something; 3.18 says it for pulled ones too."""
    pushed = _at(capabilities, f"text_document.publish_diagnostics.{name}")
    pulled = _at(capabilities, f"text_document.diagnostic.{name}")
    return pushed is True or pulled is True


def _encoding(capabilities: types.ClientCapabilities) -> Encoding:
    for offered in _at(capabilities, "general.position_encodings") or ():
        for encoding in ("utf-8", "utf-16", "utf-32"):
            if offered == encoding:
                return encoding
    return "utf-16"


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = getattr(value, name, None)
        if value is None:
            return None
    return value
