"""What verification found over time: a record per commit, in a file or on a branch of its own.

A record has the findings that were there, by fingerprint. What was found, fixed and suppressed follows from one record
to the next, so a record that is written again changes nothing else. The file is JSON, one line a record; on a branch,
it is the only file, and nobody's work tree is touched.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Protocol

from krepis.server.ci.base import BaseError, git
from krepis.server.ci.summary import Verified

FILE: Final = "history.jsonl"
_BRANCH: Final = "branch:"
_NAME: Final = "Krepis"


class HistoryError(ValueError):
    """The history cannot be read or written; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """A verification of `commit` at `time` (ISO 8601). Findings are rules by fingerprint."""

    commit: str
    time: str
    open: Mapping[str, str]
    suppressed: Mapping[str, str]
    states: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened to the findings of a rule from the first record to the last, and how many are there now."""

    found: int = 0
    fixed: int = 0
    suppressed: int = 0
    open: int = 0


class Place(Protocol):
    """Where a history is kept."""

    def read(self) -> str: ...
    def write(self, text: str, message: str) -> None: ...


@dataclass(frozen=True, slots=True)
class InFile:
    path: Path

    def read(self) -> str:
        try:
            return self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise HistoryError(f"{self.path} cannot be read: {error}") from error

    def write(self, text: str, message: str) -> None:
        try:
            self.path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise HistoryError(f"{self.path} cannot be written: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class OnBranch:
    """The file on a branch of the repository around `folder`."""

    folder: Path
    branch: str

    def _tip(self) -> str:
        """The commit, here or where it was fetched from; "" when there is none."""
        for ref in (f"refs/heads/{self.branch}", f"refs/remotes/origin/{self.branch}"):
            found = git(self.folder, "for-each-ref", "--format=%(objectname)", ref, problem="Git has no references")
            if found:
                return found
        return ""

    def read(self) -> str:
        try:
            tip = self._tip()
            problem = f"the branch {self.branch} has no {FILE}: is it another one?"
            return git(self.folder, "show", f"{tip}:{FILE}", problem=problem) + "\n" if tip else ""
        except BaseError as error:
            raise HistoryError(str(error)) from error

    def write(self, text: str, message: str) -> None:
        problem = f"the branch {self.branch} cannot be written"
        try:
            tip = self._tip()
            blob = git(self.folder, "hash-object", "-w", "--stdin", problem=problem, text=text)
            tree = git(self.folder, "mktree", problem=problem, text=f"100644 blob {blob}\t{FILE}\n")
            parents = ("-p", tip) if tip else ()
            who = ("-c", f"user.name={_NAME}", "-c", "user.email=krepis@localhost")
            commit = git(self.folder, *who, "commit-tree", tree, *parents, "-m", message, problem=problem)
            git(self.folder, "update-ref", f"refs/heads/{self.branch}", commit, problem=problem)
        except BaseError as error:
            raise HistoryError(str(error)) from error


def place_of(name: str, folder: Path) -> Place:
    """A file, or `branch:NAME`."""
    if name.startswith(_BRANCH):
        branch = name.removeprefix(_BRANCH)
        try:
            git(folder, "check-ref-format", "--branch", branch, problem=f"{branch!r} is no name of a branch")
        except BaseError as error:
            raise HistoryError(str(error)) from error
        return OnBranch(folder, branch)
    return InFile(folder / name)


def record_of(verified: Verified, commit: str, time: str) -> Record:
    """What a verification found; what the base has too is open all the same."""
    known = verified.known if verified.base else ()
    silent = [s.finding for s in verified.report.suppressed if s.finding not in known]
    summary = verified.report.summary
    return Record(
        commit, time, {f.fingerprint: f.rule for f in (*verified.report.findings, *known)},
        {f.fingerprint: f.rule for f in silent}, summary.states, summary.seconds,
    )  # fmt: skip


def read(place: Place) -> tuple[Record, ...]:
    """The records, the oldest first. Raises HistoryError."""
    records = []
    for number, line in enumerate(place.read().splitlines(), 1):
        try:
            records.append(Record(**json.loads(line)))
        except (ValueError, TypeError) as error:
            raise HistoryError(f"line {number} of the history is no record: {error}") from error
    return tuple(records)


def add(place: Place, record: Record) -> None:
    """Adds a record, in the place of one of the same commit. Raises HistoryError."""
    kept = [one for one in read(place) if one.commit != record.commit]
    text = "".join(json.dumps(asdict(one)) + "\n" for one in (*kept, record))
    place.write(text, f"krepis ci of {record.commit[:12]}")


def statistics(records: Sequence[Record]) -> Mapping[str, Counts]:
    """By rule. What the first record has counts as found; what is silenced later as suppressed, not as fixed."""
    found: Counter[str] = Counter()
    fixed: Counter[str] = Counter()
    silenced: Counter[str] = Counter()
    before: Mapping[str, str] = {}
    silent: Mapping[str, str] = {}
    for record in records:
        found.update(rule for key, rule in record.open.items() if key not in before and key not in silent)
        found.update(rule for key, rule in record.suppressed.items() if key not in before and key not in silent)
        gone = (rule for key, rule in before.items() if key not in record.open and key not in record.suppressed)
        fixed.update(gone)
        silenced.update(rule for key, rule in record.suppressed.items() if key not in silent)
        before, silent = record.open, record.suppressed
    still = Counter(before.values())
    rules = sorted({*found, *fixed, *silenced})
    return {rule: Counts(found[rule], fixed[rule], silenced[rule], still[rule]) for rule in rules}
