"""How a server ends: whatever it was doing, and whoever ends first."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import RACY, SERVER, WAIT_S


def message(method: str, params: Any = None, number: int | None = None) -> bytes:
    body = {"jsonrpc": "2.0", "method": method, "params": params or {}} | ({} if number is None else {"id": number})
    text = json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(text), text)


@pytest.mark.parametrize("pause_ms", [0, 5, 20, 50, 100])
def test_it_ends_at_once_while_it_starts_to_verify(folder: Path, pause_ms: int) -> None:
    (folder / "wallet.ts").write_text(RACY)
    with subprocess.Popen(SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        assert server.stdin is not None and server.stdout is not None
        params = {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}}
        server.stdin.write(message("initialize", params, 1))
        server.stdin.flush()
        server.stdout.readline()
        server.stdin.write(message("initialized"))
        server.stdin.flush()
        time.sleep(pause_ms / 1000)
        try:
            _output, said = server.communicate(message("shutdown", None, 2) + message("exit"), WAIT_S)
        except subprocess.TimeoutExpired:
            server.kill()
            raise
    assert (server.returncode, said) == (0, b"")
