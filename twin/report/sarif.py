"""SARIF 2.1.0 (OASIS, errata 01), as code scanning services read it.

An interleaving is one code flow with one thread flow per task; `executionOrder` restores the order in time.
Known and suppressed findings stay in the log with their suppressions. Notes are notifications of the
invocation, so "no results" cannot be taken for "verified". Deliberately absent: `fixes`, which need edits
and not only a title (titles are properties), and absolute paths, which would differ between machines.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from krepis.twin.findings import Finding, Note, Report, Severity, Step, Suppressed
from krepis.twin.report._escape import visible
from krepis.twin.report._summary import coverage
from krepis.twin.report._timeline import phrase, roles_of, tasks_of
from krepis.twin.report.rules import HOME, RULE_OF, Rule

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final[dict[Severity, str]] = {"error": "error", "warning": "warning", "info": "note", "hint": "note"}
_RULES: Final = tuple(RULE_OF.values())


def render(report: Report, version: str) -> str:
    """The log; ASCII, one final newline. `version` is that of Krepis."""
    ordered = report.sorted()
    results = [_result(finding) for finding in ordered.findings]
    results += [_result(s.finding) | {"suppressions": [_suppression(s)]} for s in ordered.suppressed]
    run = {
        "tool": {
            "driver": {
                "name": "Krepis",
                "version": version,
                "informationUri": HOME,
                "rules": [_rule(rule) for rule in _RULES],
            }
        },
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The folder that Krepis ran in."}}},
        "invocations": [
            {
                "executionSuccessful": not ordered.failures,
                "toolExecutionNotifications": [
                    *(_notification(note, "error") for note in ordered.failures),
                    *(_notification(note, "warning") for note in ordered.notes),
                ],
                "toolConfigurationNotifications": [_notification(n, "note") for n in ordered.remarks],
            }
        ],
        "results": results,
        "properties": {"coverage": coverage(ordered)},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, Any]:
    text = f"{rule.what} {rule.why}\n\n{rule.remedy}"
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.kind.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.what},
        "help": {"text": text, "markdown": f"{text}\n\n[More about {rule.kind}]({rule.help_uri})"},
        "helpUri": rule.help_uri,
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["concurrency", "correctness"], "precision": "high"},
    }


def _result(finding: Finding) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": RULE_OF[finding.kind].code,
        "ruleIndex": _RULES.index(RULE_OF[finding.kind]),
        "kind": "fail",
        "level": _LEVELS[finding.severity],
        "message": {"text": " ".join(visible(t) for t in (finding.message, finding.why, finding.help) if t)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(finding.file),
                    "region": {
                        "startLine": finding.line,
                        "startColumn": finding.column,
                        "endLine": finding.end_line,
                        "endColumn": finding.end_column,
                    },
                },
                "logicalLocations": [{"fullyQualifiedName": visible(finding.function), "kind": "function"}],
            }
        ],
        "partialFingerprints": {"krepis/v1": visible(finding.fingerprint)},
        "properties": {
            "kind": finding.kind,
            "states": finding.states,
            "traces": finding.traces,
            "schedule": visible(finding.schedule),
            "fixes": [{"title": visible(fix.title), "verified": fix.verified} for fix in finding.fixes],
        },
    }
    if finding.steps:
        result["codeFlows"] = [_code_flow(finding)]
        result["relatedLocations"] = _related(finding)
    return result


def _code_flow(finding: Finding) -> dict[str, Any]:
    roles = roles_of(finding)
    decisive = {roles.stale_read, roles.foreign_write, roles.act}
    return {
        "message": {"text": "One interleaving that shows it."},
        "threadFlows": [
            {
                "id": visible(task.name),
                "message": {"text": visible(f"{task.name}: {task.call}")},
                "locations": [
                    {
                        "location": _location(step),
                        "executionOrder": index + 1,
                        "importance": "essential" if index in decisive else "important",
                        "kinds": [step.action],
                    }
                    for index, step in enumerate(finding.steps)
                    if step.task == task.name
                ],
            }
            for task in tasks_of(finding.steps)
        ],
    }


def _related(finding: Finding) -> Sequence[dict[str, Any]]:
    roles = roles_of(finding)
    indices = [i for i in (roles.stale_read, roles.foreign_write) if i is not None]
    return [{"id": i + 1, **_location(finding.steps[i])} for i in indices]


def _location(step: Step) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(step.file),
            "region": {"startLine": step.line},
        },
        "message": {"text": visible(f"{step.task} {phrase(step)}")},
    }


def _artifact(file: str) -> dict[str, str]:
    """A relative reference (RFC 3986, 4.2): every byte that is not unreserved is percent-encoded."""
    return {"uri": quote(file.encode("utf-8", "surrogatepass")), "uriBaseId": "SRCROOT"}


def _notification(note: Note, level: str) -> dict[str, Any]:
    return {
        "level": level,
        "message": {"text": visible(f"{note.kind}: {note.message}")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(note.file),
                    "region": {"startLine": max(note.line, 1)},
                }
            }
        ],
    }


def _suppression(suppressed: Suppressed) -> dict[str, str]:
    kind = "inSource" if suppressed.origin == "in-source" else "external"
    return {"kind": kind, "status": "accepted", "justification": visible(suppressed.reason)}
