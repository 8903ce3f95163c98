"""`krepis verify` as a user runs it: options, streams, exit statuses, files.

The checker itself is replaced where a test is about what the command does with its answer (a crash, an
interrupt, a given finding); everything else is real.
"""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from krepis.server.cli import run
from krepis.twin.findings import RULES, EntryPoint, Finding, Kind, Note, Report, Severity, Summary
from krepis.twin.options import Options, Progress, SourceFile


def finding(line: int = 2, severity: Severity = "error", kind: Kind = "lost-update") -> Finding:
    return Finding(
        RULES[kind], kind, severity, "src/a.ts", line, 1, line, 9, "f", "It races.", "Bad.", "Lock.", (),
        7, 3, "s", f"{kind}{line}",
    )  # fmt: skip


@dataclass
class Checker:
    """What the checker answers, and what it was asked."""

    report: Report = field(
        default_factory=lambda: Report(
            Summary(files=1, entry_points=1, scenarios=1), entry_points=(EntryPoint("src/a.ts", 1, "f"),)
        )
    )
    error: BaseException | None = None
    files: tuple[SourceFile, ...] = ()
    options: Options | None = None

    def verify(
        self,
        files: Sequence[SourceFile],
        options: Options,
        progress: Callable[[Progress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Report:
        self.files, self.options = tuple(files), options
        assert progress is None, "stderr is no terminal here"
        assert cancelled is None
        if self.error:
            raise self.error
        return self.report

    def finds(self, *findings: Finding) -> None:
        self.report = replace(self.report, findings=findings)


@pytest.fixture
def checker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Checker:
    """A checker that answers as told, in a project with one file."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.ts").write_text("export async function f() {\n  x();\n}\n")
    monkeypatch.chdir(tmp_path)
    fake = Checker()
    module = types.ModuleType("krepis.twin.typescript.verify")
    module.verify = fake.verify  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "krepis.twin.typescript.verify", module)
    return fake


def verify_json(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    status = run(["verify", "--format", "json", *arguments])
    return status, json.loads(capfd.readouterr().out)


def test_a_clean_run(checker: Checker, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "src"]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("Verified 1 entry point in 1 file: 1 scenario")
    assert err == ""
    assert [file.path for file in checker.files] == ["src/a.ts"]


def test_defaults_and_options_reach_the_checker(checker: Checker, tmp_path: Path) -> None:
    assert run(["verify"]) == 0
    assert checker.options == Options(root=tmp_path, cache_dir=tmp_path / ".krepis" / "cache")
    arguments = ["--max-states", "9", "--time-limit", "0.5", "--calls", "3", "--jobs", "2", "--no-cache"]
    assert run(["verify", *arguments, "src"]) == 0
    assert checker.options == Options(root=tmp_path, max_states=9, time_limit_s=0.5, calls=3, jobs=2)


def test_settings_apply_and_options_win(checker: Checker, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "krepis.toml").write_text(
        "[verify]\npaths=['src']\nmax-states=5\ntime-limit=1\ncalls=3\njobs=6\nmodels=['m']\ncache=false"
    )
    assert run(["verify"]) == 0
    assert checker.options == Options(tmp_path, 5, 1, 3, 6, (tmp_path / "m",))
    assert run(["verify", "--calls", "2", "--max-states", "8"]) == 0
    assert checker.options == Options(tmp_path, 8, 1, 2, 6, (tmp_path / "m",))


def test_another_settings_file_can_be_named(checker: Checker, tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci" / "k.toml").write_text("[verify]\njobs = 5\ncache = false")
    assert run(["verify", "--config", "ci/k.toml", "src"]) == 0
    assert checker.options == Options(tmp_path / "ci", jobs=5)


@pytest.mark.parametrize(
    ("severity", "fail_on", "status"),
    [
        ("error", "error", 1), ("warning", "error", 0), ("info", "error", 0), ("error", "warning", 1),
        ("warning", "warning", 1), ("info", "warning", 0), ("hint", "warning", 0), ("error", "never", 0),
    ],
)  # fmt: skip
def test_exit_status_follows_fail_on(checker: Checker, severity: Severity, fail_on: str, status: int) -> None:
    checker.finds(finding(severity=severity))
    assert run(["verify", "--fail-on", fail_on, "src"]) == status


def test_json_goes_to_stdout_alone(checker: Checker, capfd: pytest.CaptureFixture[str]) -> None:
    checker.finds(finding(9), finding(2))
    status, document = verify_json(capfd, "src")
    assert status == 1
    assert [f["line"] for f in document["findings"]] == [2, 9]
    assert document["summary"]["findings"] == 2


def test_output_replaces_the_file_and_leaves_stdout_empty(
    checker: Checker, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    checker.finds(finding())
    assert run(["verify", "--format", "html", "--output", "report.html", "src"]) == 1
    assert capfd.readouterr().out == ""
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert target.stat().st_mode & 0o777 == 0o666 & ~_umask()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".report")] == []


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_notes_of_discovery_are_reported(checker: Checker, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "src" / "video.ts").write_bytes(b"\0")
    status, document = verify_json(capfd, "src")
    assert status == 0
    assert document["notes"] == [{"file": "src/video.ts", "line": 1, "kind": "skipped", "message": "File is binary."}]


def test_a_comment_suppresses(checker: Checker, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "src" / "a.ts").write_text("// krepis-ignore lost-update: single writer\nx();\n")
    checker.finds(finding(2))
    assert verify_json(capfd, "src")[1]["findings"] == []
    assert run(["verify", "src"]) == 0
    assert "No findings, 1 suppressed by comment." in capfd.readouterr().out


def test_rules_can_be_switched_off_or_graded(
    checker: Checker, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "krepis.toml").write_text("[rules]\ndeadlock = 'off'\nlost-update = 'warning'\n")
    checker.finds(finding(2), finding(3, kind="deadlock"))
    status, document = verify_json(capfd, "src")
    assert status == 0
    assert [(f["kind"], f["severity"]) for f in document["findings"]] == [("lost-update", "warning")]


def test_a_baseline_hides_what_it_knows_and_nothing_else(
    checker: Checker, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    checker.finds(finding(2))
    assert run(["verify", "--baseline", "known.json", "--write-baseline", "src"]) == 0
    assert capfd.readouterr() == ("", "Wrote known.json; it knows 1 findings.\n")
    assert run(["verify", "--baseline", "known.json", "src"]) == 0
    assert "No findings, 1 known from the baseline." in capfd.readouterr().out
    checker.finds(finding(2), finding(5))
    status, document = verify_json(capfd, "--baseline", "known.json", "src")
    assert status == 1
    assert [f["line"] for f in document["findings"]] == [5]
    checker.finds()
    (note,) = verify_json(capfd, "--baseline", "known.json", "src")[1]["notes"]
    assert note["message"] == "Known findings that no longer occur: 1. --write-baseline drops them."


def test_writing_a_baseline_again_keeps_what_it_knew(checker: Checker, tmp_path: Path) -> None:
    checker.finds(finding(2))
    for _ in range(2):
        assert run(["verify", "--baseline", "known.json", "--write-baseline", "src"]) == 0
    assert len(json.loads((tmp_path / "known.json").read_text())["findings"]) == 1


def test_failures_on_some_input_are_named_and_the_rest_is_reported(
    checker: Checker, capfd: pytest.CaptureFixture[str]
) -> None:
    failure = Note("src/b.ts", 1, "skipped", "engine: out of memory")
    checker.report = replace(checker.report, findings=(finding(),), failures=(failure,))
    assert run(["verify", "--format", "json", "src"]) == 3
    out, err = capfd.readouterr()
    assert json.loads(out)["notes"][0]["file"] == "src/b.ts"
    assert len(json.loads(out)["findings"]) == 1
    assert err == "Krepis failed on src/b.ts: engine: out of memory\n"


def test_a_crash_is_status_3_with_a_report(checker: Checker, capfd: pytest.CaptureFixture[str]) -> None:
    checker.error = RuntimeError("bug \x1b[31m")
    assert run(["verify", "--format", "json", "src"]) == 3
    out, err = capfd.readouterr()
    assert json.loads(out)["notes"] == [
        {"file": "src/a.ts", "line": 1, "kind": "skipped", "message": "RuntimeError: bug \x1b[31m"}
    ]
    assert "Traceback" in err
    assert "Krepis failed on src/a.ts: RuntimeError: bug \\x1b[31m" in err


def test_an_interrupt_is_status_130_without_a_report(checker: Checker, capfd: pytest.CaptureFixture[str]) -> None:
    checker.error = KeyboardInterrupt()
    assert run(["verify", "--output", "r.txt", "src"]) == 130
    out, err = capfd.readouterr()
    assert out == ""
    assert err == "\nInterrupted; no report was written.\n"
    assert not Path("r.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("nope", "no such file or folder: 'nope'"),
        ("docs", "no TypeScript to verify in 'docs'"),
        ("src nope", "no such file or folder: 'nope'"),
        ("--nope", "No such option '--nope'"),
        ("--format xml src", "'xml' is not one of"),
        ("--fail-on info src", "'info' is not one of"),
        ("--max-states 0 src", "0 is not in the range"),
        ("--max-states x src", "'x' is not a valid integer"),
        ("--time-limit 0 src", "0.0 is not in the range"),
        ("--time-limit nan src", "nan is not a number of seconds"),
        ("--time-limit inf src", "inf is not a number of seconds"),
        ("--calls 4 src", "'4' is not one of"),
        ("--jobs -1 src", "-1 is not in the range"),
        ("--output no/such/r.txt src", "no such folder to write 'r.txt' in"),
        ("--output src src", "is a directory"),
        ("--baseline nope.json src", "cannot read the baseline"),
        ("--write-baseline src", "--write-baseline needs --baseline FILE"),
        ("--config nope.toml src", "nope.toml: [Errno 2] No such file"),
    ],
)
def test_wrong_usage_is_status_2_with_a_message(
    checker: Checker, tmp_path: Path, capfd: pytest.CaptureFixture[str], arguments: str, message: str
) -> None:
    (tmp_path / "docs").mkdir()
    assert run(["verify", *arguments.split()]) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert checker.options is None, "nothing was verified"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[verify]\nmax-state = 5",
            "krepis.toml:2: unknown key 'max-state' in [verify]; did you mean 'max-states'?",
        ),
        ("[verify]\nmodels = ['nope']", "no such folder of models"),
        ("[verify]\npaths = ['nope']", "no such file or folder: 'nope'"),
        ("[verify]\nbaseline = 'nope.json'", "cannot read the baseline"),
    ],
)
def test_wrong_settings_are_status_2(
    checker: Checker, tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    (tmp_path / "krepis.toml").write_text(text)
    assert run(["verify"]) == 2
    assert message in capfd.readouterr().err


def test_the_cache_keeps_itself_out_of_git_and_survives_read_only_folders(
    checker: Checker, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["verify", "src"]) == 0
    assert (tmp_path / ".krepis" / ".gitignore").read_text() == "*\n"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "krepis.toml").write_text("")
    (tmp_path / "other" / ".krepis").write_text("in the way")
    assert run(["verify", "--config", "other/krepis.toml", "src"]) == 0
    assert "Results are not cached:" in capfd.readouterr().err
    assert checker.options
    assert checker.options.cache_dir is None


def test_text_is_plain_away_from_a_terminal(
    checker: Checker, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checker.finds(replace(finding(), message="word " * 60))
    monkeypatch.setenv("COLUMNS", "50")
    run(["verify", "src"])
    out = capfd.readouterr().out
    assert "\x1b" not in out
    assert 90 < max(map(len, out.split("\n"))) <= 100


def krepis(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from krepis.server.cli import main; main()", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def test_version_and_help_do_not_need_the_checker() -> None:
    version = krepis("--version")
    assert (version.returncode, version.stderr) == (0, "")
    assert version.stdout.startswith("krepis ")
    usage = krepis("--help")
    assert usage.returncode == 0
    assert re.search(r"^  verify +Check TypeScript", usage.stdout, re.M)
    assert krepis().returncode == 2
    assert krepis("nope").returncode == 2


FAKE = """
import os, signal, sys, time, types
from krepis.server.cli import main
from krepis.twin.findings import Note, Report, Summary
from krepis.twin.options import Progress
def verify(files, options, progress):
    if progress:
        progress(Progress(1, 3, "src/[red]a.ts\\x1b[31m"))
        time.sleep(0.5)  # longer than the bar waits between two drawings
    if "wait" in os.environ:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
        print("ready", file=sys.stderr, flush=True)
        time.sleep(60)
    return Report(Summary(), failures=(Note("a.ts", 1, "skipped", "boom"),))
fake = types.ModuleType("krepis.twin.typescript.verify")
fake.verify = verify
sys.modules[fake.__name__] = fake
if "close" in os.environ:
    reader, writer = os.pipe()
    os.close(reader)
    os.dup2(writer, 1)
sys.argv[1:] = ["verify", "a.ts"]
main()
"""


def environment(**extra: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "COLUMNS", "TERM", "LANG", "LC_ALL"}}
    return kept | {"TERM": "xterm-256color", "PYTHONUTF8": "1"} | extra


def test_a_closed_pipe_ends_quietly_with_the_status_of_the_result(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("")
    done = subprocess.run(
        [sys.executable, "-c", FAKE], cwd=tmp_path, env=environment(close="1"),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (3, "Krepis failed on a.ts: boom\n")


def test_ctrl_c_ends_with_130(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("")
    with subprocess.Popen(
        [sys.executable, "-c", FAKE], cwd=tmp_path, env=environment(wait="1"),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr
        assert process.stderr.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "Interrupted; no report was written."


def on_terminal(folder: Path, **extra: str) -> str:
    """What the command shows when stdout and stderr are a terminal of 70 columns."""
    (folder / "a.ts").write_text("")
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (40, 70))
    with subprocess.Popen(
        [sys.executable, "-c", FAKE], cwd=folder, env=environment(**extra), stdout=follower, stderr=follower
    ) as process:
        os.close(follower)
        shown = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # Linux reports the end of a terminal as EIO
                break
            if not piece:
                break
            shown += piece
        assert process.wait(timeout=60) == 3
    os.close(leader)
    return shown.decode()


def test_a_terminal_gets_colour_and_a_progress_bar(tmp_path: Path) -> None:
    shown = on_terminal(tmp_path)
    assert "src/[red]a.ts\\x1b[31m" in shown
    assert "1/3" in shown
    assert "\x1b[1mNotes\x1b[0m" in shown


def test_no_color_is_honoured(tmp_path: Path) -> None:
    shown = on_terminal(tmp_path, NO_COLOR="1")
    assert "Notes" in shown
    assert not re.search("\x1b\\[[0-9;]*[1-9][0-9;]*m", shown.replace("\x1b[1m", "")), "no colour at all"
