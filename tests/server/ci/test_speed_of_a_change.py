"""`krepis ci --benchmark`: a change beside its base, with real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

APP = "import { krepis } from 'krepis';\nexport default krepis().get('/', () => 'Hello').get('/users/:id', () => 1);\n"
BUSY = "() => { let n = 0; for (let i = 0; i < 300_000; i++) n += i % 7; return n > 0 ? 'Hello' : ''; }"
COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()", "ci", "--json", "--time-limit", "1"]


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    assert run(folder, "git", *identity, *arguments).returncode == 0


def step(folder: Path, *options: str) -> tuple[int, dict[str, str]]:
    done = run(folder, *COMMAND, "--base", "main", "--benchmark", *options)
    (found,) = [one for one in json.loads(done.stdout)["steps"] if one["name"] == "benchmark"]
    return done.returncode, found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / ".gitignore").write_text(".krepis\n")
    (tmp_path / "app.ts").write_text(APP)
    (tmp_path / "package.json").write_text('{"type": "module", "main": "app.ts"}')
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Begin")
    git(tmp_path, "switch", "--quiet", "--create", "change")
    return tmp_path


def test_a_route_that_became_slower_fails_or_is_only_told(project: Path) -> None:
    (project / "app.ts").write_text(APP.replace("() => 'Hello'", BUSY))
    status, found = step(project)
    assert (status, found["status"], found["detail"]) == (1, "failed", "1 routes, 1 slower")
    status, found = step(project, "--slower-warns")
    assert (status, found["status"], found["detail"]) == (0, "passed", "1 routes, 1 slower")


def test_what_cannot_be_compared_is_skipped_with_the_reason(project: Path) -> None:
    (project / "app.ts").write_text(APP.replace("'Hello'", "'Hallo'"))
    status, found = step(project)
    assert (status, found["status"]) == (0, "skipped") and "GET /" in found["detail"]
    (project / "package.json").write_text('{"type": "module", "main": "app.ts", "version": "1.0.0"}')
    assert "packages are others" in step(project)[1]["detail"]
