"""`krepis verify`: from paths to a report.

The steps are settings, discovery, verification, suppression, severity levels, baseline, rendering; each is
a pure function of another module, and this one only joins them and talks to the terminal. The report is
rendered before anything is written, and files are replaced as a whole, so there is never half a report.
"""

from __future__ import annotations

import codecs
import contextlib
import math
import os
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import click
from krepis.server.baseline import BaselineError, apply_baseline, read_baseline, write_baseline
from krepis.server.cli.kernel import verify_kernel
from krepis.server.config import DEFAULTS, FAIL_ON, ConfigError, Level, Settings, find_settings, read_settings
from krepis.server.discover import Discovery, DiscoveryError, shown
from krepis.server.repair import as_diff, changes, repair_all, suggest
from krepis.server.run import judged, lines_of, options_of, selected, text_of
from krepis.server.version import installed_version
from krepis.twin.findings import SEVERITIES, Finding, Kind, Note, Report, Summary
from krepis.twin.options import Options, Progress, SourceFile
from krepis.twin.report import FORMATS, Format, Style, render, visible
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

_CLEAN: Final = 0
_FINDINGS: Final = 1
_FAILURE: Final = 3
_PLAIN_WIDTH: Final = 100  # of text that does not go to a terminal, so that it does not depend on one
_FILE: Final = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class _Request:
    """What a command line and the settings ask for, resolved and checked."""

    current: Path
    files: tuple[SourceFile, ...]
    notes: tuple[Note, ...]
    options: Options
    levels: Mapping[Kind, Level]
    fail_on: str
    output_format: Format
    output: Path | None
    baseline: Path | None
    known: Mapping[str, str]
    fixes: bool
    fix: bool
    dry_run: bool


# fmt: off
@click.command(short_help="Check TypeScript for races, lost updates and deadlocks.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--format", "output_format", type=click.Choice(FORMATS), default="text", show_default=True,
              help="Form of the report.")
@click.option("--json", "json_wanted", is_flag=True, help="The same as --format json.")
@click.option("--output", type=_FILE, metavar="FILE", help="Write the report to FILE instead of stdout.")
@click.option("--fail-on", type=click.Choice(FAIL_ON),
              help="Least severity that makes the exit status 1.  [default: error]")
@click.option("--max-states", type=click.IntRange(min=1), metavar="N",
              help=f"Most states explored in one scenario.  [default: {DEFAULTS.max_states}]")
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help=f"Most seconds for one entry point.  [default: {DEFAULTS.time_limit_s:g}]")
@click.option("--calls", type=click.Choice(["2", "3"]),
              help=f"Calls that run at once in a scenario.  [default: {DEFAULTS.calls}]")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N",
              help="Most worker processes.  [default: one per core]")
@click.option("--baseline", type=_FILE, metavar="FILE", help="Do not report the findings that FILE knows.")
@click.option("--write-baseline", "writes", is_flag=True,
              help="Write all findings to the baseline instead of reporting them.")
@click.option("--fixes", is_flag=True, help="List verified repairs with the findings; takes longer.")
@click.option("--fix", is_flag=True, help="Apply the best verified repair of each finding; report what is left.")
@click.option("--dry-run", is_flag=True, help="With --fix: print the repairs as a diff, and change nothing.")
@click.option("--config", type=_FILE, metavar="FILE", help="Settings instead of the nearest krepis.toml.")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep results of earlier runs.")
@click.option("--kernel", "extent", type=click.Choice(["quick", "full"]), is_flag=False, flag_value="full",
              help="Explore the kernel's own C sources instead of TypeScript.")
