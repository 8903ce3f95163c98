"""pygls's protocol, made to behave.

What is different: documents are ours alone (pygls splits lines at U+2028); a handler may return a coroutine, so that
it takes its snapshot before the next message is applied, and a cancelled request cancels it; an answer that comes
after its question was cancelled is dropped (pygls #621); messages that are not what they should be get the error
that JSON-RPC has for them; requests before `initialize` and after `shutdown` are refused; `exit` ends the loop instead
of raising SystemExit inside it.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from krepis.server.lsp.features.commands import execute
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import LanguageServerProtocol, lsp_method

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
INVALID_PARAMS = -32602
NOT_INITIALIZED = -32002

log = logging.getLogger(__name__)


class Protocol(LanguageServerProtocol):
    """The protocol of one connection."""

    _server: KrepisServer
    ended = False
    """Whether the client said `exit`."""

    def receive(self, body: bytes) -> None:
        """One message from the client."""
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            self._refuse(None, PARSE_ERROR, f"not JSON: {error}")
            return
        if not isinstance(data, dict) or data.get("jsonrpc") != "2.0":
            self._refuse(None, INVALID_REQUEST, "not a JSON-RPC 2.0 message")
            return
        number, method = data.get("id"), data.get("method")
        if not isinstance(number, int | str | None) or not isinstance(method, str | None):
            self._refuse(None, INVALID_REQUEST, "id or method of the wrong type")
            return
        if method is None and ("result" in data) == ("error" in data):
            self._refuse(number, INVALID_REQUEST, "neither a request nor a response")
            return
        if method is not None:
            data.setdefault("params", None)
            problem = self._out_of_order(method)
            if problem:
                if number is not None:
                    self._refuse(number, *problem)
                return
        try:
            message = self.structure_message(data)
        except (JsonRpcException, RecursionError):
            if method is not None and number is not None:
                self._refuse(number, INVALID_PARAMS, f"wrong parameters for {method}")
            return
        self.handle_message(message)

    def _out_of_order(self, method: str) -> tuple[int, str] | None:
        if method == types.EXIT:
            return None
        if self._shutdown:
            return INVALID_REQUEST, "the server is shutting down"
        if (method == types.INITIALIZE) == (self._workspace is not None):
            if method == types.INITIALIZE:
                return INVALID_REQUEST, "initialize was sent already"
            return NOT_INITIALIZED, "initialize comes first"
        return None

    def _refuse(self, number: int | str | None, code: int, message: str) -> None:
        error = {"code": code, "message": message}
        self._send_data({"jsonrpc": "2.0", "id": number, "error": error})

    def _execute_handler(
        self,
        msg_id: int | str,
        handler: Callable[..., Any],
        callback: Callable[[Future[Any]], None],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        if inspect.isgeneratorfunction(handler) or asyncio.iscoroutinefunction(handler):
            super()._execute_handler(msg_id, handler, callback, args, kwargs)
            return
        future: Future[Any] = Future()
        try:
            result = handler(*(args or ()), **(kwargs or {}))
        except Exception as error:
            future.set_exception(error)
        else:
            if inspect.iscoroutine(result):
                future = asyncio.ensure_future(result)  # type: ignore[assignment]
                self._request_futures[msg_id] = future
            else:
                future.set_result(result)
        future.add_done_callback(callback)

    def _handle_response(self, msg_id: int | str, result: Any = None, error: types.ResponseError | None = None) -> None:
        future = self._request_futures.get(msg_id)
        if future is not None and future.done():
            del self._request_futures[msg_id]
            return
        super()._handle_response(msg_id, result, error)

    def notify_plainly(self, method: str, params: dict[str, Any]) -> None:
        """A notification whose parameters are JSON already; to find that out takes longer than to send it."""
        self._send_data({"jsonrpc": "2.0", "method": method, "params": params})

    # builtin methods

    @lsp_method(types.INITIALIZE)
    def lsp_initialize(self, params: types.InitializeParams) -> Generator[Any, Any, types.InitializeResult]:
        """Answers with what pygls derives from the methods, and what it never says."""
        self._server.prepare(params)
        result = yield from super().lsp_initialize(params)
        self._server.complete(result.capabilities)
        return result

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_args: Any) -> None:  # type: ignore[override]
        """Ends the loop."""
        self.ended = True

    @property
    def exit_code(self) -> int:
        """0 after an orderly shutdown, as the specification says."""
        return 0 if self._shutdown else 1

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """A document was opened."""
        self._server.did_open(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """A document was edited."""
        self._server.did_change(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """A document was closed."""
        self._server.did_close(params)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    def lsp_workspace__execute_command(self, params: types.ExecuteCommandParams) -> Any:
        """A command."""
        return execute(self._server, params)

    @lsp_method(types.WINDOW_WORK_DONE_PROGRESS_CANCEL)
    def lsp_work_done_progress_cancel(self, params: types.WorkDoneProgressCancelParams) -> None:
        """The user does not want to wait."""
        self._server.cancel_progress(params.token)

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def lsp_workspace__did_change_workspace_folders(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Folders joined or left the workspace."""
        self._server.did_change_folders(params)
