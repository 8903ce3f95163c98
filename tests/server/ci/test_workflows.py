"""The action and the workflows that we ship are what GitHub takes, as far as its published schemas say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = {
    "github-actions": [ROOT / "action.yml"],
    "github-workflows": sorted((ROOT / ".github" / "workflows").iterdir()),
}


@pytest.mark.parametrize("schema", FILES)
def test_the_files_follow_their_schemas(schema: str) -> None:
    command = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        f"vendor.{schema}",
        *map(str, FILES[schema]),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_wrong_workflow_is_noticed(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8").replace("runs-on", "runs-in")
    )
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(wrong)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1
