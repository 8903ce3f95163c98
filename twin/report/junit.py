"""JUnit XML, as continuous integration services read it: one suite per file, one case per entry point.

A finding of severity error or warning fails the case of its function (which need not be an entry point
itself); others are its output. What Krepis failed on is a case with an error; other notes are the output of
the suite. There is no standard, so this keeps to what Jenkins, GitLab and GitHub actions agree on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree as ET

from krepis.twin.findings import Finding, Report
from krepis.twin.report._escape import visible
from krepis.twin.report._frame import Sources
from krepis.twin.report._summary import summary_text
from krepis.twin.report.text import Style, finding_lines

_STYLE: Final = Style(width=100)
_FAILING: Final = frozenset({"error", "warning"})


def render(report: Report, sources: Sources) -> str:
    """The document; one final newline."""
    ordered = report.sorted()
    by_case: dict[tuple[str, str], list[Finding]] = {(e.file, e.name): [] for e in ordered.entry_points}
    for finding in ordered.findings:
        by_case.setdefault((finding.file, finding.function), []).append(finding)
    noted = [*ordered.notes, *ordered.failures, *ordered.remarks]
    root = ET.Element("testsuites", name="krepis verify", time=f"{ordered.summary.seconds:.3f}")
    for file in sorted({file for file, _ in by_case} | {note.file for note in noted}):
        suite = ET.SubElement(root, "testsuite", name=visible(file))
        for (where, function), findings in by_case.items():
            if where == file:
                _case(suite, file, function, findings, sources)
        for failure in ordered.failures:
            if failure.file == file:
                case = ET.SubElement(suite, "testcase", classname=visible(file), name="krepis")
                ET.SubElement(case, "error", message=visible(failure.message), type="failure")
        notes = [n for n in (*ordered.notes, *ordered.remarks) if n.file == file]
        _output(suite, (f"{n.file}:{n.line}: {n.kind}: {n.message}" for n in notes))
        _count(suite, [suite])
    _output(root, [summary_text(ordered)])
    _count(root, root.findall("testsuite"))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, file: str, function: str, findings: list[Finding], sources: Sources) -> None:
    case = ET.SubElement(suite, "testcase", classname=visible(file), name=visible(function), file=visible(file))
    for finding in findings:
        body = "\n".join(line.rstrip() for line in finding_lines(finding, sources, _STYLE))
        if finding.severity in _FAILING:
            attributes = {"message": visible(finding.message), "type": visible(finding.rule)}
            ET.SubElement(case, "failure", attributes).text = body
        else:
            ET.SubElement(case, "system-out").text = body


def _output(parent: ET.Element, lines: Iterable[str]) -> None:
    text = "\n".join(map(visible, lines))
    if text:
        ET.SubElement(parent, "system-out").text = text


def _count(element: ET.Element, suites: list[ET.Element]) -> None:
    cases = [case for suite in suites for case in suite.findall("testcase")]
    element.set("tests", str(len(cases)))
    element.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    element.set("errors", str(sum(case.find("error") is not None for case in cases)))
