"""Example programs with known verdicts: racy ones are found, safe ones stay silent.

A case counts as `manifest.json` says: a racy case is found when a finding of an accepted kind lies within an
expected span, a safe case is clean when nothing of severity error or warning is reported.
`known.json` lists the cases that Krepis still gets wrong; a case that it gets right may not stay on the list.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "cases"
SETS = {
    "shared": SHARED / "manifest.json",
    **{f"part{n}": HERE / "cases" / f"part{n}" / "manifest.json" for n in range(1, 15)},
}
KNOWN: dict[str, list[str]] = json.loads((HERE / "known.json").read_text(encoding="utf-8"))
_HINTS = re.compile(r"[ \t]*// RACE: .*$|^// (?:source|pattern):.*$", re.M)


def _cases() -> list[tuple[str, dict[str, Any]]]:
    out = []
    for name, manifest in SETS.items():
        if manifest.is_file():
            out += [(name, case) for case in json.loads(manifest.read_text(encoding="utf-8"))["cases"]]
    return out


def _judge(case: dict[str, Any], root: Path, tmp: Path) -> bool:
    """Whether the verdict on a case is right."""
    files = []
    names = {}
    top = Path(os.path.commonpath([Path(name).parent for name in case["files"]]))
    for name in case["files"]:
        relative = Path(name).relative_to(top) if len(case["files"]) > 1 else Path(Path(name).name)
        target = tmp / "src" / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (root / name).read_text(encoding="utf-8")
        target.write_text(_HINTS.sub("", text), encoding="utf-8")
        shown = f"src/{relative.as_posix()}"
        names[shown] = name
        if target.suffix in (".ts", ".tsx"):
            files.append(SourceFile(shown, target))
    report = verify(files, Options(root=tmp, jobs=1, time_limit_s=600.0))
    assert not report.failures
    loud = [f for f in report.findings if f.severity in ("error", "warning")]
    if case["label"] == "safe":
        return not loud
    kinds = set(case["accept_kinds"])
    return any(
        names[f.file] == e["file"] and e["function_span"][0] <= f.line <= e["function_span"][1] and f.kind in kinds
        for e in case["expected"]
        for f in loud
    )


@pytest.mark.parametrize(("group", "case"), _cases(), ids=lambda v: v if isinstance(v, str) else v["id"])
def test_verdict(group: str, case: dict[str, Any], tmp_path: Path) -> None:
    right = _judge(case, SETS[group].parent, tmp_path)
    assert right == (case["id"] not in KNOWN.get(group, [])), f"{group}/{case['id']} is {'right' if right else 'wrong'}"
    shutil.rmtree(tmp_path, ignore_errors=True)
