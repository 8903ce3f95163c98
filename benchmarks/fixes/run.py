"""Measures verified fixes: the share of findings, and of racy programs, for which at least one is offered.

usage: run.py MANIFEST... [--only TEXT] [--jobs N] [--limit N] [--show] [--out FOLDER]

A manifest lists racy programs, as `tests/conformance/cases/part1/manifest.json` does. Findings are those of severity
error and warning. A program counts as fixed when a finding that is expected in it has a fix. `--show` prints the best
fix of each finding as a diff; `--out` writes every program before and after each fix, for `check_types.py`.
"""

from __future__ import annotations

import argparse
import difflib
import json
import multiprocessing
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from krepis.twin.findings import KINDS, Finding
from krepis.twin.fixes import Repair, edited, verified
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify

HINTS = re.compile(r"[ \t]*// RACE: .*$|^// (?:source|pattern):.*$", re.M)


@dataclass(frozen=True)
class Outcome:
    """A program, its findings with the fixes of each, and which of them were expected."""

    case: str
    findings: tuple[tuple[Finding, tuple[Repair, ...], bool], ...]
    programs: tuple[tuple[str, dict[str, str]], ...]
    seconds: float

    def __str__(self) -> str:
        lines = [f"{self.case}: {self.seconds:.1f} s" + ("" if self.findings else ", no finding")]
        for finding, repairs, wanted in self.findings:
            what = ", ".join(dict.fromkeys(r.kind for r in repairs)) or "NO FIX"
            lines.append(f"  {finding.kind} {finding.file}:{finding.line}{'' if wanted else ' (extra)'}: {what}")
        return "\n".join(lines)


def run(work: tuple[Path, dict[str, Any], int]) -> Outcome:
    """Verify a program and look for the fixes of its findings."""
    root, case, limit = work
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files, names = _files(root, case, folder)
        options = Options(root=folder, jobs=1, time_limit_s=60.0)
        found: list[tuple[Finding, tuple[Repair, ...], bool]] = []
        programs = [("before", {f.path: f.text or "" for f in files})]
        for finding in verify(files, options).findings:
            if finding.severity not in ("error", "warning"):
                continue
            repairs = verified(finding, files, options, limit=limit)
            found.append((finding, repairs, _expected(case, names[finding.file], finding)))
            for repair in repairs:
                after = edited(files, repair)
                assert after is not None
                programs.append((repair.title, {f.path: f.text or "" for f in after}))
        return Outcome(case["id"], tuple(found), tuple(programs), time.monotonic() - started)


def _files(root: Path, case: dict[str, Any], folder: Path) -> tuple[list[SourceFile], dict[str, str]]:
    """The files of a case, copied without the marks that say where the race is."""
    top = Path(case["files"][0]).parent
    files, names = [], {}
    for name in case["files"]:
        relative = Path(name).relative_to(top) if len(case["files"]) > 1 else Path(Path(name).name)
        target = folder / "src" / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        text = HINTS.sub("", (root / name).read_text(encoding="utf-8"))
        target.write_text(text, encoding="utf-8")
        shown = f"src/{relative.as_posix()}"
        names[shown] = name
        if target.suffix in (".ts", ".tsx"):
            files.append(SourceFile(shown, target, text))
    return files, names


def _expected(case: dict[str, Any], name: str, finding: Finding) -> bool:
    return any(
        e["file"] == name
        and e["function_span"][0] <= finding.line <= e["function_span"][1]
        and finding.kind in case["accept_kinds"]
        for e in case["expected"]
    )


def diffs(outcome: Outcome) -> Iterator[str]:
    """What the fixes of a program change."""
    before = outcome.programs[0][1]
    for title, after in outcome.programs[1:]:
        yield f"--- {outcome.case}: {title}"
        for path, text in after.items():
            lines = difflib.unified_diff(before[path].splitlines(), text.splitlines(), lineterm="", n=2)
            yield from list(lines)[2:]


def table(outcomes: list[tuple[str, Outcome]]) -> Iterator[str]:
    """Findings with a fix by set and kind, in Markdown."""
    total: Counter[tuple[str, str]] = Counter()
    fixed: Counter[tuple[str, str]] = Counter()
    best: Counter[str] = Counter()
    for group, outcome in outcomes:
        for finding, repairs, _ in outcome.findings:
            for key in ((group, "all"), ("all", finding.kind), ("all", "all")):
                total[key] += 1
                fixed[key] += bool(repairs)
            best[repairs[0].kind if repairs else "none"] += 1
        if any(wanted for _, _, wanted in outcome.findings):
            total[group, "cases"] += 1
            fixed[group, "cases"] += any(repairs and wanted for _, repairs, wanted in outcome.findings)
    yield from ("| set | programs with a fix | findings with a fix |", "|---|---:|---:|")
    for group in dict.fromkeys(group for group, _ in outcomes):
        cases, findings = (group, "cases"), (group, "all")
        yield f"| {group} | {fixed[cases]} of {total[cases]} | {fixed[findings]} of {total[findings]} |"
    yield from ("", "| kind | findings with a fix |", "|---|---:|")
    for kind in (*KINDS, "all"):
        if total["all", kind]:
            yield f"| {kind} | {fixed['all', kind]} of {total['all', kind]} |"
    yield from ("", "The fix offered first: " + ", ".join(f"{kind} {n}" for kind, n in best.most_common()) + ".")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifests", type=Path, nargs="+")
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--limit", type=int, default=3)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    work: list[tuple[str, tuple[Path, dict[str, Any], int]]] = []
    for manifest in options.manifests:
        for case in json.loads(manifest.read_text(encoding="utf-8"))["cases"]:
            if case["label"] == "racy" and re.search(options.only, case["id"]):
                work.append((manifest.parent.name, (manifest.parent, case, options.limit)))
    outcomes: list[tuple[str, Outcome]] = []
    with multiprocessing.Pool(options.jobs) as pool:
        results = pool.imap(run, [w for _, w in work])
        for (group, _), outcome in zip(work, results, strict=True):
            outcomes.append((group, outcome))
            print(outcome, flush=True)
            if options.show:
                print(*diffs(outcome), sep="\n")
            if options.out:
                _write(options.out / group / outcome.case.replace("/", "-"), outcome)
    print("", *table(outcomes), sep="\n")


def _write(folder: Path, outcome: Outcome) -> None:
    for n, (_, files) in enumerate(outcome.programs):
        for path, text in files.items():
            target = folder / (f"fix{n}" if n else "before") / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
