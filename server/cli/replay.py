"""`krepis replay`: the interleaving of a finding once more, from its token alone."""

from __future__ import annotations

import json
from dataclasses import replace as changed
from pathlib import Path

import click
from krepis.server.cli.verify import print_text, style_for
from krepis.server.config import ConfigError, find_settings, read_settings
from krepis.server.discover import DiscoveryError
from krepis.server.run import lines_of, options_of, selected
from krepis.twin.findings import finding_json
from krepis.twin.report import replayed, visible

_OTHER_PROGRAM = 1


# fmt: off
@click.command(short_help="Run the interleaving of a finding again.")
@click.argument("token")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--json", "as_json", is_flag=True, help="Print the finding as `krepis verify --format json` gives it.")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Settings instead of the nearest krepis.toml.")
def replay(token: str, paths: tuple[str, ...], as_json: bool, config: Path | None) -> int:
    """Run the interleaving of a finding again, step by step.

    TOKEN is what a report gives as the finding's `replay` (`schedule` in JSON). It holds which calls ran, when each
    of them went on, and what unknown data was taken to be; nothing is searched. PATHs are those that
    `krepis verify` was given. The counts of states and interleavings are those of this one run.

    \b
    krepis verify src --json | jq -r '.findings[0].schedule'
    krepis replay TOKEN src

    Exit status: 0 replayed; 1 the token is of another program, another text of it or another version of Krepis;
    2 wrong usage or configuration.
    """
    # fmt: on
    from krepis.twin.typescript.recording import NotAToken, ReplayError  # slow to import, and not needed for --help
    from krepis.twin.typescript.replay import replay as perform

    current = Path.cwd()
    try:
        settings = read_settings(current / config) if config else find_settings(current)
        files = selected(settings, paths, current).files
        finding = perform(token, files, options_of(changed(settings, cache=False), lambda _: None))
    except NotAToken:
        raise click.UsageError("TOKEN is not a replay token; reports give one with each finding") from None
    except (ConfigError, DiscoveryError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    except ReplayError as error:
        click.echo(f"Not replayed: {error}.", err=True)
        return _OTHER_PROGRAM
    if as_json:
        print_text(json.dumps({"version": 1, "finding": finding_json(finding)}, indent=2) + "\n")
    else:
        print_text(replayed(finding, lines_of(files), style_for(None)))
    return 0
