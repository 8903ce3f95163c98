"""The published JSON format, fingerprints, and the one canonical order."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from krepis.twin.findings import (
    Finding,
    Fix,
    Note,
    Report,
    Step,
    Summary,
    dumps,
    fingerprint,
    to_json,
)
from krepis.twin.options import Options, SourceFile, root_relative

STEP = Step("A", "f()", "a.ts", 1, "read", "x", "x0")
FINDING = Finding(
    "krepis/race/lost-update", "lost-update", "error", "a.ts", 3, 1, 3, 9, "f", "m", "w", "h",
    (STEP,), 5, 2, "s", "p", (Fix("t", verified=True),),
)  # fmt: skip
NOTES = (
    Note("b.ts", 1, "bounded", "m"),
    Note("a.ts", 2, "parse-error", "m"),
    Note("a.ts", 1, "unsupported", "m"),
)


def test_json_has_exactly_the_published_fields() -> None:
    report = Report(Summary(files=1), (FINDING,), NOTES, failures=(Note("c.ts", 1, "skipped", "boom"),))
    assert to_json(report) == {
        "version": 1,
        "summary": {
            "files": 1, "functions": 0, "entry_points": 0, "scenarios": 0, "states": 0, "traces": 0,
            "findings": 1, "bounded": 1, "unsupported": 1, "parse_errors": 1, "seconds": 0.0,
        },
        "findings": [
            {
                "rule": "krepis/race/lost-update", "kind": "lost-update", "severity": "error", "file": "a.ts",
                "line": 3, "column": 1, "end_line": 3, "end_column": 9, "function": "f", "message": "m",
                "why": "w", "help": "h",
                "steps": [
                    {
                        "task": "A", "call": "f()", "file": "a.ts", "line": 1,
                        "action": "read", "what": "x", "value": "x0",
                    }
                ],
                "states": 5, "traces": 2, "schedule": "s", "fingerprint": "p",
                "fixes": [{"title": "t", "verified": True}],
            }
        ],
        "notes": [
            {"file": "a.ts", "line": 1, "kind": "unsupported", "message": "m"},
            {"file": "a.ts", "line": 2, "kind": "parse-error", "message": "m"},
            {"file": "b.ts", "line": 1, "kind": "bounded", "message": "m"},
            {"file": "c.ts", "line": 1, "kind": "skipped", "message": "boom"},
        ],
    }  # fmt: skip


def test_json_text_is_ascii_and_reads_back() -> None:
    report = Report(Summary(), (replace(FINDING, message="\x1b ü \ud800 </script>"),))
    text = dumps(report)
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text) == to_json(report)


@pytest.mark.parametrize("seed", range(5))
def test_order_does_not_depend_on_the_order_of_discovery(seed: int) -> None:
    findings = [replace(FINDING, file=f, line=n, fingerprint=f"{f}{n}") for f in ("a.ts", "b.ts") for n in (2, 10)]
    notes = list(NOTES) * 2
    expected = dumps(Report(Summary(), tuple(findings), NOTES))
    random.Random(seed).shuffle(findings)
    random.Random(seed).shuffle(notes)
    assert dumps(Report(Summary(), tuple(findings), tuple(notes))) == expected


def test_fingerprints_ignore_white_space_and_nothing_else() -> None:
    rule, file, function, text, location = parts = (
        "krepis/x",
        "src/a.ts",
        "C.f",
        "this.x = y + 1;",
        "this.x",
    )
    first = fingerprint(rule, file, function, text, location)
    assert len(first) == 32
    assert set(first) <= set("0123456789abcdef")
    assert fingerprint(rule, file, function, "  this.x  =  y+1;\t", "this. x") == first
    assert fingerprint(rule, file, function, text, location, ordinal=1) != first
    for index in range(5):
        r, f, n, t, x = (part + "z" * (i == index) for i, part in enumerate(parts))
        assert fingerprint(r, f, n, t, x) != first
    assert fingerprint("a", "bc", "", "", "") != fingerprint("ab", "c", "", "", "")


def test_root_relative() -> None:
    options = Options(root=Path("/p"))
    assert root_relative(SourceFile("../src/a.ts", Path("/p/src/a.ts")), options) == "src/a.ts"
    assert root_relative(SourceFile("../../q/a.ts", Path("/q/a.ts")), options) == "../../q/a.ts"
