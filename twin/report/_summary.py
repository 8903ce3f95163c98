"""One honest sentence about a run: what was verified, what was found, what was left out.

"Verified" stands alone only when nothing was cut off; otherwise the sentence says "Partly verified" and why.
"""

from __future__ import annotations

from collections import Counter

from krepis.twin.findings import SEVERITIES, Report


def count(number: int, noun: str, plural: str = "") -> str:
    """`1 finding`, `2 findings`, `1,204 states`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def coverage(report: Report) -> str:
    """What was explored: the first half of the summary."""
    s = report.summary
    if s.entry_points == 0:
        return f"Nothing to verify: no entry point in {count(s.files, 'file')}."
    verb = "Partly verified" if gaps(report) else "Verified"
    return (
        f"{verb} {count(s.entry_points, 'entry point')} in {count(s.files, 'file')}: "
        f"{count(s.scenarios, 'scenario')}, {count(s.traces, 'interleaving')}, "
        f"{count(s.states, 'state')}, {s.seconds:.1f} s."
    )


def verdict(report: Report) -> str:
    """What was found: the second half of the summary."""
    counts = Counter(finding.severity for finding in report.findings)
    parts = [count(counts[s], s) for s in SEVERITIES if counts[s] and s != "info"]
    parts += [f"{counts['info']:,} info"] if counts["info"] else []
    text = count(len(report.findings), "finding") if report.findings else "No findings"
    text += f" ({', '.join(parts)})" if parts else ""
    origins = Counter(s.origin for s in report.suppressed)
    if origins["in-source"]:
        text += f", {origins['in-source']:,} suppressed by comment"
    if origins["external"]:
        text += f", {origins['external']:,} known from the baseline"
    return text + "."


def gaps(report: Report) -> list[str]:
    """What was not verified, one phrase each; empty when nothing was cut off."""
    kinds = Counter(note.kind for note in report.notes)
    phrases = (
        (kinds["bounded"], "search cut off by a bound", "searches cut off by a bound"),
        (kinds["unsupported"], "construct outside the model", "constructs outside the model"),
        (kinds["parse-error"], "syntax error", "syntax errors"),
        (kinds["skipped"], "skipped input", "skipped inputs"),
        (len(report.failures), "internal failure", "internal failures"),
    )
    return [count(number, one, many) for number, one, many in phrases if number]


def summary_text(report: Report) -> str:
    """The whole sentence, in one line."""
    left_out = gaps(report)
    return " ".join(
        [coverage(report), verdict(report), *([f"Not covered: {'; '.join(left_out)}."] if left_out else [])]
    )
