"""`krepis repair`: one finding, repaired by a verified recipe or by a model, as a diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from krepis.server.cli.verify import print_text, rewrite
from krepis.server.config import ConfigError, Settings, find_settings, read_settings
from krepis.server.discover import DiscoveryError
from krepis.server.repair import as_diff, changes
from krepis.server.run import judged, options_of, selected, text_of
from krepis.twin.findings import Finding
from krepis.twin.options import Options, SourceFile
from krepis.twin.report import visible

if TYPE_CHECKING:
    from krepis.server.agents.repair import Proposal

_NONE = 1
_By = Literal["recipe", "model", "either"]


# fmt: off
@click.command(short_help="Repair one finding, by a recipe or a model.")
@click.argument("fingerprint")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--by", type=click.Choice(["recipe", "model", "either"]), default="either", show_default=True,
              help="Who writes it; either: a model, when no recipe holds.")
@click.option("--apply", "writes", is_flag=True, help="Write it, instead of printing a diff.")
@click.option("--json", "as_json", is_flag=True, help="Print the repair as JSON: who wrote it, and its diff.")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Settings instead of the nearest krepis.toml.")
def repair(fingerprint: str, paths: tuple[str, ...], by: _By, writes: bool, as_json: bool,
           config: Path | None) -> int:
    """Repair one finding.

    FINGERPRINT, or its first characters, is as `krepis verify --format json` gives it; PATHs are those that it was
    given. A repair is shown only when its names exist, the project's TypeScript has nothing against it, and the
    Twin has verified that the finding is gone, none is new, and every entry point still does what it did. It says
    whether a recipe or a model wrote it. Nothing is written without --apply.

    \b
    krepis repair 3f9a src
    krepis repair 3f9a src --by recipe --apply

    Exit status: 0 a repair was found; 1 none was; 2 wrong usage or configuration.
    """
    # fmt: on
    from krepis.twin.typescript.verify import verify as perform  # slow to import, and not needed for --help

    current = Path.cwd()
    try:
        settings = read_settings(current / config) if config else find_settings(current)
        files = selected(settings, paths, current).files
        options = options_of(settings, lambda message: click.echo(message, err=True))
        report = judged(perform(files, options), {f.path: text_of(f) for f in files}, settings.rules)
    except (ConfigError, DiscoveryError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    named = [finding for finding in report.findings if finding.fingerprint.startswith(fingerprint)]
    if len(named) != 1:
        many = "no finding has" if not named else f"{len(named)} findings have"
        raise click.UsageError(visible(f"{many} the fingerprint {fingerprint!r}; `krepis verify` shows what there is"))
    proposal = _proposed(named[0], files, options, settings, by)
    diff = as_diff(files, proposal.files) if proposal else ""
    written = proposal is not None and writes and _written(proposal, files)
    if as_json:
        found = proposal and {"by": proposal.by, "label": proposal.label, "diff": diff}
        document = {"version": 1, "fingerprint": named[0].fingerprint, "repair": found, "written": written}
        print_text(json.dumps(document, indent=2) + "\n")
    elif proposal is not None and not writes:
        print_text(diff)
    return 0 if written or (proposal is not None and not writes) else _NONE


def _proposed(
    finding: Finding, files: tuple[SourceFile, ...], options: Options, settings: Settings, by: _By
) -> Proposal | None:
    from krepis.server.agents.journal import Journal
    from krepis.server.agents.messages import SourceError
    from krepis.server.agents.repair import repair_by_model, repair_by_recipe
    from krepis.server.agents.source import open_source
    from krepis.server.agents.types import type_check

    def say(line: str) -> None:
        click.echo(visible(line), err=True)

    proposal = None
    if by != "model":
        proposal = repair_by_recipe(finding, files, options).proposal
    if proposal is None and by != "recipe":
        try:
            source = Journal(open_source(settings.ai), settings.root)
        except SourceError as error:
            say(f"No recipe holds, and {error}." if by == "either" else f"krepis: {error}")
            return None
        try:
            tell, types = source.telling(say), type_check(settings.root)
            proposal = repair_by_model(
                finding, files, options, source, settings.ai.attempts, types=types, log=tell
            ).proposal
        except SourceError as error:
            say(f"krepis: {error}")
        finally:
            source.close()
    if proposal is None:
        say(f"No repair of {finding.file}:{finding.line} {finding.rule} passes.")
    else:
        say(f"{finding.file}:{finding.line} {finding.rule}: {proposal.label}")
    return proposal


def _written(proposal: Proposal, files: tuple[SourceFile, ...]) -> bool:
    for path, old, new in changes(files, proposal.files):
        if problem := rewrite(path, old, new):
            click.echo(visible(f"{path}: {problem}"), err=True)
            return False
    return True
