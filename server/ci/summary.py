"""What a run of the steps says to people and to machines: one comment, a badge, JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from anybadge import Badge
from krepis.server.ci.steps import Step
from krepis.twin.findings import Finding, Kind, Report, to_json
from krepis.twin.report import Sources, Style, render
from krepis.twin.report.markdown import code, plain

MARKER: Final = "<!-- krepis ci -->"
"""The first line of the comment, by which a bot finds its own to update."""

VERSION: Final = 1

_RACES: Final[frozenset[Kind]] = frozenset(
    {"lost-update", "check-then-act", "stale-read", "write-skew", "init-race", "order-violation", "invariant"}
)
_DEADLOCKS: Final[frozenset[Kind]] = frozenset({"deadlock"})
_MAX_LISTED: Final = 10
_MAX_OUTPUT: Final = 1_000  # characters of a failed command in the comment


@dataclass(frozen=True, slots=True)
class Verified:
    """The verification of a change.

    `report` is about the change: what its base has too is in `suppressed`. `base` is the commit that it was compared
    with, "" for none; `fixed` are findings of the base that are gone.
    """

    report: Report
    base: str = ""
    fixed: tuple[Finding, ...] = ()

    @property
    def known(self) -> tuple[Finding, ...]:
        """Findings that are not the change's doing."""
        return tuple(s.finding for s in self.report.suppressed if s.origin == "external")


def headline(verified: Verified) -> str:
    """`verified 105,094 states in 12.3 s: 1 race condition, no deadlocks`."""
    summary = verified.report.summary
    findings = (*verified.report.findings, *verified.known)
    text = f"verified {summary.states:,} states in {summary.seconds:.1f} s: {counted(findings)}"
    return f"{text} ({len(verified.report.findings):,} new)" if verified.base and findings else text


def counted(findings: Iterable[Finding]) -> str:
    """`2 race conditions, no deadlocks, 1 other finding`."""
    kinds = Counter(finding.kind for finding in findings)
    races = sum(kinds[kind] for kind in _RACES)
    deadlocks = sum(kinds[kind] for kind in _DEADLOCKS)
    others = kinds.total() - races - deadlocks
    parts = [_many(races, "race condition"), _many(deadlocks, "deadlock")]
    return ", ".join([*parts, _many(others, "other finding")] if others else parts)


def _many(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number or 'no':{',' if number else ''}} {noun}s"


def comment(steps: Sequence[Step], verified: Verified | None, sources: Sources, version: str) -> str:
    """The comment of a pull request, in GitHub Flavored Markdown: new findings first, then what is known and fixed."""
    good = all(step.status != "failed" for step in steps)
    lines = [MARKER, f"## Krepis: {'passed' if good else 'failed'}", ""]
    if verified:
        lines += [f"**{headline(verified)[0].upper()}{headline(verified)[1:]}.**", ""]
    lines += ["| Step | | Time | |", "| --- | --- | ---: | --- |"]
    lines += [f"| {s.name} | {s.status} | {_time(s)} | {plain(s.detail)} |" for s in steps]
    if verified:
        body = render(verified.report, "markdown", sources, Style(100), version)
        lines += ["", body.split("\n", 2)[2].rstrip("\n"), *_lists(verified)]  # without its title
    for step in steps:
        if step.output:
            shown = step.output[-_MAX_OUTPUT:]
            fence = "`" * (1 + max([2, *map(len, re.findall("`+", shown))]))
            lines += [
                "",
                f"<details><summary>What {step.name} said</summary>",
                "",
                fence,
                shown,
                fence,
                "",
                "</details>",
            ]
    return "\n".join(lines) + "\n"


def _lists(verified: Verified) -> list[str]:
    lines: list[str] = []
    for title, findings in (("Fixed", verified.fixed), ("Known before", verified.known)):
        if findings:
            lines += ["", f"<details><summary>{title}: {len(findings):,}</summary>", ""]
            lines += [f"* {code(f'{f.file}:{f.line}')} {plain(f.message)}" for f in findings[:_MAX_LISTED]]
            lines += [f"* ... and {len(findings) - _MAX_LISTED:,} more"] if len(findings) > _MAX_LISTED else []
            lines += ["", "</details>"]
    return lines


def _time(step: Step) -> str:
    return "" if step.status == "skipped" else f"{step.seconds:.1f} s"


def badge(verified: Verified) -> tuple[str, str]:
    """Message and colour of the badge."""
    findings = (*verified.report.findings, *verified.known)
    if any(finding.severity == "error" for finding in findings):
        return counted(findings), "red"
    if findings:
        return counted(findings), "yellow"
    if verified.report.summary.entry_points == 0:
        return "nothing to verify", "lightgrey"
    return f"verified, {verified.report.summary.states:,} states", "brightgreen"


def badge_svg(verified: Verified) -> str:
    """The badge as a picture."""
    message, colour = badge(verified)
    return str(Badge("krepis", message, default_color=_HEX[colour]).badge_svg_text) + "\n"


def badge_endpoint(verified: Verified) -> str:
    """The badge as https://shields.io/badges/endpoint-badge reads it."""
    message, colour = badge(verified)
    return json.dumps({"schemaVersion": 1, "label": "krepis", "message": message, "color": colour}) + "\n"


_HEX: Final = {"red": "#e05d44", "yellow": "#dfb317", "lightgrey": "#9f9f9f", "brightgreen": "#4c1"}


def as_json(steps: Sequence[Step], verified: Verified | None) -> str:
    """The run, for machines."""
    document: dict[str, Any] = {
        "version": VERSION,
        "passed": all(step.status != "failed" for step in steps),
        "steps": [
            {"name": s.name, "status": s.status, "seconds": round(s.seconds, 3), "detail": s.detail} for s in steps
        ],
    }
    if verified:
        full = to_json(verified.report)
        document |= {
            "base": verified.base or None,
            "summary": full["summary"],
            "new": full["findings"],
            "known": [_reference(finding) for finding in verified.known],
            "fixed": [_reference(finding) for finding in verified.fixed],
        }
    return json.dumps(document, indent=2) + "\n"


def _reference(finding: Finding) -> dict[str, Any]:
    return {key: getattr(finding, key) for key in ("rule", "file", "line", "function", "fingerprint")}


def table(steps: Sequence[Step]) -> str:
    """The steps as text."""
    wide = max((len(step.name) for step in steps), default=0)
    return "".join(f"{s.name:<{wide}}  {s.status:<7}  {_time(s):>8}  {s.detail}\n" for s in steps)
