"""`krepis model`: the models of this user."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from krepis.server.agents.models import (
    CATALOGUE,
    Installed,
    ModelError,
    choose,
    chosen,
    find,
    header,
    installed,
    models_folder,
)
from krepis.server.agents.models import pull as bring
from krepis.twin.report import visible
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TransferSpeedColumn
from rich.progress import Progress as Bar


@click.group(short_help="List, pull and choose language models.")
def model() -> None:
    """List, pull and choose the language models that completions and repairs come from."""


@model.command("list", short_help="Show installed and known models.")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def list_models(as_json: bool) -> int:
    """Show the models that are installed, and those that can be pulled by name.

    \b
    krepis model list --json

    Exit status: 0 shown; 2 wrong usage.
    """
    folder = models_folder()
    here, used = installed(folder), chosen(folder)
    names = {entry.name for entry in here}
    if as_json:
        found = [_entry(entry, entry.name == used) for entry in here]
        known = [{"name": name, "megabytes": entry.megabytes} for name, entry in CATALOGUE.items() if name not in names]
        click.echo(json.dumps({"version": 1, "folder": str(folder), "installed": found, "known": known}, indent=1))
        return 0
    for entry in here:
        click.echo(f"{'*' if entry.name == used else ' '} {entry.name:24} {entry.size / 1e6:6.0f} MB  {entry.origin}")
    for name, about in CATALOGUE.items():
        if name not in names:
            click.echo(f"  {name:24} {about.megabytes:6} MB  krepis model pull {name}: {about.text}")
    return 0


@model.command(short_help="Install a model.")
@click.argument("reference", metavar="MODEL")
@click.option("--sha256", default="", metavar="HEX", help="The checksum that the file must have.")
@click.option("--again", is_flag=True, help="Pull it even if it is there.")
@click.option("--json", "as_json", is_flag=True, help="Print what was installed as JSON.")
def pull(reference: str, sha256: str, again: bool, as_json: bool) -> int:
    """Install a model.

    MODEL is a name from `krepis model list`, or OWNER/REPOSITORY/FILE.gguf on the Hugging Face hub. The file is
    compared with its SHA-256 and looked at before it is used. A pull that was interrupted is continued.

    \b
    krepis model pull smollm2-135m

    Exit status: 0 installed; 1 it cannot be had or is no model; 2 wrong usage.
    """
    with _reported(), _progress() as show:
        done = bring(reference, models_folder(), sha256, show, again)
        if as_json:
            _print(done)
        click.echo(f"{done.name} is installed in {visible(str(done.file))}.", err=True)
        return 0
    return 1


@model.command(short_help="Choose the model that is used.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print what is used as JSON.")
def use(name: str, as_json: bool) -> int:
    """Choose the installed model that is used where the setting `model` of [ai] names none.

    \b
    krepis model use smollm2-135m

    Exit status: 0 chosen; 1 there is no such model, or it is damaged; 2 wrong usage.
    """
    with _reported():
        entry = choose(name, models_folder())
        if as_json:
            _print(entry)
        click.echo(f"{entry.name} is used from now on.", err=True)
        return 0
    return 1


@model.command(short_help="Show what a model says about itself.")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def info(name: str, as_json: bool) -> int:
    """Show what an installed model says about itself.

    \b
    krepis model info smollm2-135m --json

    Exit status: 0 shown; 1 there is no such model, or it is damaged; 2 wrong usage.
    """
    with _reported():
        entry = find(name, models_folder())
        said = header(entry)
        facts = {
            "name": entry.name,
            "title": said.name,
            "architecture": said.architecture,
            "parameters": said.parameters,
            "quantisation": said.quantisation,
            "context": said.number("context_length"),
            "vocabulary": said.arrays.get("tokenizer.ggml.tokens", 0),
            "licence": str(said.values.get("general.license", "")),
            "bytes": entry.size,
            "file": str(entry.file),
            "origin": entry.origin,
            "sha256": entry.sha256,
        }
        if as_json:
            click.echo(json.dumps({"version": 1, **facts}, indent=1))
        else:
            for key, value in facts.items():
                click.echo(visible(f"{key:14} {value:,}" if isinstance(value, int) else f"{key:14} {value}"))
        return 0
    return 1


def _entry(model: Installed, used: bool) -> dict[str, object]:
    return {"name": model.name, "bytes": model.size, "origin": model.origin, "sha256": model.sha256, "used": used}


def _print(model: Installed) -> None:
    entry = _entry(model, model.name == chosen(models_folder()))
    click.echo(json.dumps({"version": 1, **entry, "file": str(model.file)}, indent=1))


@contextmanager
def _reported() -> Iterator[None]:
    """Say a ModelError to the user; what follows the block is then the failure."""
    try:
        yield
    except ModelError as error:
        click.echo(visible(f"krepis: {error}"), err=True)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("Pulling"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
