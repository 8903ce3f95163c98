"""`krepis repair`: one finding, repaired by a verified recipe or by a model, as a diff."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click
from krepis.server.cli.verify import print_text, rewrite
from krepis.server.config import ConfigError, Settings, find_settings, read_settings
from krepis.server.discover import DiscoveryError
from krepis.server.repair import as_diff, changes
from krepis.server.run import judged, options_of, selected, text_of
from krepis.twin.findings import Finding
from krepis.twin.options import Options, SourceFile
from krepis.twin.report import visible

_NONE = 1
_By = Literal["recipe", "model", "either"]


# fmt: off
@click.command(short_help="Repair one finding, by a recipe or a model.")
@click.argument("fingerprint")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--by", type=click.Choice(["recipe", "model", "either"]), default="either", show_default=True,
              help="Who writes it; either: a model, when no recipe holds.")
@click.option("--apply", "writes", is_flag=True, help="Write it, instead of printing a diff.")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Settings instead of the nearest krepis.toml.")
def repair(fingerprint: str, paths: tuple[str, ...], by: _By, writes: bool, config: Path | None) -> int:
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
    return _repaired(named[0], files, options, settings, by, writes)


def _repaired(
    finding: Finding, files: tuple[SourceFile, ...], options: Options, settings: Settings, by: _By, writes: bool
) -> int:
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
            return _NONE
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
        return _NONE
    say(f"{finding.file}:{finding.line} {finding.rule}: {proposal.label}")
    if not writes:
        print_text(as_diff(files, proposal.files))
        return 0
    for path, old, new in changes(files, proposal.files):
        if problem := rewrite(path, old, new):
            say(f"{path}: {problem}")
            return _NONE
    return 0
