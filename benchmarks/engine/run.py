"""`python benchmarks/engine/run.py`: Krepis, SPIN, Rumur and TLC side by side on the same models.

Every tool that is installed searches each model completely, several times. The runs are interleaved (each
round runs every tool once, in rotating order), so that a disturbance of the machine hits all alike; medians
are reported with the least and the greatest. Each run's states and transitions are compared with the known
counts, and a run of an exact tool that differs ends the benchmark with status 1. `--json` and `--markdown`
name files for the results; stdout gets the Markdown in any case.

    run.py [--models U(4,4) L(5,14)] [--rounds 5] [--tools NAME ...] [--json FILE] [--markdown FILE]
    run.py --check       counts, threads, optimal DPOR and L(5,15): right or wrong, with the times

Speed is distinct states per second of search: the time of the tool's own clock where it prints hundredths of
a second (Krepis, SPIN), otherwise of the whole process (Rumur, TLC; the table has both). Memory per state is
the peak of the process, which for Krepis includes the Python interpreter, and for TLC a heap that grows as
far as it may.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from models import ANCHORS, Model, expected_states
from peers import TOOLS, Prepared, Run, Tool, run

HERE = Path(__file__).parent
SLOW_S = 60.0
"""A tool that needs longer for a model is run once on it and not again."""


def krepis_version() -> str:
    """The package's version and the commit that is checked out."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    ).stdout.strip()
    return f"Krepis {commit or 'without a commit'}, Python {platform.python_version()}"


def _parse_krepis(output: str) -> tuple[int, int, float | None]:
    result = json.loads(output)
    if not result["complete"]:
        raise RuntimeError(f"Krepis's search is incomplete: {output}")
    return result["states"], result["transitions"], result["seconds"]


def krepis(threads: int) -> Tool:
    """Krepis's stateful search with so many threads, in a process of its own."""

    def prepare(model: Model, folder: Path) -> Prepared:
        arguments = [model.kind, str(model.n), str(model.k), "--threads", str(threads)]
        command = (sys.executable, str(HERE / "krepis_search.py"), *arguments)
        return Prepared(command, folder, _parse_krepis, ())

    return Tool("Krepis" if threads == 1 else f"Krepis, {threads} threads", krepis_version, prepare)


@dataclass(frozen=True, slots=True)
class Row:
    """All runs of one tool on one model, with what was run."""

    model: str
    tool: str
    version: str
    exact: bool
    preparation: tuple[str, ...]
    command: str
    runs: tuple[Run, ...]

    @property
    def rate(self) -> float:
        """Median states per second."""
        return median(r.states / r.search_s for r in self.runs)


def machine() -> str:
    """Processor, cores and system of this machine."""
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{cpu}, {os.cpu_count()} cores, {memory_gib:.0f} GiB, {platform.system()} {platform.release()}"


def parse_model(text: str) -> Model:
    """`U(4,4)` as a model. Raises ValueError for anything else."""
    match = re.fullmatch(r"([UL])\((\d+),(\d+)\)", text)
    if match is None:
        raise ValueError(f"not a model: {text}; write U(N,K) or L(N,K)")
    return Model("U" if match[1] == "U" else "L", int(match[2]), int(match[3]))


def disagreement(model: Model, tool: Tool, measured: Run) -> str | None:
    """What is wrong with the counts of a run, or None."""
    states = expected_states(model)
    transitions = ANCHORS[model][1] if model in ANCHORS else None
    wrong = states not in (None, measured.states) or transitions not in (None, measured.transitions)
    if not wrong:
        return None
    return (
        f"{tool.name} on {model.name}: {measured.states} states, {measured.transitions} transitions, "
        f"expected {states} and {transitions}"
    )


