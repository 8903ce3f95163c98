"""Baselines: findings that a project knows and accepts for now, so that only new ones fail a build.

A baseline is a JSON file that is committed with the code. It names findings by fingerprint, which survives
edits elsewhere; the other fields are for people who review it. A known finding that no longer occurs is
said, so that the file can shrink. Writing is separate from reading: verifying never changes the file by
itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from krepis.twin.findings import Finding, Note, Report, Suppressed, finding_order

VERSION: Final = 1


class BaselineError(ValueError):
    """The file is not a baseline; the message is for the user."""


def read_baseline(file: Path) -> Mapping[str, str]:
    """The file (as reports named it) of each known finding, by fingerprint. Raises BaselineError."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BaselineError(f"cannot read the baseline {str(file)!r}: {error.strerror}") from error
    except ValueError as error:
        raise BaselineError(f"the baseline {str(file)!r} is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise BaselineError(f"the baseline {str(file)!r} is not of version {VERSION}; write it again")
    entries = document.get("findings")
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        raise BaselineError(f"the baseline {str(file)!r} has an entry without fingerprint and file")
    return {entry["fingerprint"]: entry["file"] for entry in entries}


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in ("fingerprint", "file"))


def write_baseline(findings: Iterable[Finding]) -> str:
    """The text of a baseline that knows `findings`."""
    entries = [
        {key: getattr(f, key) for key in ("fingerprint", "rule", "file", "function", "message")}
        for f in sorted(findings, key=finding_order)
    ]
    return json.dumps({"version": VERSION, "findings": entries}, indent=2) + "\n"


def apply_baseline(report: Report, known: Mapping[str, str], name: str, verified: frozenset[str]) -> Report:
    """`report` with the known findings moved to `suppressed`.

    `name` is the baseline as notes call it; `verified` the files of this run: known findings elsewhere may
    well still occur.
    """
    kept = tuple(f for f in report.findings if f.fingerprint not in known)
    silenced = tuple(Suppressed(f, "external", f"known from {name}") for f in report.findings if f.fingerprint in known)
    occurring = {f.fingerprint for f in report.findings} | {s.finding.fingerprint for s in report.suppressed}
    gone = sum(file in verified and fingerprint not in occurring for fingerprint, file in known.items())
    remarks = report.remarks
    if gone:
        text = f"Known findings that no longer occur: {gone}. --write-baseline drops them."
        remarks += (Note(name, 1, "skipped", text),)
    return replace(report, findings=kept, suppressed=report.suppressed + silenced, remarks=remarks)
