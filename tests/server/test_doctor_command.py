"""`krepis doctor` and `krepis completion`, as real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KREPIS = str(Path(sys.executable).parent / "krepis")


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    whole = {**os.environ, "NO_COLOR": "1", **environment}
    return subprocess.run([KREPIS, *arguments], cwd=folder, env=whole, check=False, capture_output=True, text=True)


def test_what_is_here_is_listed(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("export {};\n", encoding="utf-8")
    done = run(tmp_path, "doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0, done.stderr
    for name in ("Python", "engine", "kernel", "language server", "index", "TLC", "Node", "git", "files", "results"):
        assert checks[name]["status"] == "ok", checks[name]
    assert checks["files"]["detail"] == "TypeScript files that are verified from here: 1"


def test_what_is_missing_is_said_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("export {};\n", encoding="utf-8")
    done = run(tmp_path, "doctor", PATH=str(tmp_path), KREPIS_NODE="no-such-node")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert any(line.split()[:2] == ["missing", "git"] for line in lines)
    assert any("KREPIS_NODE=no-such-node is not a program that can be run" in line for line in lines)


def test_a_broken_setting_is_broken(tmp_path: Path) -> None:
    (tmp_path / "krepis.toml").write_text("[verify]\njobz = 2\n", encoding="utf-8")
    done = run(tmp_path, "doctor")
    assert (done.returncode, "jobz" in done.stdout) == (1, True)


@pytest.mark.parametrize(("shell", "said"), [("bash", "plain,verify"), ("zsh", "verify"), ("fish", "plain,verify")])
def test_a_shell_completes_commands(tmp_path: Path, shell: str, said: str) -> None:
    assert "_KREPIS_COMPLETE" in run(tmp_path, "completion", shell).stdout
    words = {"COMP_WORDS": "krepis ver", "COMP_CWORD": "ver" if shell == "fish" else "1"}
    done = run(tmp_path, _KREPIS_COMPLETE=f"{shell}_complete", **words)
    assert any(line.startswith(said) for line in done.stdout.splitlines())
