"""The status of entry points: what the last verification said of each, and whether that still holds.

A verdict belongs to an entry point when one of the finding's tasks is a call of it, or of the one in which it does
all that matters. `shown_status` adds what is happening now; an old verdict is never shown as a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from krepis.twin.findings import Finding, Kind, Report

Verdict = Literal["verified", "failed", "bounded"]

_CONSEQUENCES: dict[Kind, tuple[str, str]] = {
    "lost-update": ("loses an update", "lose an update"),
    "check-then-act": ("acts on a stale check", "act on a stale check"),
    "stale-read": ("uses a stale value", "use a stale value"),
    "write-skew": ("breaks a rule together", "break a rule together"),
    "init-race": ("initialises twice", "initialise twice"),
    "order-violation": ("runs in the wrong order", "run in the wrong order"),
    "deadlock": ("deadlocks", "deadlock"),
    "lock-leak": ("leaks a lock", "leak a lock"),
    "floating-promise": ("leaves a promise floating", "leave a promise floating"),
    "invariant": ("breaks an invariant", "break an invariant"),
}


@dataclass(frozen=True, slots=True)
class EntryStatus:
    """An entry point and its verdict; the figures are None where they are not known."""

    file: str
    line: int
    name: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    states: int | None = None
    traces: int | None = None
    milliseconds: int | None = None


def entries_of(report: Report) -> tuple[EntryStatus, ...]:
    """The entry points of a report with their verdicts."""
    entries = []
    for entry in report.entry_points:
        findings = tuple(f for f in report.findings if f.fingerprint in entry.fails) if entry.fails else ()
        verdict: Verdict = "failed" if findings else "bounded" if entry.bounded else "verified"
        figures = (entry.states, entry.traces, entry.milliseconds) if entry.traces else (None, None, None)
        entries.append(EntryStatus(entry.file, entry.line, entry.name, verdict, findings, *figures))
    return tuple(entries)


def title(entry: EntryStatus) -> str:
    """A verdict in a few words: `verified · 1,204 states`, `2 interleavings lose an update`."""
    if entry.findings:
        return _title_of_findings(entry.findings)
    figure = f" · {entry.states:,} states" if entry.states else ""
    if entry.verdict == "bounded":
        return f"no interleaving fails within the bounds{figure}"
    return f"verified{figure}"


def _title_of_findings(findings: tuple[Finding, ...]) -> str:
    kinds = {finding.kind for finding in findings}
    number = len(findings)
    if len(kinds) > 1:
        return f"{number} interleavings fail"
    one, many = _CONSEQUENCES[findings[0].kind]
    return f"1 interleaving {one}" if number == 1 else f"{number} interleavings {many}"
