"""Suppression comments and baselines: what they silence, and what they say when they do not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from krepis.server.baseline import BaselineError, apply_baseline, read_baseline, write_baseline
from krepis.server.suppress import apply_suppressions
from krepis.twin.findings import RULES, Finding, Kind, Note, Report, Summary


def finding(line: int, kind: Kind = "lost-update", end_line: int = 0, file: str = "a.ts") -> Finding:
    return Finding(
        RULES[kind], kind, "error", file, line, 1, end_line or line, 9, "f", "m", "w", "h", (), 1, 1, "s",
        f"{kind}{line}",
    )  # fmt: skip


def check(text: str, *findings: Finding, file: str = "a.ts") -> tuple[list[tuple[int, str]], list[str]]:
    """The silenced findings as (line, reason), and the remarks, after `text` was applied to `findings`."""
    report = apply_suppressions(Report(Summary(), findings), {file: text})
    assert len(report.findings) + len(report.suppressed) == len(findings)
    return [(s.finding.line, s.reason) for s in report.suppressed], [n.message for n in report.remarks]


@pytest.mark.parametrize(
    "text",
    [
        "// krepis-ignore lost-update: one instance only\nthis.x = y;",
        "\n  this.x = y; // krepis-ignore krepis/race/lost-update: one instance only",
        "\nthis.x = y; /* krepis-ignore lost-update: one instance only */",
        "/* krepis-ignore lost-update: one instance only */\nthis.x = y;",
        "//krepis-ignore lost-update:one instance only\r\nthis.x = y;",
        "/**\n * krepis-ignore lost-update: one instance only\n */\nthis.x = y;",
    ],
)
def test_a_comment_silences_its_line_or_the_next(text: str) -> None:
    line = 1 + text[: text.index("this.x")].count("\n")
    silenced, remarks = check(text, finding(line))
    assert (silenced, remarks) == ([(line, "one instance only")], [])


def test_comments_stack() -> None:
    text = "// krepis-ignore lost-update: a\n// krepis-ignore deadlock: b\n// why\nx();"
    assert check(text, finding(4), finding(4, "deadlock"))[0] == [(4, "a"), (4, "b")]


def test_a_trailing_comment_reaches_back_over_its_statement() -> None:
    assert check("f(\n  a,\n); // krepis-ignore lost-update: a", finding(1, end_line=3))[0] == [(1, "a")]


def test_jsx_comments_count_in_tsx() -> None:
    text = "const a = <p>\n{/* krepis-ignore lost-update: a */}\n{f()}</p>;"
    assert check(text, finding(3, file="a.tsx"), file="a.tsx")[0] == [(3, "a")]


def test_other_lines_rules_and_files_stay() -> None:
    text = "// krepis-ignore lost-update: a\nx();\ny();"
    silenced, remarks = check(text, finding(3), finding(2, "deadlock"), finding(2, file="b.ts"))
    assert silenced == []
    assert remarks == ["This krepis-ignore silences nothing: no lost-update on line 2."]


def test_strings_and_templates_are_no_comments() -> None:
    text = 'const a = "// krepis-ignore lost-update: a";\nconst b = `\n// krepis-ignore lost-update: a\n`;'
    assert check(text, finding(1), finding(4)) == ([], [])


@pytest.mark.parametrize(
    ("comment", "remark"),
    [
        ("krepis-ignore lost-update", "gives no reason, so it silences nothing"),
        ("krepis-ignore lost-update:", "gives no reason, so it silences nothing"),
        ("krepis-ignore lost-update because", "gives no reason, so it silences nothing"),
        (
            "krepis-ignore lost-updates: a",
            "names no rule that exists (lost-updates): did you mean lost-update?",
        ),
        ("krepis-ignore zzz: a", "names no rule that exists (zzz): rules are lost-update, check-then-act"),
        ("krepis-ignore: a", "names no rule, so it silences nothing"),
        ("krepis-ignore", "names no rule, so it silences nothing"),
    ],
)
def test_a_bad_comment_silences_nothing_and_is_said(comment: str, remark: str) -> None:
    silenced, remarks = check(f"// {comment}\nx();", finding(2))
    assert silenced == []
    (said,) = remarks
    assert remark in said


def test_a_word_that_only_begins_alike_is_nothing() -> None:
    assert check("// krepis-ignored lost-update: a\n// see krepis-ignore docs\nx();", finding(3)) == ([], [])


def test_deeply_nested_and_broken_sources_are_read() -> None:
    text = "(" * 20_000 + "\n// krepis-ignore lost-update: a\nx();"
    assert check(text, finding(3))[0] == [(3, "a")]


def test_a_baseline_knows_its_findings(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    file.write_text(write_baseline([finding(9), finding(2)]))
    report = apply_baseline(Report(Summary(), (finding(2), finding(5))), read_baseline(file), "k", frozenset({"a.ts"}))
    assert [f.line for f in report.findings] == [5]
    assert [(s.finding.line, s.origin, s.reason) for s in report.suppressed] == [(2, "external", "known from k")]
    assert report.remarks == (
        Note("k", 1, "skipped", "Known findings that no longer occur: 1. --write-baseline drops them."),
    )


def test_a_baseline_is_stable_text_and_complete() -> None:
    text = write_baseline([finding(9), finding(2)])
    assert text == write_baseline([finding(2), finding(9)])
    assert json.loads(text)["findings"][0] == {
        "fingerprint": "lost-update2", "rule": "krepis/race/lost-update", "file": "a.ts", "function": "f",
        "message": "m",
    }  # fmt: skip


def test_files_that_were_not_verified_may_still_hold_known_findings() -> None:
    known = {"elsewhere": "b.ts"}
    assert apply_baseline(Report(Summary()), known, "k", frozenset({"a.ts"})).remarks == ()


def test_a_known_finding_that_a_comment_silences_still_occurs() -> None:
    text = "// krepis-ignore lost-update: a\nx();"
    report = apply_suppressions(Report(Summary(), (finding(2),)), {"a.ts": text})
    assert apply_baseline(report, {"lost-update2": "a.ts"}, "k", frozenset({"a.ts"})).remarks == ()


def test_a_severity_does_not_change_what_a_baseline_knows() -> None:
    known = {"lost-update2": "a.ts"}
    report = Report(Summary(), (replace(finding(2), severity="info"),))
    assert apply_baseline(report, known, "k", frozenset()).findings == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ("[]", "is not of version 1"),
        ('{"version": 2, "findings": []}', "is not of version 1"),
        ('{"version": 1}', "has an entry without fingerprint and file"),
        ('{"version": 1, "findings": [{"fingerprint": 1, "file": "a"}]}', "has an entry without fingerprint"),
    ],
)
def test_a_bad_baseline_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "k.json").write_text(text)
    with pytest.raises(BaselineError, match=message):
        read_baseline(tmp_path / "k.json")


def test_a_missing_baseline_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BaselineError, match=r"cannot read the baseline .*No such file"):
        read_baseline(tmp_path / "k.json")
