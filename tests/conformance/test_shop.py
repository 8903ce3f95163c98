"""The example shop: its planted bugs and nothing else.

`expected.json` says where each bug is and which kinds describe it. `known.json` lists under `shop` the bugs
(by line, `file:line`) that Krepis may still miss; nothing may be reported that is not planted.
"""

from __future__ import annotations

import json
from pathlib import Path

from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify

ROOT = Path(__file__).parents[2] / "examples" / "shop"
KNOWN = json.loads((Path(__file__).parent / "known.json").read_text(encoding="utf-8"))


def test_shop() -> None:
    expected = json.loads((ROOT / "expected.json").read_text(encoding="utf-8"))
    files = [SourceFile(path.relative_to(ROOT).as_posix(), path) for path in sorted((ROOT / "src").rglob("*.ts"))]
    report = verify(files, Options(root=ROOT, time_limit_s=600.0))
    assert not report.failures
    loud = [f for f in report.findings if f.severity in ("error", "warning")]
    found = set()
    for finding in loud:
        bugs = [
            bug
            for bug in expected
            if bug["file"] == finding.file
            and bug["function_span"][0] <= finding.line <= bug["function_span"][1]
            and finding.kind in bug["kinds"]
        ]
        assert bugs, f"{finding.file}:{finding.line} {finding.kind} is not planted"
        found |= {f"{bug['file']}:{bug['line']}" for bug in bugs}
    missed = {f"{bug['file']}:{bug['line']}" for bug in expected} - found
    assert missed <= set(KNOWN["shop"])
