"""`krepis ci`: type check, verification and tests of a change, with what a pull request shows of them."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
from krepis.server.baseline import BaselineError, apply_baseline, read_baseline
from krepis.server.ci.base import BaseError, checked_out, git
from krepis.server.ci.benchmark import measure_change
from krepis.server.ci.history import FILE, Counts, HistoryError, add, place_of, read, record_of, statistics
from krepis.server.ci.steps import Step, check_types, run_tests
from krepis.server.ci.summary import Verified, as_json, badge_endpoint, badge_svg, comment, headline, table
from krepis.server.cli.verify import is_grave, print_text, report_on, style_for, write
from krepis.server.config import FAIL_ON, ConfigError, Settings, find_settings
from krepis.server.discover import DiscoveryError
from krepis.server.regression import THRESHOLD
from krepis.server.run import lines_of, options_of, selected
from krepis.server.version import installed_version
from krepis.twin.findings import Report
from krepis.twin.options import SourceFile
from krepis.twin.report import render, visible

_FAILED: Final = 1
_FAILURE: Final = 3
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


# fmt: off
@click.group(invoke_without_command=True,
             short_help="Type check, verification and tests of a change, as a pull request needs them.")
@click.option("--base", metavar="REF",
              help="The branch that the change goes to: findings that it has too are known, and do not fail.")
@click.option("--fail-on", type=click.Choice(FAIL_ON), help="Least severity of a new finding that fails.")
@click.option("--types/--no-types", default=True, help="Whether the project's own TypeScript checks types.")
@click.option("--tests/--no-tests", default=True, help="Whether the test script of package.json runs.")
@click.option("--time-limit", "limit", type=click.FloatRange(min=0, min_open=True), default=1800.0, show_default=True,
              metavar="SECONDS", help="Most seconds for the type check, for the tests and for the benchmark.")
@click.option("--comment", "comment_file", type=_FILE, metavar="FILE", help="Write the comment of a pull request.")
@click.option("--sarif", type=_FILE, metavar="FILE", help="Write the new findings as SARIF.")
@click.option("--badge", "badges", type=_FILE, multiple=True, metavar="FILE",
              help="Write a badge: a picture, or what shields.io reads if FILE ends in .json.")
@click.option("--benchmark/--no-benchmark", "benchmarks", default=False, show_default=True,
              help="With --base: measure the GET routes without parameters beside those of the base.")
@click.option("--slower", type=click.FloatRange(min=0), default=100 * THRESHOLD, show_default=True, metavar="PERCENT",
              help="How much more processor time a request may take than with the base, beyond noise.")
@click.option("--slower-warns", is_flag=True, help="What is slower is said, and does not fail.")
@click.option("--history", metavar="PLACE",
              help="Add what was found to a history: a file, or branch:NAME of this repository.")
@click.option("--json", "json_wanted", is_flag=True, help="Print the result as JSON.")
@click.pass_context
def ci(context: click.Context, /, *, base: str | None, fail_on: str | None, types: bool, tests: bool,
       limit: float, comment_file: Path | None,
       sarif: Path | None, badges: tuple[Path, ...], benchmarks: bool, slower: float, slower_warns: bool,
       history: str | None, json_wanted: bool) -> int:
    """Check a change as a pull request needs it: types, races, tests.

    Runs in the current folder. With --base, the merge base of HEAD and REF is verified too, and only findings that it
    does not have count as new: those fail, the others are listed. The type check is the project's own TypeScript, the
    tests are its own test script; a step that does not apply is skipped and says why.

    \b
    krepis ci                          # before you push
    krepis ci --base origin/main --comment comment.md --sarif krepis.sarif
    krepis ci --base origin/main --benchmark
    krepis ci --history branch:krepis-history && krepis ci stats --history branch:krepis-history

    Exit status: 0 every step passed or was skipped; 1 a step failed; 2 wrong usage or configuration; 3 Krepis itself
    failed on some input, which is named.
    """
    # fmt: on
    if context.invoked_subcommand is not None:
        return 0
    here = Path.cwd()
    for target in (comment_file, sarif, *badges):
        if target and not (here / target).parent.is_dir():
            raise click.UsageError(f"no such folder to write {target.name!r} in: {str(target.parent)!r}")
    steps = [check_types(here, limit)] if types else []
    start = time.monotonic()
    try:
        settings = find_settings(here)
        verified, files, speed = _verified(here, settings, base, (slower / 100, limit) if benchmarks else None)
        if history:
            _keep(history, here, verified)
    except (ConfigError, DiscoveryError, BaselineError, BaseError, HistoryError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    failed = is_grave(verified.report.findings, fail_on or settings.fail_on) or bool(verified.report.failures)
    steps.append(Step("verify", "failed" if failed else "passed", time.monotonic() - start, headline(verified)))
    steps += [run_tests(here, limit)] if tests else []
    if speed:
        steps.append(replace(speed, status="passed") if slower_warns and speed.status == "failed" else speed)
    sources, version = lines_of(files), installed_version()
    if comment_file:
        write(here / comment_file, comment(steps, verified, sources, version))
    if sarif:
        write(here / sarif, render(verified.report, "sarif", sources, style_for(sarif), version))
    for file in badges:
        write(here / file, badge_endpoint(verified) if file.suffix == ".json" else badge_svg(verified))
    if json_wanted:
        print_text(as_json(steps, verified))
    else:
        print_text(render(verified.report, "text", sources, style_for(None), version))
        print_text("".join(f"\n{step.name}:\n{step.output}\n" for step in steps if step.output) + f"\n{table(steps)}")
    for failure in verified.report.failures:
        click.echo(visible(f"Krepis failed on {failure.file}: {failure.message}"), err=True)
    if verified.report.failures:
        return _FAILURE
    return _FAILED if any(step.status == "failed" for step in steps) else 0


def _verified(
    here: Path, settings: Settings, base: str | None, speed_of: tuple[float, float] | None
) -> tuple[Verified, tuple[SourceFile, ...], Step | None]:
    """The verification of the project at `here`, and of what it is compared with, with the measurement of both if
    `speed_of` says how much is too much and how long it may take. Raises what those steps raise."""
    if base is None:
        report, files = _report(here, settings, None)
        speed = None if speed_of is None else measure_change(here, None, settings, *speed_of)
        return Verified(_less_baseline(report, settings, files)), files, speed
    with checked_out(here, base) as old:
        before = _report(old.folder, find_settings(old.folder), settings)[0].findings if old.folder else ()
        speed = None if speed_of is None else measure_change(here, old.folder, settings, *speed_of)
    report, files = _report(here, settings, None)
    report = _less_baseline(report, settings, files)
    occurring = {f.fingerprint for f in (*report.findings, *(s.finding for s in report.suppressed))}
    fixed = tuple(f for f in before if f.fingerprint not in occurring)
    known = {f.fingerprint: f.file for f in before if f.fingerprint in occurring}
    report = apply_baseline(report, known, base, frozenset(file.path for file in files))
    return Verified(report.sorted(), old.commit, fixed), files, speed


def _keep(history: str, here: Path, verified: Verified) -> None:
    commit = git(here, "rev-parse", "HEAD", problem="a history needs a commit, and there is none")
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    add(place_of(history, here), record_of(verified, commit, moment))


@ci.command(short_help="What was found, fixed and suppressed so far, by rule.")
@click.option("--history", default=FILE, show_default=True, metavar="PLACE", help="A file, or branch:NAME.")
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
def stats(history: str, json_wanted: bool) -> int:
    """Say what verification has found, what of it was fixed or suppressed, and what is open, by rule.

    The history is what krepis ci --history has written. krepis mutate measures how much verification would find.

    Exit status: 0 done; 2 wrong usage, or there is no history.
    """
    try:
        records = read(place_of(history, Path.cwd()))
    except HistoryError as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    if not records:
        raise click.UsageError(f"there is no history in {visible(history)}: krepis ci --history {visible(history)}")
    rules = statistics(records)
    total = Counts(*(sum(getattr(one, name) for one in rules.values()) for name in Counts.__slots__))
    first, last = records[0], records[-1]
    if json_wanted:
        ends = {"first": first, "last": last}
        span = {name: {"commit": one.commit, "time": one.time} for name, one in ends.items()}
        counts = {"rules": {rule: asdict(one) for rule, one in rules.items()}, "total": asdict(total)}
        click.echo(json.dumps({"version": 1, "runs": len(records), **span, **counts}, indent=2))
        return 0
    lines = [f"{len(records)} runs from {first.time} ({first.commit[:12]}) to {last.time} ({last.commit[:12]})", ""]
    lines += [f"{'':32} {'found':>7} {'fixed':>7} {'suppressed':>11} {'open':>7}"]
    for rule, one in (*rules.items(), ("all", total)):
        lines.append(f"{rule:32} {one.found:7,} {one.fixed:7,} {one.suppressed:11,} {one.open:7,}")
    print_text("\n".join(lines) + "\n")
    return 0


def _report(folder: Path, settings: Settings, keeper: Settings | None) -> tuple[Report, tuple[SourceFile, ...]]:
    """The report on a folder; results are kept where `keeper` keeps its own."""
    found = selected(settings, (), folder)
    options = options_of(replace(settings, cache=settings.cache and keeper is None), _warn)
    if keeper:
        options = replace(options, cache_dir=options_of(keeper, _warn).cache_dir)
    return report_on(found, options, settings.rules), found.files


def _less_baseline(report: Report, settings: Settings, files: tuple[SourceFile, ...]) -> Report:
    if not settings.baseline or not settings.baseline.exists():
        return report
    known = read_baseline(settings.baseline)
    return apply_baseline(report, known, settings.baseline.name, frozenset(file.path for file in files))


def _warn(message: str) -> None:
    click.echo(message, err=True)
