"""`krepis ci` on real Git repositories: a branch that plants a race, and one that mends it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from krepis.server.ci.steps import run_tests
from krepis.server.ci.summary import MARKER

SAFE = """\
const stock = new Map<string, number>();
declare function audit(sku: string): Promise<void>;

export async function reserve(sku: string, count: number): Promise<boolean> {
  await audit(sku);
  const left = stock.get(sku) ?? 0;
  if (left < count) return false;
  stock.set(sku, left - count);
  return true;
}
"""
RACY = """\
const stock = new Map<string, number>();
declare function audit(sku: string): Promise<void>;

export async function reserve(sku: string, count: number): Promise<boolean> {
  const left = stock.get(sku) ?? 0;
  if (left < count) return false;
  await audit(sku);
  stock.set(sku, left - count);
  return true;
}
"""
OTHER_RACE = """\
let total = 0;
declare function charge(amount: number): Promise<void>;

export async function pay(amount: number): Promise<void> {
  const before = total;
  await charge(amount);
  total = before + amount;
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with a race in `pay.ts` on `main`, in a folder of its own."""
    home = tmp_path / "repository" / "service"
    home.mkdir(parents=True)
    git(home.parent, "init", "--quiet", "--initial-branch=main")
    commit(home, {"stock.ts": SAFE, "pay.ts": OTHER_RACE}, "Begin")
    return home


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(folder: Path, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", message)


def ci(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "krepis"), "ci", *arguments]
    environment = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)


def test_a_race_that_a_branch_brings_fails_and_leads_the_comment(project: Path, tmp_path: Path) -> None:
    git(project, "switch", "--quiet", "--create", "change")
    commit(project, {"stock.ts": RACY}, "Reserve after the audit")
    comment, sarif, picture, endpoint = (tmp_path / name for name in ("c.md", "k.sarif", "b.svg", "b.json"))
    done = ci(
        project, "--base", "main", "--json", "--comment", str(comment), "--sarif", str(sarif),
        "--badge", str(picture), "--badge", str(endpoint),
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    assert not result["passed"]
    assert {step["name"]: step["status"] for step in result["steps"]} == {
        "types": "skipped", "verify": "failed", "tests": "skipped",
    }  # fmt: skip
    assert [finding["file"] for finding in result["new"]] == ["stock.ts"]
    assert [finding["file"] for finding in result["known"]] == ["pay.ts"]
    assert result["fixed"] == []
    assert result["base"] == git(project, "rev-parse", "main")
    lines = comment.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == [MARKER, "## Krepis: failed"]
    assert lines[3].startswith("**Verified ")
    assert "2 race conditions, no deadlocks (1 new)" in lines[3]
    text = "\n".join(lines)
    assert text.index("stock.ts:") < text.index("Known before: 1")
    assert len(text) < 65_536
    (run,) = json.loads(sarif.read_text(encoding="utf-8"))["runs"]
    states = [
        (r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "suppressions" in r) for r in run["results"]
    ]
    assert sorted(states) == [("pay.ts", True), ("stock.ts", False)]
    assert "2 race conditions" in "".join(ElementTree.fromstring(picture.read_text(encoding="utf-8")).itertext())
    shield = json.loads(endpoint.read_text(encoding="utf-8"))
    assert shield == {
        "schemaVersion": 1,
        "label": "krepis",
        "message": "2 race conditions, no deadlocks",
        "color": "red",
    }


def test_what_a_branch_mends_is_said_and_what_others_merged_is_not_its_doing(project: Path) -> None:
    git(project, "switch", "--quiet", "--create", "change")
    commit(project, {"pay.ts": OTHER_RACE.replace("total = before + amount", "total += amount")}, "Add at once")
    git(project, "switch", "--quiet", "main")
    commit(project, {"stock.ts": RACY}, "Others break the stock")
    git(project, "switch", "--quiet", "change")
    done = ci(project, "--base", "main", "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["new"], result["known"]) == ([], [])
    assert [finding["file"] for finding in result["fixed"]] == ["pay.ts"]
    assert git(project, "worktree", "list").count("\n") == 0, "the work tree of the base is gone"


def test_without_a_base_every_finding_counts(project: Path) -> None:
    done = ci(project)
    assert done.returncode == 1
    assert done.stdout.rstrip().splitlines()[-2].split()[:2] == ["verify", "failed"]
    assert ci(project, "--fail-on", "never").returncode == 0


def test_the_projects_tests_run_and_fail(project: Path) -> None:
    script = {"scripts": {"test": "node -e \"console.log('two\\x1b[31m failures'); process.exit(3)\""}}
    commit(project, {"package.json": json.dumps(script), "pay.ts": ""}, "Tests")
    done = ci(project, "--json")
    (tests,) = (step for step in json.loads(done.stdout)["steps"] if step["name"] == "tests")
    assert (done.returncode, tests["status"]) == (1, "failed")
    assert "npm run test: status" in tests["detail"]
    shown = ci(project).stdout
    assert re.search(r"^two\W.* failures$", shown, re.M)
    assert "\x1b" not in shown
    assert ci(project, "--no-tests").returncode == 0


def test_a_project_on_the_kernel_is_tested_with_the_node_that_it_runs_on(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "bin/node"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho v20.0.0\n")
    old.chmod(0o755)
    script = {"scripts": {"test": "node --version; exit 1"}, "dependencies": {"krepis": "*"}}
    commit(project, {"package.json": json.dumps(script), "pay.ts": ""}, "Tests")
    monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")
    said = run_tests(project, 60).output
    assert re.search(r"^v(2[4-9]|[3-9]\d)\.", said, re.MULTILINE)


def test_tests_that_never_end_are_ended(project: Path, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    script = {"scripts": {"test": f"echo $$ > '{alive}'; sleep 1000"}}
    commit(project, {"package.json": json.dumps(script), "pay.ts": ""}, "Tests")
    done = ci(project, "--json", "--time-limit", "20")
    (tests,) = (step for step in json.loads(done.stdout)["steps"] if step["name"] == "tests")
    assert (tests["status"], tests["detail"]) == ("failed", "npm run test: not done in 20 s")
    process = Path("/proc", alive.read_text(encoding="utf-8").strip(), "stat")
    assert not process.exists() or process.read_text(encoding="utf-8").split()[2] == "Z"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--base", "no-such-branch"), "there is no commit 'no-such-branch' here; fetch it first"),
        (("--base", "--upload-pack=x"), "there is no commit '--upload-pack=x' here"),
        (("--comment", "no/such/folder/c.md"), "no such folder to write 'c.md' in"),
        (("--fail-on", "sometimes"), "'sometimes' is not one of"),
    ],
)
def test_wrong_usage_is_said(project: Path, arguments: tuple[str, ...], said: str) -> None:
    done = ci(project, *arguments)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_base_needs_a_repository(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text(SAFE, encoding="utf-8")
    done = ci(tmp_path, "--base", "main")
    assert (done.returncode, "it is not in a Git repository" in done.stderr) == (2, True), done.stderr


def test_a_project_that_its_base_does_not_have_is_all_new(project: Path) -> None:
    git(project, "switch", "--quiet", "--create", "change")
    other = project.parent / "second"
    other.mkdir()
    commit(other, {"pay.ts": OTHER_RACE}, "A second service")
    result = json.loads(ci(other, "--base", "main", "--json").stdout)
    assert [finding["file"] for finding in result["new"]] == ["pay.ts"]
