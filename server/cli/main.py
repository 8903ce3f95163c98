"""The `krepis` command group, and the one place where errors become exit statuses."""

from __future__ import annotations

import sys
from typing import Final

import click
from krepis.server.cli.benchmark import benchmark
from krepis.server.cli.ci import ci
from krepis.server.cli.completion import completion
from krepis.server.cli.docs import docs
from krepis.server.cli.doctor import doctor
from krepis.server.cli.generate import destroy, generate
from krepis.server.cli.graph import graph
from krepis.server.cli.index import index
from krepis.server.cli.init import init, sdk
from krepis.server.cli.lsp import lsp
from krepis.server.cli.model import model
from krepis.server.cli.mutate import mutate_command
from krepis.server.cli.query import query
from krepis.server.cli.repair import repair
from krepis.server.cli.replay import replay
from krepis.server.cli.run import run as run_command
from krepis.server.cli.simulate import simulate
from krepis.server.cli.spec import spec
from krepis.server.cli.verify import verify
from krepis.server.version import installed_version

STATUS_USAGE = 2
STATUS_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


ALIASES: Final = {"g": "generate", "info": "doctor"}


class _Commands(click.Group):
    """Commands, some with a second name."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, ALIASES.get(cmd_name, cmd_name))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, help="Show the version and exit.",
    callback=lambda context, _parameter, wanted: _show_version(context, wanted),
)  # fmt: skip
def krepis() -> None:
    """Find race conditions, lost updates and deadlocks in asynchronous TypeScript.

    g is short for generate, and info for doctor.
    """


for command in (
    benchmark, ci, completion, destroy, docs, doctor, generate, graph, index, init, lsp, model, mutate_command, query,
    repair, replay, run_command, sdk, simulate, spec, verify,
):  # fmt: skip
    krepis.add_command(command)


def _show_version(context: click.Context, wanted: bool) -> None:
    if wanted:
        click.echo(f"krepis {installed_version()}")
        context.exit()


def main() -> None:
    """The entry point of the `krepis` command; always ends the process with a documented status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command line and return its exit status."""
    try:
        status = krepis.main(arguments, prog_name="krepis", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        error.show()
        return STATUS_USAGE
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted; no report was written.", err=True)
        return STATUS_INTERRUPTED
