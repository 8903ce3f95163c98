"""`krepis verify` on hostile input: a report or a clear error, in bounded time, never a failure of ours.

`KREPIS_SOAK` multiplies the number of seeds (`make soak`).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import hostile
import pytest

SEEDS = 10 * int(os.environ.get("KREPIS_SOAK", "1"))
FILES_A_SEED = 8
SOURCES = hostile.sources()


def _krepis(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("krepis"), "verify", "--format", "json", "--no-cache", "--jobs", "1",
         "--time-limit", "1", "--fail-on", "never", *args],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def _survives(folder: Path) -> dict[str, Any]:
    (folder / "zz.ts").write_text(hostile.HANDLER, encoding="utf-8")
    done = _krepis(folder)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    report = hostile.checked(done.stdout)
    assert "zz.ts" in {finding["file"] for finding in report["findings"]}
    return report


@pytest.mark.parametrize("seed", range(SEEDS))
def test_mutated_programs(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    for n in range(FILES_A_SEED):
        (tmp_path / f"m{n}.ts").write_bytes(hostile.mutated(rng.choice(SOURCES), rng))
    _survives(tmp_path)


@pytest.mark.parametrize("shape", hostile.SHAPES)
def test_shapes(shape: str, tmp_path: Path) -> None:
    hostile.SHAPES[shape](tmp_path)
    _survives(tmp_path)


@pytest.mark.parametrize("name", hostile.BAD_SETTINGS)
def test_bad_settings_are_named(name: str, tmp_path: Path) -> None:
    text = hostile.BAD_SETTINGS[name]
    (tmp_path / "krepis.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    (tmp_path / "a.ts").write_text(hostile.HANDLER, encoding="utf-8")
    done = _krepis(tmp_path)
    assert done.returncode == 2
    assert "krepis.toml" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("linked", [".krepis", ".krepis/cache"])
def test_a_project_cannot_choose_another_place_to_write_to(linked: str, tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    (project / linked).parent.mkdir(parents=True)
    elsewhere.mkdir()
    (project / linked).symlink_to(elsewhere)
    (project / "a.ts").write_text(hostile.HANDLER, encoding="utf-8")
    command = [Path(sys.executable).with_name("krepis"), "verify", "--fail-on", "never"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=True)
    assert "is a link; krepis writes only within the project" in done.stderr
    assert not list(elsewhere.iterdir())
