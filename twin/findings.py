"""What a verification says: findings, notes, a summary, and the report that holds them.

These types mirror the published JSON format one to one: a field's name is its JSON name, and `to_json`
writes exactly those fields in that order. What the format has no place for (suppressed findings, failures,
entry points) lives only on `Report` and is used by the renderers that can show it.

Rules that every producer keeps:

* Lines and columns count from 1, columns in UTF-16 code units, `end_column` is exclusive.
* Files are relative to the current folder, with `/`.
* Strings are plain text in whatever characters the program under test uses; renderers escape them.
* Equal inputs give equal values, except `Summary.seconds`; `Report.sorted` gives the one canonical order.

Deliberately absent: rendering (`krepis.twin.report`), suppression and baselines (`krepis.server`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal, Self, get_args

Kind = Literal[
    "lost-update",
    "check-then-act",
    "stale-read",
    "write-skew",
    "init-race",
    "order-violation",
    "deadlock",
    "lock-leak",
    "floating-promise",
    "invariant",
]
Severity = Literal["error", "warning", "info", "hint"]
Action = Literal["call", "read", "write", "await", "resume", "lock", "unlock", "effect", "return", "throw"]
NoteKind = Literal["bounded", "unsupported", "parse-error", "skipped"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)  # the gravest first

RULES: Final[Mapping[Kind, str]] = {
    "lost-update": "krepis/race/lost-update",
    "check-then-act": "krepis/race/check-then-act",
    "stale-read": "krepis/race/stale-read",
    "write-skew": "krepis/race/write-skew",
    "init-race": "krepis/race/init-race",
    "order-violation": "krepis/race/order-violation",
    "deadlock": "krepis/lock/deadlock",
    "lock-leak": "krepis/lock/lock-leak",
    "floating-promise": "krepis/promise/floating-promise",
    "invariant": "krepis/contract/invariant",
}
"""The stable rule code of each kind."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an interleaving: task `task` ("A", "B", "C"), inside its call `call`, did something.

    The step did `action` to `what`, at `line` of `file`. `value` is what was read, written, returned or
    thrown, as short text; "" when there is nothing to say.
    """

    task: str
    call: str
    file: str
    line: int
    action: Action
    what: str
    value: str


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair, as one imperative line; `verified` when the Twin checked the program with it applied."""

    title: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Code that takes part in an anomaly, as `Finding` gives places, and the shared location that it touches."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    what: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One anomaly, at the line that acts on stale state, with the shortest interleaving found as `steps`.

    `message` is one sentence that says what happens, `why` why it matters, `help` what to do.
    `states` and `traces` count what was explored to find it; `schedule` replays it.
    `read` is what went stale, `act` what relied on it and `rival` what changed it in between, where there are such
    things; repairs start from them. The published JSON leaves them out.
    """

    rule: str
    kind: Kind
    severity: Severity
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    function: str
    message: str
    why: str
    help: str
    steps: tuple[Step, ...]
    states: int
    traces: int
    schedule: str
    fingerprint: str
    fixes: tuple[Fix, ...] = ()
    read: Place | None = None
    act: Place | None = None
    rival: Place | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was not, or not completely, verified, and why."""

    file: str
    line: int
    kind: NoteKind
    message: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of a run. `bounded`, `unsupported` and `parse_errors` count the notes of that kind."""

    files: int = 0
    functions: int = 0
    entry_points: int = 0
    scenarios: int = 0
    states: int = 0
    traces: int = 0
    findings: int = 0
    bounded: int = 0
    unsupported: int = 0
    parse_errors: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A function that was run concurrently with itself and others; one JUnit test case each.

    `acts` names what it was seen to change or cause, run alone: shared state and effects. `states` and `traces`
    count what was explored in all scenarios that it takes part in, `milliseconds` the processor time of that.
    `fails` are the fingerprints of the findings that a call of it shows, and `bounded` says that not all of its
    interleavings were explored; both also where another entry point, which does what this does, was explored for it.
    """

    file: str
    line: int
    name: str
    acts: tuple[str, ...] = ()
    states: int = 0
    traces: int = 0
    milliseconds: int = field(default=0, compare=False)
    fails: tuple[str, ...] = ()
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding that a comment (`in-source`) or a baseline (`external`) silences."""

    finding: Finding
    origin: Literal["in-source", "external"]
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer.

    `notes` say what was not verified. `failures` are inputs that Krepis itself failed on; they make the exit
    status 3. `remarks` are about comments and settings (an unused suppression), not about coverage.
    Failures and remarks are notes of kind "skipped"; the JSON format lists them among its notes.
    """

    summary: Summary
    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()
    failures: tuple[Note, ...] = ()
    remarks: tuple[Note, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()

    def sorted(self) -> Self:
        """The same report in canonical order, with the counts of the summary that follow from its content."""
        notes = tuple(sorted(set(self.notes), key=_note_order))
        findings = tuple(sorted(self.findings, key=finding_order))
        counts = {kind: sum(note.kind == kind for note in notes) for kind in get_args(NoteKind)}
        return replace(
            self,
            findings=findings,
            notes=notes,
            failures=tuple(sorted(set(self.failures), key=_note_order)),
            remarks=tuple(sorted(set(self.remarks), key=_note_order)),
            suppressed=tuple(sorted(self.suppressed, key=lambda s: finding_order(s.finding))),
            entry_points=tuple(sorted(set(self.entry_points), key=lambda e: (e.file, e.line, e.name))),
            summary=replace(
                self.summary,
                findings=len(findings),
                bounded=counts["bounded"],
                unsupported=counts["unsupported"],
                parse_errors=counts["parse-error"],
            ),
        )


def finding_order(finding: Finding) -> tuple[str, int, int, str, str, str]:
    """Sort key: file, place, rule; the fingerprint and the schedule make the order total."""
    return (finding.file, finding.line, finding.column, finding.rule, finding.fingerprint, finding.schedule)


def _note_order(note: Note) -> tuple[str, int, str, str]:
    return (note.file, note.line, note.kind, note.message)


def fingerprint(rule: str, file: str, function: str, acting_text: str, location: str, ordinal: int = 0) -> str:
    """32 hexadecimal digits that name a finding and survive edits elsewhere.

    `file` is relative to the project's root (not to the current folder), `acting_text` the source text of the
    acting line, of which white space is ignored, `location` the state that is raced on (`this.balances[id]`).
    `ordinal` counts, in source order from 0, findings that are otherwise equal. Line numbers play no part.
    """
    parts = (rule, file, function, "".join(acting_text.split()), "".join(location.split()), str(ordinal))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def to_json(report: Report) -> dict[str, Any]:
    """The published JSON form, as plain dictionaries and lists, in the documented field order."""
    ordered = report.sorted()
    notes = sorted({*ordered.notes, *ordered.failures, *ordered.remarks}, key=_note_order)
    return {
        "version": 1,
        "summary": asdict(ordered.summary),
        "findings": [finding_json(finding) for finding in ordered.findings],
        "notes": [asdict(note) for note in notes],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    """One finding in the published JSON form."""
    fields = asdict(finding)
    for place in ("read", "act", "rival"):
        del fields[place]
    return fields | {"steps": list(fields["steps"]), "fixes": list(fields["fixes"])}


def dumps(report: Report) -> str:
    """`to_json` as text: ASCII only (so that no terminal sees a control character), one final newline."""
    return json.dumps(to_json(report), indent=2, allow_nan=False) + "\n"
