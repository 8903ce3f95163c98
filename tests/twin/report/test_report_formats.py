"""HTML, SARIF, JUnit and Markdown: structure, and that hostile content stays text in every format."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator
from krepis.twin.findings import KINDS, Report, Summary
from krepis.twin.report import FORMATS, RULE_OF, Style, render
from markdown_it import MarkdownIt
from report_sample import CLEAN, HOSTILE, HOSTILE_REPORT, LOST_UPDATE, REPORT, sources
from sarif_subset import SCHEMA


def hostile_sources(_file: str) -> list[str]:
    return [HOSTILE.replace("\n", " ")] * 20


def rendered(output_format: Any, report: Report = REPORT) -> str:
    return render(report, output_format, sources, Style(), "1.2.3")


@pytest.mark.parametrize("output_format", FORMATS)
def test_every_format_is_deterministic_and_ends_with_one_newline(output_format: Any) -> None:
    shuffled = replace(
        REPORT,
        findings=REPORT.findings[::-1],
        notes=REPORT.notes[::-1],
        entry_points=REPORT.entry_points[::-1],
    )
    text = rendered(output_format)
    assert text == rendered(output_format, shuffled)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("output_format", FORMATS)
def test_no_format_lets_control_characters_through(output_format: Any) -> None:
    text = render(HOSTILE_REPORT, output_format, hostile_sources, Style(), "1.2.3")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert text.encode("utf-8")


@pytest.mark.parametrize("output_format", FORMATS)
def test_every_format_can_say_that_nothing_was_found(output_format: Any) -> None:
    assert rendered(output_format, CLEAN)
    assert rendered(output_format, Report(Summary(files=2)))


class Page(HTMLParser):
    """Counts elements, checks nesting, and collects what could act."""

    VOID = frozenset({"meta", "wbr", "link", "input", "br", "line", "circle", "path"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_html_is_self_contained() -> None:
    text = rendered("html")
    page = Page(text)
    assert page.elements["article"] == 2
    assert page.elements["script"] == 1
    loaded = [
        value
        for tag, name, value in page.attributes
        if name in {"src", "srcset", "data", "action", "poster"} or (tag == "link" and name == "href")
    ]
    assert loaded == ["data:,"]
    assert "@import" not in text
    assert "url(http" not in text
    script = re.search(r"<script>(.*?)</script>", text, re.S)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'" in text


def test_html_draws_lanes_rails_and_arrows() -> None:
    text = rendered("html", replace(CLEAN, findings=(LOST_UPDATE,)))
    assert text.count('class="step task0') == 6
    assert text.count('class="step task1') == 6
    assert re.findall(r'decisive (\w+)" style="--step: (\d+); --lane: (\d)"', text) == [
        ("read", "2", "1"), ("write", "8", "2"), ("act", "11", "1"),
    ]  # fmt: skip
    assert re.findall(r'class="arrow" x1="([-\d]+)" x2="([-\d]+)" y1="([\d.]+)%" y2="([\d.]+)%"', text) == [
        ("-30", "2", "12.500", "62.500"), ("2", "-30", "62.500", "87.500"),
    ]  # fmt: skip
    assert "this.balances[<wbr>id]" in text, "an expression breaks at its dots and brackets, not within a name"
    # A holds the stale value from step 2 to step 11, in three pieces
    assert text.count('class="rail stale task0"') == 3


def test_html_filters_name_exactly_what_was_found() -> None:
    text = rendered("html")
    assert set(re.findall(r'type="checkbox" id="kind-([\w-]+)"', text)) == {"deadlock", "lost-update"}
    assert "body:has(#kind-deadlock:not(:checked)) .kind-deadlock { display: none }" in text


def test_html_shows_hostile_content_as_text() -> None:
    page = Page(render(HOSTILE_REPORT, "html", hostile_sources, Style(), "1.2.3"))
    assert page.elements["script"] == 1
    assert page.elements["article"] == 1
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert "</script><script>alert(1)</script>\\x1b[31m" in page.text


def test_sarif_fits_the_schema() -> None:
    for report in (
        REPORT,
        CLEAN,
        HOSTILE_REPORT,
        Report(Summary(), failures=REPORT.notes, remarks=REPORT.notes),
    ):
        Draft202012Validator(SCHEMA).validate(json.loads(rendered("sarif", report)))


def test_sarif_carries_the_interleaving_and_the_suppressions() -> None:
    (run,) = json.loads(rendered("sarif"))["runs"]
    assert run["columnKind"] == "utf16CodeUnits"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [RULE_OF[kind].code for kind in KINDS]
    deadlock, lost, silenced = run["results"]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert silenced["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "only one instance runs in production"}
    ]
    assert "suppressions" not in deadlock
    assert lost["partialFingerprints"] == {"krepis/v1": LOST_UPDATE.fingerprint}
    (flow,) = lost["codeFlows"]
    assert [thread["id"] for thread in flow["threadFlows"]] == ["A", "B"]
    order = sorted(place["executionOrder"] for thread in flow["threadFlows"] for place in thread["locations"])
    assert order == list(range(1, 13))
    assert [related["id"] for related in lost["relatedLocations"]] == [2, 8]
    assert lost["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 12, "startColumn": 5, "endLine": 12, "endColumn": 42,
    }  # fmt: skip


def test_sarif_notes_are_notifications() -> None:
    report = replace(REPORT, failures=REPORT.notes[:1], remarks=REPORT.notes[1:])
    (invocation,) = json.loads(rendered("sarif", report))["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [n["level"] for n in invocation["toolExecutionNotifications"]] == ["error", *["warning"] * 3]
    assert [n["level"] for n in invocation["toolConfigurationNotifications"]] == ["note", "note"]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("src/a b.ts", "src/a%20b.ts"),
        ("C:x.ts", "C%3Ax.ts"),
        ("ü/#?.ts", "%C3%BC/%23%3F.ts"),
        ("../x.ts", "../x.ts"),
    ],
)
def test_sarif_paths_are_relative_references(file: str, uri: str) -> None:
    report = replace(CLEAN, findings=(replace(LOST_UPDATE, file=file, steps=()),))
    result = json.loads(rendered("sarif", report))["runs"][0]["results"][0]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": uri, "uriBaseId": "SRCROOT"}


def test_junit_has_a_case_per_entry_point() -> None:
    root = ET.fromstring(rendered("junit"))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("4", "2", "0")
    cases = {(case.get("classname"), case.get("name")): case for case in root.iter("testcase")}
    assert sorted(cases) == [
        ("src/queue.ts", "drain"),
        ("src/queue.ts", "push"),
        ("src/transfer.ts", "transfer"),
        ("src/wallet.ts", "Wallet.credit"),
    ]
    failure = cases["src/wallet.ts", "Wallet.credit"].find("failure")
    assert failure is not None
    assert failure.get("type") == "krepis/race/lost-update"
    assert "this.balances[id] = current + amount;" in (failure.text or "")
    assert "Partly verified 4 entry points" in (root.findtext("system-out") or "")


def test_junit_distinguishes_failures_of_krepis_and_mild_findings() -> None:
    report = replace(
        CLEAN, findings=(replace(LOST_UPDATE, severity="info", function="helper"),), failures=REPORT.notes[:1]
    )
    root = ET.fromstring(rendered("junit", report))
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("3", "0", "1")
    helper = root.find(".//testcase[@name='helper']/system-out")
    assert helper is not None


def test_junit_shows_hostile_content_as_text() -> None:
    root = ET.fromstring(render(HOSTILE_REPORT, "junit", hostile_sources, Style(), "1.2.3"))
    assert root.tag == "testsuites"
    assert {element.tag for element in root.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "system-out",
    }  # fmt: skip


def test_markdown_has_verdict_table_and_details() -> None:
    text = rendered("markdown")
    assert text.startswith("## Krepis: 2 findings (2 errors), 1 suppressed by comment\n\nPartly verified")
    assert "| 8 |  | **12: `writes this.balances[id] = b0 + amountB`** |" in text
    assert "**What to do:** Read this.balances\\[id\\] after the await, or hold a lock" in text
    assert text.count("<details>") == text.count("</details>") == 3


def test_markdown_fits_a_comment_and_says_what_it_leaves_out() -> None:
    many = tuple(replace(LOST_UPDATE, line=n, end_line=n) for n in range(1, 400))
    text = rendered("markdown", replace(CLEAN, findings=many))
    assert len(text) < 65_536
    assert "... and 349 more" in text
    assert re.search(r"Details of \d+ findings are left out here", text)


def test_markdown_escapes_markup_mentions_and_table_bars() -> None:
    text = rendered("markdown", replace(
        CLEAN, findings=(replace(LOST_UPDATE, message="@here a|b <img src=x> [l](u) `c`", function="f|g"),)
    ))  # fmt: skip
    assert "@<!-- -->here a\\|b &lt;img src=x\\> \\[l\\](u) \\`c\\`" in text
    assert "`f\\|g`" in text


def test_markdown_shows_hostile_content_as_text() -> None:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = parser.parse(render(HOSTILE_REPORT, "markdown", hostile_sources, Style(), "1.2.3"))
    markup = [token for top in tokens for token in (top, *(top.children or [])) if "html" in token.type]
    tags = {tag for token in markup for tag in re.findall(r"<(?!!--)/?(\w+)", token.content)}
    assert tags == {"details", "summary", "b", "code"}
    links = [token for top in tokens for token in (top.children or []) if token.type == "link_open"]
    assert {link.attrs["href"] for link in links} == {RULE_OF["lost-update"].help_uri}
