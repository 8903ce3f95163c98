"""`krepis mutate`: what verification would catch if a protection were missing."""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click
from krepis.server.config import ConfigError, find_settings
from krepis.server.discover import DiscoveryError
from krepis.server.mutate import OPERATORS, Mutant, Mutation, mutants, mutate
from krepis.server.run import options_of, selected, text_of
from krepis.twin.report import visible

_BELOW: Final = 1


# fmt: off
@click.command("mutate", short_help="Take protections away one by one, and see what verification catches.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--operator", "operators", type=click.Choice(list(OPERATORS)), multiple=True,
              help="What is taken away; may be given again.  [default: all]")
@click.option("--limit", type=click.IntRange(min=1), metavar="N",
              help="Most mutants that are tried, of every operator some.")
@click.option("--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="Begin no mutant after that many seconds.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Which mutants come first.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Most worker processes.  [default: one per core]")
@click.option("--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT",
              help="Exit status 1 when fewer mutants than that are detected.")
@click.option("--list", "listed", is_flag=True, help="List the mutants, and verify none.")
@click.option("--json", "json_wanted", is_flag=True, help="Print the result as JSON.")
def mutate_command(*, paths: tuple[str, ...], operators: tuple[str, ...], limit: int | None, time_limit: float | None,
                   seed: int, jobs: int | None, fail_under: float | None, listed: bool, json_wanted: bool) -> int:
    """Take one protection against races away at a time, and see whether verification catches it.

    A lock, an await, a transaction or its isolation level, a condition of a statement, FOR UPDATE, a unique check, the
    release in finally: each place of the program that has one gives a mutant. The program is verified with each, in
    memory; no file is changed. What survives is either harmless where it is, or a race that verification does not see.

    \b
    krepis mutate                                  # the whole project
    krepis mutate src/orders --operator where --operator for-update
    krepis mutate --limit 50 --time-limit 300 --json

    Exit status: 0 done; 1 fewer were detected than --fail-under asks for; 2 wrong usage or configuration.
    """
    # fmt: on
    here = Path.cwd()
    try:
        settings = find_settings(here)
        found = selected(settings, paths, here)
    except (ConfigError, DiscoveryError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    chosen = operators or tuple(OPERATORS)
    if listed:
        every = [one for file in found.files for one in mutants(text_of(file), file.path, chosen)]
        if json_wanted:
            click.echo(json.dumps({"version": 1, "mutants": list(map(_mutant, every))}, indent=2))
        else:
            click.echo("".join(f"{_line(one)}\n" for one in every), nl=False)
        return 0
    options = options_of(replace(settings, cache=False), lambda message: None)
    with tempfile.TemporaryDirectory(prefix="krepis-mutate-") as cache:  # so that the project's own is not filled
        options = replace(options, cache_dir=Path(cache), jobs=jobs or settings.jobs)
        result = mutate(
            found.files, options, chosen, limit=limit, time_limit_s=time_limit, seed=seed, progress=_progress
        )
    document = as_json(result)
    click.echo(json.dumps(document, indent=2) if json_wanted else visible_text(result, document), nl=json_wanted)
    rate = document["summary"]["rate"]
    return _BELOW if fail_under is not None and rate is not None and 100 * rate < fail_under else 0


def _progress(done: int, total: int, mutant: Mutant) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[2K{done + 1} of {total}: {visible(_line(mutant))[:90]}", err=True, nl=done + 1 == total)


def _mutant(mutant: Mutant) -> dict[str, Any]:
    return {"operator": mutant.operator, "file": mutant.path, "line": mutant.line, "removed": mutant.what}


def _line(mutant: Mutant) -> str:
    return f"{mutant.path}:{mutant.line}: {mutant.operator}: {mutant.what}"


def as_json(result: Mutation) -> dict[str, Any]:
    """The result for machines; `rate` is detected of tried, `rate_of_seen` detected of those that changed something."""
    tried = [{**_mutant(one.mutant), "outcome": one.outcome, "rules": list(one.rules)} for one in result.tried]
    groups = {name: Counter(one.outcome for one in result.tried if one.mutant.operator == name) for name in OPERATORS}
    every = Counter(one.outcome for one in result.tried)
    return {
        "version": 1,
        "summary": _counts(every) | {"mutants": result.total, "ended": result.why},
        "operators": {name: _counts(group) for name, group in groups.items() if group},
        "mutants": tried,
    }


def _counts(outcomes: Counter[Any]) -> dict[str, Any]:
    detected, total = outcomes["detected"], outcomes.total()
    seen = total - outcomes["unseen"]
    return {
        "tried": total,
        **{name: outcomes[name] for name in ("detected", "survived", "unseen")},
        "rate": round(detected / total, 4) if total else None,
        "rate_of_seen": round(detected / seen, 4) if seen else None,
    }


def visible_text(result: Mutation, document: dict[str, Any]) -> str:
    """The result for people."""
    if not result.tried:
        return "There is nothing to take away: no lock, await, transaction, condition or check was found.\n"
    lines = [f"{'':12} {'tried':>6} {'detected':>9} {'survived':>9} {'unseen':>7} {'rate':>6}"]
    for name, row in (*document["operators"].items(), ("all", document["summary"])):
        counts = "{tried:6} {detected:9} {survived:9} {unseen:7}".format_map(row)
        lines.append(f"{name:12} {counts} {100 * row['rate']:5.0f}%")
    for outcome, title in (
        ("survived", "Survived: the program changed, and nothing was found"),
        ("unseen", "Unseen: verification went the same way, so the program is the same as far as it looks"),
    ):
        listed = [one.mutant for one in result.tried if one.outcome == outcome]
        lines += ["", f"{title}:", *(f"  {visible(_line(one))}" for one in listed)] if listed else []
    if result.why:
        lines += ["", f"{len(result.tried)} of {result.total} mutants were tried ({result.why})."]
    return "\n".join(lines) + "\n"
