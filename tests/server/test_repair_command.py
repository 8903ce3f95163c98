"""`krepis verify --fix`: files are repaired as a whole or left alone, and what is said is what was done."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from textwrap import dedent

import pytest
from krepis.server.cli import run

RACY = dedent(
    """\
    import { charge } from './bank';

    const balances = new Map<string, number>();

    export async function credit(id: string): Promise<number> {
      const before = balances.get(id) ?? 0;
      await charge(id);
      balances.set(id, before + 1);
      return before + 1;
    }
    """
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.ts").write_bytes(RACY.encode())
    (tmp_path / "a.ts").chmod(0o640)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_repair_is_written_and_the_program_is_clean_then(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--no-cache", "--fix", "a.ts"]) == 0
    out, err = capfd.readouterr()
    assert "Repaired a.ts:8 krepis/race/lost-update: " in err and "No findings." in out
    assert "await charge(id);\n  const before = balances" in (project / "a.ts").read_text()
    assert (project / "a.ts").stat().st_mode & 0o777 == 0o640
    assert [p.name for p in project.iterdir()] == ["a.ts"]
    assert run(["verify", "--no-cache", "a.ts"]) == 0


def test_a_dry_run_prints_a_patch_and_writes_nothing(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--no-cache", "--fix", "--dry-run", "a.ts"]) == 0
    out, err = capfd.readouterr()
    assert (project / "a.ts").read_text() == RACY and "Would repair a.ts:8" in err
    subprocess.run(["git", "apply"], input=out, text=True, check=True, cwd=project)
    assert run(["verify", "--no-cache", "a.ts"]) == 0


def test_two_findings_of_a_file_are_repaired_one_after_the_other(project: Path) -> None:
    second = RACY.split("\n\n", 1)[1].replace("balances", "points").replace("credit", "award").replace("id", "member")
    (project / "a.ts").write_text(RACY + "\n" + second)
    assert run(["verify", "--no-cache", "--fix", "a.ts"]) == 0
    text = (project / "a.ts").read_text()
    assert text.count("await charge(id);\n  const before") == 1
    assert text.count("await charge(member);\n  const before") == 1


def test_a_byte_order_mark_and_line_ends_stay(project: Path) -> None:
    (project / "a.ts").write_bytes(b"\xef\xbb\xbf" + RACY.replace("\n", "\r\n").encode())
    assert run(["verify", "--no-cache", "--fix", "a.ts"]) == 0
    data = (project / "a.ts").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfimport") and data.count(b"\n") == data.count(b"\r\n")


def test_a_file_that_is_not_utf_8_is_left_alone(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = b"// \xff\n" + RACY.encode()
    (project / "a.ts").write_bytes(data)
    assert run(["verify", "--no-cache", "--fix", "a.ts"]) == 1
    assert (project / "a.ts").read_bytes() == data and "a.ts was left alone" in capfd.readouterr().err


def test_a_suppressed_finding_is_not_repaired(project: Path) -> None:
    text = RACY.replace("  balances.set", "  // krepis-ignore lost-update: a test\n  balances.set")
    (project / "a.ts").write_text(text)
    assert run(["verify", "--no-cache", "--fix", "a.ts"]) == 0
    assert (project / "a.ts").read_text() == text


def test_repairs_are_listed_on_request(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--no-cache", "--fixes", "--format", "json", "a.ts"]) == 1
    (finding,) = json.loads(capfd.readouterr().out)["findings"]
    assert finding["fixes"] and all(fix["verified"] for fix in finding["fixes"])


def test_a_dry_run_alone_is_wrong_usage(project: Path) -> None:
    assert run(["verify", "--dry-run", "a.ts"]) == 2
