"""The kernel's sources under the Twin: all is well, and errors planted in them are found with a schedule that replays.

A planted error is a patch of the kernel's C; it names where by the lines around it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from krepis.server.cli import run
from krepis.twin import native

MUTANTS = sorted((Path(__file__).parent / "mutants").glob("*.patch"))


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return native.build(tmp_path_factory.mktemp("native") / "native")


def planted(patch: Path, folder: Path) -> Path:
    """A copy of the kernel's sources with the patch applied."""
    lines = patch.read_text().splitlines()
    shutil.copytree(native.KERNEL, folder)
    file = folder / Path(lines[0]).name
    old, new = ("".join(line[1:] + "\n" for line in lines[3:] if line[0] in kind) for kind in (" -", " +"))
    assert file.read_text().count(old) == 1
    file.write_text(file.read_text().replace(old, new))
    return folder


@pytest.fixture(scope="module")
def quick(kernel: Path) -> list[native.Outcome]:
    return list(native.outcomes(kernel, "quick"))


def test_every_state_of_the_quick_set_is_fine(quick: list[native.Outcome]) -> None:
    assert [outcome.line for outcome in quick if outcome.finding or not outcome.complete] == []
    assert sum(outcome.states for outcome in quick) > 500_000


def test_an_exploration_is_deterministic(kernel: Path, quick: list[native.Outcome]) -> None:
    again = list(native.outcomes(kernel, "quick"))
    lines = [[re.sub(r", [0-9.]+ s$", "", outcome.line) for outcome in run] for run in (quick, again)]
    assert lines[0] == lines[1]


@pytest.mark.parametrize("patch", MUTANTS, ids=lambda patch: patch.stem)
def test_a_planted_error_is_found_and_its_schedule_replays(kernel: Path, patch: Path, tmp_path: Path) -> None:
    broken = native.build(tmp_path / "broken", planted(patch, tmp_path / "kernel"))
    only, extents = ("ring", ("quick", "full")) if patch.name.startswith("ring-") else ("", ("quick",))
    runs = (outcome for extent in extents for outcome in native.outcomes(broken, extent, jobs=1, only=only))
    found = next(outcome for outcome in runs if outcome.finding)
    assert found.schedule is not None
    for _ in range(2):
        assert native.replay(broken, found.schedule).finding == found.finding
    assert native.replay(kernel, found.schedule).finding is None


def test_what_cannot_be_replayed_is_said(kernel: Path) -> None:
    for wrong in ("pieces:nonsense", "unknown:tick", "pieces:tick0x", "ring-tso:9.0", "ring-tso:tick"):
        with pytest.raises(native.NativeError, match="usage"):
            native.replay(kernel, wrong)


def test_a_schedule_replays_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["verify", "--kernel", "quick", "--replay", "pieces:tick,piece0,reset0,tick"]) == 0
    assert capsys.readouterr().out == "replayed pieces: nothing fails\n"
    assert run(["verify", "--replay", "pieces:tick"]) == 2
    assert "--replay needs --kernel" in capsys.readouterr().err