@click.option("--replay", "schedule", metavar="SCHEDULE", help="With --kernel: run the schedule of a finding again.")
def verify(
    *, extent: Literal["quick", "full"] | None, schedule: str | None, json_wanted: bool, **parameters: Any
) -> int:
    """Check TypeScript for races, lost updates and deadlocks.

    Each PATH is a file or a folder; without one, the paths of krepis.toml, or the current folder. Folders
    follow .gitignore and leave out node_modules, dist and .d.ts files. All files together are one program.

    With --fix, repairs are applied to the files: only such as make the finding go away, bring no new one, and
    keep what each entry point does, as a second verification has shown. The report is then about what is left.

    With --kernel, the C sources of the kernel are compiled against a simulated clock, network and handlers, and
    every state of a fixed set of scenarios is visited; a checkout and a C compiler are needed.

    \b
    krepis verify
    krepis verify src/orders --json
    krepis verify --format html --output report.html
    krepis verify --fix --dry-run

    Exit status: 0 nothing at or above --fail-on; 1 findings; 2 wrong usage or configuration; 3 Krepis itself
    failed on some input, which is named.
    """
    if schedule and not extent:
        raise click.UsageError("--replay needs --kernel")
    if extent:
        return verify_kernel(extent, schedule)
    if json_wanted:
        parameters["output_format"] = "json"
    try:
        request = _request(**parameters)
    except (ConfigError, DiscoveryError, BaselineError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    report = _verified(request, request.files)
    if request.fix:
        report, status = _repair(report, request)
    elif parameters["writes"]:
        status = _accept(report, request)
    else:
        report = _unknown(report, request)
        if request.fixes:
            report = suggest(report, request.files, request.options)
        status = _deliver(report, request)
    for failure in report.failures:
        click.echo(visible(f"Krepis failed on {failure.file}: {failure.message}"), err=True)
    return _FAILURE if report.failures else status


def _request(
    *,
    paths: tuple[str, ...],
    output_format: Format,
    output: Path | None,
    fail_on: str | None,
    max_states: int | None,
    time_limit: float | None,
    calls: str | None,
    jobs: int | None,
    baseline: Path | None,
    writes: bool,
    fixes: bool,
    fix: bool,
    dry_run: bool,
    config: Path | None,
    no_cache: bool,
) -> _Request:
    """Resolve a command line. Raises ConfigError, DiscoveryError, BaselineError or click.UsageError."""
    current = Path.cwd()
    settings = read_settings(current / config) if config else find_settings(current)
    known_in = current / baseline if baseline else settings.baseline
    if writes and known_in is None:
        raise click.UsageError("--write-baseline needs --baseline FILE, or the setting baseline")
    if dry_run and not fix:
        raise click.UsageError("--dry-run needs --fix")
    if fix and writes:
        raise click.UsageError("--fix and --write-baseline exclude each other")
    if time_limit is not None and not math.isfinite(time_limit):
        raise click.BadParameter(f"{time_limit} is not a number of seconds", param_hint="'--time-limit'")
    for target in (output, known_in if writes else None):
        if target and not (current / target).parent.is_dir():
            raise click.UsageError(f"no such folder to write {target.name!r} in: {str(target.parent)!r}")
    for folder in settings.models:
        if not folder.is_dir():
            raise ConfigError(f"{settings.file}: no such folder of models: {str(folder)!r}")
    found = selected(settings, paths, current)
    return _Request(
        current=current,
        files=found.files,
        notes=found.notes,
        options=options_of(_overridden(settings, max_states, time_limit, calls, jobs, no_cache), _warn),
        levels=settings.rules,
        fail_on=fail_on or settings.fail_on,
        output_format=output_format,
        output=output,
        baseline=known_in,
        known=read_baseline(known_in) if known_in and not writes else {},
        fixes=fixes,
        fix=fix,
        dry_run=dry_run,
    )


def _overridden(
    settings: Settings,
    max_states: int | None,
    time_limit: float | None,
    calls: str | None,
    jobs: int | None,
    no_cache: bool,
) -> Settings:
    """The settings, with what the command line says instead."""
    numbers: Mapping[str | None, Literal[2, 3]] = {None: settings.calls, "2": 2, "3": 3}
    return replace(
        settings,
        max_states=max_states or settings.max_states,
        time_limit=time_limit or settings.time_limit,
        calls=numbers[calls],
        jobs=jobs or settings.jobs,
        cache=settings.cache and not no_cache,
    )


def _warn(message: str) -> None:
    click.echo(message, err=True)


def _verified(request: _Request, files: tuple[SourceFile, ...]) -> Report:
    """The report after suppression and severity levels; a failure of the whole becomes a failure in it."""
    from krepis.twin.typescript.verify import verify as check  # slow to import, and not needed for --help

    try:
        with progress() as show:
            report = check(files, request.options, show)
    except Exception as error:
        traceback.print_exc()
        text = f"{type(error).__name__}: {error}"
        names = files[0].path if len(files) == 1 else f"{len(files)} files"
        report = Report(Summary(files=len(files)), failures=(Note(names, 1, "skipped", text),))
    report = replace(report, notes=report.notes + request.notes)
    return judged(report, {file.path: text_of(file) for file in files}, request.levels)


def _repair(report: Report, request: _Request) -> tuple[Report, int]:
    """Repair what can be, on disk or as a diff, and say what was done; the status is about what is left."""
    repaired = repair_all(
        _unknown(report, request),
        request.files,
        request.options,
        lambda files: _unknown(_verified(request, tuple(files)), request),
    )
    said = "Would repair" if request.dry_run else "Repaired"
    refused: list[str] = []
    if request.dry_run:
        print_text(as_diff(request.files, repaired.files))
    else:
        for path, old, new in changes(request.files, repaired.files):
            if problem := rewrite(path, old, new):
                refused.append(f"{shown(path, request.current)} was left alone: {problem}")
    for finding, title in repaired.done:
        _warn(visible(f"{said} {finding.file}:{finding.line} {finding.rule}: {title}"))
    for finding in repaired.left:
        _warn(visible(f"No verified repair for {finding.file}:{finding.line} {finding.rule}"))
    for problem in refused:
        _warn(visible(problem))
    if request.dry_run:
        return report, _status(repaired.left, request.fail_on)
    request = replace(request, files=tuple(replace(file, text=None) for file in request.files))
    if refused:  # the texts on disk are others than those that were verified
        left = _unknown(_verified(request, request.files), request)
        return left, _deliver(left, request)
    return repaired.report, _deliver(repaired.report, request)


def _unknown(report: Report, request: _Request) -> Report:
    """The report without what the baseline knows."""
    if not request.baseline:
        return report
    name = shown(request.baseline, request.current)
    return apply_baseline(report, request.known, name, frozenset(file.path for file in request.files)).sorted()


def rewrite(path: Path, old: str, new: str) -> str:
    """Replace a file as a whole; says why not, when it is not what was verified."""
    try:
        mark = codecs.BOM_UTF8 if path.read_bytes().startswith(codecs.BOM_UTF8) else b""
        if path.read_bytes() != mark + old.removeprefix("\ufeff").encode("utf-8", "surrogatepass"):
            return "it is not UTF-8, or it has changed meanwhile"
        _replace(path.resolve(), mark + new.removeprefix("\ufeff").encode("utf-8"), path.stat().st_mode & 0o7777)
    except (OSError, UnicodeEncodeError) as error:
        return str(error)
    return ""


def _accept(report: Report, request: _Request) -> int:
    """Write the baseline."""
    assert request.baseline is not None, "checked with the command line"
    write(request.baseline, write_baseline(report.findings))
    name = shown(request.baseline, request.current)
    click.echo(f"Wrote {name}; it knows {len(report.findings)} findings.", err=True)
    return _CLEAN


def _deliver(report: Report, request: _Request) -> int:
    """Write the report, and say by the status whether it is good."""
    sources = lines_of(request.files)
    text = render(report, request.output_format, sources, style_for(request.output), installed_version())
    if request.output:
        write(request.current / request.output, text)
    else:
        print_text(text)
    return _status(report.findings, request.fail_on)


def style_for(output: Path | None) -> Style:
    """How text is drawn: as the terminal likes it, or plainly and always the same elsewhere."""
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    if output or not sys.stdout.isatty():
        return Style(_PLAIN_WIDTH, color=False, unicode=output is not None or utf8)
    color = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(shutil.get_terminal_size().columns, color=color, unicode=utf8)


def _status(findings: Sequence[Finding], fail_on: str) -> int:
    return _FINDINGS if is_grave(findings, fail_on) else _CLEAN


def is_grave(findings: Sequence[Finding], fail_on: str) -> bool:
    """Whether one of the findings is at or above the level that fails a build."""
    if fail_on == "never":
        return False
    grave = SEVERITIES[: SEVERITIES.index("warning" if fail_on == "warning" else "error") + 1]
    return any(finding.severity in grave for finding in findings)


def write(file: Path, text: str) -> None:
    """Write a file of our own; a reader never sees half of it."""
    try:
        _replace(file, text.encode("utf-8"), 0o666 & ~_umask())
    except OSError as error:
        raise click.UsageError(f"cannot write {str(file)!r}: {error.strerror}") from error


def _replace(file: Path, data: bytes, mode: int) -> None:
    """Replace the file as a whole."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with open(handle, "wb") as stream:
            stream.write(data)
        os.chmod(temporary, mode)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise


def print_text(text: str) -> None:
    """Write to stdout; a reader that has seen enough is no error."""
    try:
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the reader has seen enough (`krepis verify | head`); do not flush into it again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def report_on(found: Discovery, options: Options, levels: Mapping[Kind, Level]) -> Report:
    """What verification says of files, after comments and levels, with progress on a terminal."""
    from krepis.twin.typescript.verify import verify as check  # slow to import, and not needed for --help

    with progress() as show:
        report = check(found.files, options, show)
    report = replace(report, notes=report.notes + found.notes)
    return judged(report, {file.path: text_of(file) for file in found.files}, levels)


@contextlib.contextmanager
def progress() -> Iterator[Callable[[Progress], None] | None]:
    """A progress bar on stderr while the block runs, if stderr is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Starting", total=None)

        def show(progress: Progress) -> None:
            what = escape(visible(progress.what)[:60])
            bar.update(task, description=what, completed=progress.done, total=progress.total)

        yield show
