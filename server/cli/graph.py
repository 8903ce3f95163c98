"""`krepis graph`: what is around a symbol, as a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
from krepis.server.cli.index import FAILURE, opened, reported, updated
from krepis.server.index import RelationKind
from krepis.server.index.model import RELATION_KINDS
from krepis.server.store.drawing import FORMATS
from krepis.server.store.neighbourhood import MAX_EDGES, around
from krepis.twin.report import visible

_DEFAULT_KINDS: Final = ("calls", "reads", "writes", "locks", "handles-route")


@click.command(short_help="Draw what is around a symbol.")
@click.argument("name")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="html", show_default=True, help="Form of the graph."
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.option("--depth", type=click.IntRange(1, 5), default=2, show_default=True, help="Steps in each direction.")
@click.option(
    "--relation",
    "kinds",
    type=click.Choice(RELATION_KINDS),
    multiple=True,
    default=_DEFAULT_KINDS,
    help=f"Relations to draw; can be repeated.  [default: {', '.join(_DEFAULT_KINDS)}]",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write to FILE instead of stdout."
)
@click.option("--workspace", default="default", show_default=True, metavar="NAME", help="Which index of this folder.")
def graph(
    name: str, form: str, depth: int, kinds: tuple[RelationKind, ...], output: Path | None, workspace: str
) -> int:
    """Draw what is around a symbol.

    NAME is a name (transfer), a qualified one (Wallet.credit) or a route ("GET /users").

    \b
    krepis graph transfer --output transfer.html
    krepis graph "POST /orders" --format mermaid --relation calls --relation locks

    Exit status: 0 drawn; 1 no such symbol, or nothing around it; 2 wrong usage or configuration; 3 the index cannot
    be read or written.
    """
    with reported():
        _, store = opened(workspace)
        with store:
            updated(store, None)
            edges, columns = around(store, name, kinds, depth)
        if not edges:
            click.echo(visible(f"Nothing is known around {name!r}."), err=True)
            return 1
        if len(edges) == MAX_EDGES:
            click.echo(f"Only the first {MAX_EDGES} relations are drawn.", err=True)
        text = FORMATS[form](edges, columns, f"Around {name}")
        if output is None:
            click.echo(text, nl=False)
            return 0
        try:
            output.write_text(text, encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"cannot write {str(output)!r}: {error.strerror}") from error
        return 0
    return FAILURE
