"""The interleaving as people read it: who ran when, and which steps make the anomaly.

A race has three decisive steps: a task reads state (*stale read*), another task writes it (*foreign
write*), and the first acts on what it read (*stale act*). Findings do not carry these roles, they follow
from the steps: the act is the step of the finding's own line, the foreign write the last write of another
task before the act takes effect, the stale read the acting task's last read before that, of the same state
where there is one. An act that is a call takes effect with the first change that its task makes from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from krepis.twin.findings import Action, Finding, Kind, Step

_RACES: Final[frozenset[Kind]] = frozenset(
    {"lost-update", "check-then-act", "stale-read", "write-skew", "init-race", "order-violation"}
)
_MAX_TEXT: Final = 160
_CHANGES: Final[frozenset[Action]] = frozenset({"write", "effect"})
_VERBS: Final[dict[Action, str]] = {
    "call": "calls",
    "read": "reads",
    "write": "writes",
    "await": "awaits",
    "resume": "resumes after",
    "lock": "locks",
    "unlock": "unlocks",
    "effect": "does",
    "return": "returns",
    "throw": "throws",
}


@dataclass(frozen=True, slots=True)
class Task:
    """A column of the interleaving: its letter and the call that it runs."""

    name: str
    call: str


@dataclass(frozen=True, slots=True)
class Roles:
    """Indices into the steps; None where the anomaly has no such step."""

    stale_read: int | None = None
    foreign_write: int | None = None
    act: int | None = None


def tasks_of(steps: Sequence[Step]) -> list[Task]:
    """The tasks by name, each with the first call that its steps mention."""
    calls: dict[str, str] = {}
    for step in steps:
        if not calls.get(step.task):
            calls[step.task] = step.call
    return [Task(name, calls[name]) for name in sorted(calls)]


def roles_of(finding: Finding) -> Roles:
    """The decisive steps of `finding`; only `act` for anomalies that are not races."""
    steps = finding.steps
    act = _acting_step(finding)
    if act is None or finding.kind not in _RACES:
        return Roles(act=act)
    mine = steps[act].task
    effect = next((i for i in range(act, len(steps)) if steps[i].task == mine and steps[i].action in _CHANGES), act)
    writes = [i for i in range(effect) if steps[i].task != mine and steps[i].action in _CHANGES]
    reads = [i for i in range(act) if steps[i].task == mine and steps[i].action == "read"]
    pairs = [(read, write) for write in reversed(writes) for read in reversed(reads) if read < write]
    same = [(read, write) for read, write in pairs if steps[read].what == steps[write].what]
    if not pairs:
        return Roles(act=act)
    stale_read, foreign_write = (same or pairs)[0]
    return Roles(stale_read, foreign_write, act)


def _acting_step(finding: Finding) -> int | None:
    here = [
        i
        for i, step in enumerate(finding.steps)
        if step.file == finding.file and finding.line <= step.line <= finding.end_line
    ]
    changes = [i for i in here if finding.steps[i].action in _CHANGES]
    return max(changes or here, default=None)


def shortened(text: str) -> str:
    """At most `_MAX_TEXT` characters of an expression, which may be as long as a minified file."""
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def verb_of(step: Step) -> str:
    """The step's action in the third person: `reads`."""
    return _VERBS[step.action]


def phrase(step: Step) -> str:
    """What the step did, without its task: `reads this.total = t0`, `awaits lock (held by B)`."""
    what, value = shortened(step.what), shortened(step.value)
    parts = [_VERBS[step.action], what]
    if value:
        if step.action in {"read", "write"}:
            parts.append(f"= {value}")
        elif step.action in {"return", "throw"}:
            parts[1] = value
        else:
            parts.append(f"({value})")
    return " ".join(part for part in parts if part)


def place(step: Step, home: str) -> str:
    """The step's line, with the name of the file when it is not `home`; who points at it is told the folder."""
    return str(step.line) if step.file == home else f"{step.file.rsplit('/', 1)[-1]}:{step.line}"