def compare(models: Sequence[Model], tools: Sequence[Tool], rounds: int) -> tuple[list[Row], list[str]]:
    """Run all tools on all models: the rows, and what disagrees with the known counts."""
    rows: list[Row] = []
    wrong: list[str] = []
    for model in models:
        with tempfile.TemporaryDirectory() as scratch:
            prepared = {}
            for tool in tools:
                folder = Path(scratch) / re.sub(r"\W+", "-", tool.name)
                folder.mkdir()
                prepared[tool.name] = tool.prepare(model, folder)
            runs: dict[str, list[Run]] = {tool.name: [] for tool in tools}
            for turn in range(rounds):
                for tool in (*tools[turn % len(tools) :], *tools[: turn % len(tools)]):
                    if any(earlier.wall_s > SLOW_S for earlier in runs[tool.name]):
                        continue
                    measured = run(prepared[tool.name])
                    runs[tool.name].append(measured)
                    print(
                        f"{model.name} {turn + 1}/{rounds} {tool.name}: {measured.states:,} states "
                        f"in {measured.search_s:.2f} s",
                        file=sys.stderr,
                    )
                    problem = disagreement(model, tool, measured)
                    if problem is not None and tool.exact:
                        wrong.append(problem)
            rows += [
                Row(
                    model.name,
                    tool.name,
                    tool.version() or "",
                    tool.exact,
                    prepared[tool.name].preparation,
                    " ".join(
                        re.sub(
                            r"^/(?:\S+/)+(?=java$|python[\d.]*$|tla2tools\.jar$)",
                            "",
                            part.replace(str(HERE), "benchmarks/engine"),
                        )
                        for part in prepared[tool.name].command
                    ),
                    tuple(runs[tool.name]),
                )
                for tool in tools
            ]
    return rows, wrong


def _spread(values: Sequence[float], digits: int) -> str:
    return f"{median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def markdown(rows: Sequence[Row]) -> str:
    """The results as a Markdown section: the machine, one table per model, versions and commands."""
    lines = [f"Machine: {machine()}.", ""]
    for name in dict.fromkeys(row.model for row in rows):
        of_model = [row for row in rows if row.model == name]
        base = next((row.rate for row in of_model if row.tool == "SPIN"), None)
        lines += [
            f"### {name}",
            "",
            "| tool | states | transitions | M states/s | to SPIN | search s | process s | runs | B/state |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
        ]
        for row in sorted(of_model, key=lambda row: -row.rate):
            first = row.runs[0]
            counts = [
                f"{first.states:,}" + ("" if row.exact else " (loses states)"),
                f"{first.transitions:,}",
            ]
            lines.append(
                f"| {row.tool} | {counts[0]} | {counts[1]} "
                f"| {_spread([r.states / r.search_s / 1e6 for r in row.runs], 2)} "
                f"| {'' if base is None else f'{row.rate / base:.2f}'} "
                f"| {_spread([r.search_s for r in row.runs], 2)} "
                f"| {_spread([r.wall_s for r in row.runs], 2)} | {len(row.runs)} "
                f"| {median(r.peak_bytes / r.states for r in row.runs):.0f} |"
            )
        lines.append("")
    lines += [
        "Medians of interleaved runs, with the least and the greatest. Preparation is not timed.",
        "",
        "```",
    ]
    for row in {row.tool: row for row in rows}.values():
        lines += [f"{row.tool}: {row.version}", *(f"  {c}" for c in row.preparation), f"  {row.command}"]
    return "\n".join([*lines, "```", ""])


def main(arguments: Sequence[str]) -> int:
    """The command. Returns 0, or 1 where a count is wrong."""
    peers = {tool.name: tool for tool in (krepis(1), krepis(2), *TOOLS)}
    parser = argparse.ArgumentParser(prog="run.py", description="Compare model checkers on U(N,K) and L(N,K).")
    parser.add_argument("--models", nargs="+", default=["U(4,4)", "L(5,14)"], metavar="MODEL")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tools", nargs="+", default=list(peers), choices=list(peers))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    parser.add_argument("--check", action="store_true", help="check counts instead of comparing tools")
    options = parser.parse_args(arguments)
    if options.check:
        from check import check

        return check()
    chosen = [peers[name] for name in options.tools]
    installed = [tool for tool in chosen if tool.version() is not None]
    for tool in chosen:
        if tool not in installed:
            print(f"{tool.name} is not installed", file=sys.stderr)
    rows, wrong = compare([parse_model(text) for text in options.models], installed, max(1, options.rounds))
    report = markdown(rows)
    print(report)
    if options.markdown is not None:
        options.markdown.write_text(report, encoding="utf-8")
    if options.json is not None:
        results = {"machine": machine(), "rows": [asdict(row) for row in rows], "wrong": wrong}
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    for problem in wrong:
        print(problem, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
