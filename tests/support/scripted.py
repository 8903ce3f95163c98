"""An OpenAI-compatible server on a socket that answers what it is told to, one text after the other."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Scripted(ThreadingHTTPServer):
    """Each request is answered with the next of `answers`; None is an answer that never ends."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[str | None] = []
        self.asked: list[dict[str, Any]] = []
        self.left = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def settings(self) -> str:
        """The table of krepis.toml that names this server."""
        return f'[ai]\nattempts = 2\nendpoint = "http://127.0.0.1:{self.server_address[1]}/v1"\n'

    def said(self, number: int) -> str:
        """All that was said in a request."""
        return "\n".join(message["content"] for message in self.asked[number]["messages"])


class _Handler(BaseHTTPRequestHandler):
    server: Scripted

    def do_POST(self) -> None:
        self.server.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()
        answer = self.server.answers.pop(0)
        try:
            while answer is None:
                self.wfile.write(b": still here\n")
                self.wfile.flush()
                time.sleep(0.005)
            for start in range(0, len(answer), 40):
                piece = answer[start : start + 40]
                chunk = {"choices": [{"text": piece, "delta": {"content": piece}}]}
                self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.server.left.set()

    def log_message(self, *_: object) -> None:
        pass
