"""`krepis ci`: type check, verification and tests of a change, with what a pull request shows of them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import click
from krepis.server.baseline import BaselineError, apply_baseline, read_baseline
from krepis.server.ci.base import BaseError, checked_out
from krepis.server.ci.steps import Step, check_types, run_tests
from krepis.server.ci.summary import Verified, as_json, badge_endpoint, badge_svg, comment, headline, table
from krepis.server.cli.verify import is_grave, print_text, report_on, style_for, write
from krepis.server.config import FAIL_ON, ConfigError, Settings, find_settings
from krepis.server.discover import DiscoveryError
from krepis.server.run import lines_of, options_of, selected
from krepis.server.version import installed_version
from krepis.twin.findings import Report
from krepis.twin.options import SourceFile
from krepis.twin.report import render, visible

_FAILED: Final = 1
_FAILURE: Final = 3
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


# fmt: off
@click.command(short_help="Type check, verification and tests of a change, as a pull request needs them.")
@click.option("--base", metavar="REF",
              help="The branch that the change goes to: findings that it has too are known, and do not fail.")
@click.option("--fail-on", type=click.Choice(FAIL_ON), help="Least severity of a new finding that fails.")
@click.option("--types/--no-types", default=True, help="Whether the project's own TypeScript checks types.")
@click.option("--tests/--no-tests", default=True, help="Whether the test script of package.json runs.")
@click.option("--time-limit", "limit", type=click.FloatRange(min=0, min_open=True), default=1800.0, show_default=True,
              metavar="SECONDS", help="Most seconds for the type check, and for the tests.")
@click.option("--comment", "comment_file", type=_FILE, metavar="FILE", help="Write the comment of a pull request.")
@click.option("--sarif", type=_FILE, metavar="FILE", help="Write the new findings as SARIF.")
@click.option("--badge", "badges", type=_FILE, multiple=True, metavar="FILE",
              help="Write a badge: a picture, or what shields.io reads if FILE ends in .json.")
@click.option("--json", "json_wanted", is_flag=True, help="Print the result as JSON.")
def ci(*, base: str | None, fail_on: str | None, types: bool, tests: bool, limit: float, comment_file: Path | None,
       sarif: Path | None, badges: tuple[Path, ...], json_wanted: bool) -> int:
    """Check a change as a pull request needs it: types, races, tests.

    Runs in the current folder. With --base, the merge base of HEAD and REF is verified too, and only findings that it
    does not have count as new: those fail, the others are listed. The type check is the project's own TypeScript, the
    tests are its own test script; a step that does not apply is skipped and says why.

    \b
    krepis ci                          # before you push
    krepis ci --base origin/main --comment comment.md --sarif krepis.sarif

    Exit status: 0 every step passed or was skipped; 1 a step failed; 2 wrong usage or configuration; 3 Krepis itself
    failed on some input, which is named.
    """
    # fmt: on
    here = Path.cwd()
    for target in (comment_file, sarif, *badges):
        if target and not (here / target).parent.is_dir():
            raise click.UsageError(f"no such folder to write {target.name!r} in: {str(target.parent)!r}")
    steps = [check_types(here, limit)] if types else []
    start = time.monotonic()
    try:
        settings = find_settings(here)
        verified, files = _verified(here, settings, base)
    except (ConfigError, DiscoveryError, BaselineError, BaseError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    failed = is_grave(verified.report.findings, fail_on or settings.fail_on) or bool(verified.report.failures)
    steps.append(Step("verify", "failed" if failed else "passed", time.monotonic() - start, headline(verified)))
    steps += [run_tests(here, limit)] if tests else []
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


def _verified(here: Path, settings: Settings, base: str | None) -> tuple[Verified, tuple[SourceFile, ...]]:
    """The verification of the project at `here`, and of what it is compared with. Raises what those steps raise."""
    if base is None:
        report, files = _report(here, settings, None)
        return Verified(_less_baseline(report, settings, files)), files
    with checked_out(here, base) as old:
        before = _report(old.folder, find_settings(old.folder), settings)[0].findings if old.folder else ()
    report, files = _report(here, settings, None)
    report = _less_baseline(report, settings, files)
    occurring = {f.fingerprint for f in (*report.findings, *(s.finding for s in report.suppressed))}
    fixed = tuple(f for f in before if f.fingerprint not in occurring)
    known = {f.fingerprint: f.file for f in before if f.fingerprint in occurring}
    report = apply_baseline(report, known, base, frozenset(file.path for file in files))
    return Verified(report.sorted(), old.commit, fixed), files


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
