"""The command of the worker process, in a module of its own: the worker starts before the rest is imported."""

from __future__ import annotations

import subprocess
import sys

_COMMAND = (sys.executable, "-P", "-m", "krepis.server.lsp._worker")


def start() -> subprocess.Popen[bytes]:
    """Starts a worker, with a process group of its own, so that its children end with it. It ends with its stdin."""
    pipe = subprocess.PIPE
    return subprocess.Popen(_COMMAND, bufsize=0, stdin=pipe, stdout=pipe, start_new_session=True)
