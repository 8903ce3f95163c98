"""`krepis index`, and how the other commands get an index that is up to date.

The workspace is found as `verify` finds it (the nearest krepis.toml, package or current folder); its index lies in
`.krepis/index`. Where that cannot be written, what it holds is used, and the user is told.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from krepis.server.config import ConfigError, find_settings
from krepis.server.discover import JAVASCRIPT, TYPESCRIPT, DiscoveryError, Selection, discover
from krepis.server.run import is_linked, own_folder
from krepis.server.store import Store, StoreError
from krepis.server.store.indexing import Indexed, default_jobs
from krepis.server.store.indexing import index as bring_up_to_date
from krepis.twin.report import visible
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

FAILURE: Final = 3


@click.command(short_help="Index the symbols and relations of a workspace.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Most worker processes.  [default: one per core]")
@click.option("--workspace", default="default", show_default=True, metavar="NAME", help="Which index of this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def index(jobs: int | None, workspace: str, as_json: bool) -> int:
    """Index the symbols and relations of a workspace.

    Only files whose text has changed are read again. The index lies in .krepis/index and can be deleted at
    any time.

    \b
    krepis index
    krepis index --json

    Exit status: 0 done; 2 wrong usage or configuration; 3 the index cannot be read or written.
    """
    with reported():
        _, store = opened(workspace)
        with store:
            done = updated(store, jobs)
            store.refresh()
        if as_json:
            click.echo(json.dumps({"version": 1, **{name: getattr(done, name) for name in Indexed.__slots__}}))
        else:
            click.echo(
                f"{done.symbols:,} symbols in {done.files:,} files: {done.changed:,} read, {done.gone:,} gone.",
                err=True,
            )
        return 0
    return FAILURE


@contextmanager
def reported() -> Iterator[None]:
    """Say a StoreError to the user; what follows the block is then the failure."""
    try:
        yield
    except StoreError as error:
        click.echo(visible(f"krepis: {error}"), err=True)
    except (ConfigError, DiscoveryError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error


def opened(workspace: str) -> tuple[Path, Store]:
    """The root of the workspace around the current folder, and its store."""
    root = find_settings(Path.cwd()).root
    folder = root / ".krepis" / "index"
    try:
        own_folder(root, folder.name)
    except OSError as error:
        if is_linked(folder):
            raise StoreError(str(error)) from error
    return root, Store.open(folder, workspace)  # which says whether it can do without


def updated(store: Store, jobs: int | None) -> Indexed:
    """The store after its files have been looked at; a store that cannot be written stays as it is."""
    settings = find_settings(Path.cwd())
    suffixes = TYPESCRIPT + (JAVASCRIPT if settings.javascript else ())
    found = discover((str(settings.root),), settings.root, Selection(settings.root, suffixes, settings.exclude))
    files = {file.path: file.absolute for file in found.files}
    if store.readonly:
        click.echo("The index cannot be written; answers are from when it last could.", err=True)
        return Indexed(len(files), 0, 0, 0, 0)
    with _progress() as show:
        return bring_up_to_date(store, files, jobs or default_jobs(), show)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on stderr while the block runs, if stderr is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("Indexing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
