"""`krepis docs`: the reference of an application's HTTP interface, from its routes, types and comments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import click
from krepis.kernel.node import NodeError, find_node
from krepis.server.cli.index import opened, updated
from krepis.server.cli.verify import print_text, report_on, write
from krepis.server.config import ConfigError, find_settings
from krepis.server.discover import DiscoveryError
from krepis.server.docs.client import client as client_of
from krepis.server.docs.openapi import Document, document
from krepis.server.docs.pages import Facts, markdown, site
from krepis.server.docs.reader import Api, ReaderError, Route, read
from krepis.server.index import RelationKind
from krepis.server.lsp.status import EntryStatus, entries_of
from krepis.server.run import options_of, own_folder, selected
from krepis.server.store import Store, StoreError
from krepis.server.store.drawing import picture
from krepis.server.store.neighbourhood import around
from krepis.server.store.resolve import EXTERNAL, Edge, Node
from krepis.server.version import installed_version
from krepis.twin.findings import Report
from krepis.twin.report import visible

_NOTHING: Final = 1
_FAILURE: Final = 3
_FOLDER: Final = Path(".krepis") / "docs"
_KINDS: Final[tuple[RelationKind, ...]] = ("calls", "reads", "writes", "locks", "handles-route")
_DEPTH: Final = 3


# fmt: off
@click.command(short_help="Document the HTTP interface of an application: OpenAPI, Markdown, a site, a client.")
@click.option("--output", metavar="FOLDER", type=click.Path(path_type=Path),
              help=f"Where openapi.json, api.md and index.html are written; with --client, the file.  "
                   f"[default: {_FOLDER}; stdout for a client]")
@click.option("--format", "form", type=click.Choice(["openapi", "markdown", "html"]),
              help="Print one of them instead of writing files.")
@click.option("--client", "language", type=click.Choice(["typescript"]), help="Make a typed client instead.")
@click.option("--verify/--no-verify", "verifies", default=True, show_default=True,
              help="Whether each operation says what verification found.")
@click.option("--json", "json_wanted", is_flag=True, help="Say as JSON what was written.")
def docs(*, output: Path | None, form: str | None, language: str | None, verifies: bool, json_wanted: bool) -> int:
    """Document the HTTP interface of the application in the current folder.

    Routes of the Krepis SDK, Express, Fastify, Hono and Nest are read with the project's own TypeScript (5 or newer):
    what they take, what they answer with each status, and the comments before them. Nothing of the project is run.

    \b
    krepis docs                                      # openapi.json, api.md and index.html in .krepis/docs
    krepis docs --format openapi > openapi.json
    krepis docs --client typescript --output src/client.ts

    Exit status: 0 done; 1 no route was found; 2 wrong usage or configuration; 3 there is no Node or no TypeScript.
    """
    # fmt: on
    if form and (output or language):
        raise click.UsageError("--format prints; it goes with neither --output nor --client")
    here = Path.cwd()
    try:
        settings = find_settings(here)
        found = selected(settings, (), here)
        api = read(here, found.files, find_node(settings.node))
        wants_verdicts = verifies and not language and bool(api.routes)
        report = report_on(found, options_of(settings, _warn), settings.rules) if wants_verdicts else None
    except (ConfigError, DiscoveryError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    except (NodeError, ReaderError) as error:
        click.echo(visible(f"krepis: {error}"), err=True)
        return _FAILURE
    if not api.routes:
        click.echo("krepis: no route of the Krepis SDK, Express, Fastify, Hono or Nest was found", err=True)
        return _NOTHING
    described = document(api, *_title(here), _verdicts(report))
    if language:
        return _put(client_of(described), output)
    makers: dict[str, tuple[str, Callable[[], str]]] = {
        "openapi": ("openapi.json", lambda: json.dumps(described, indent=2) + "\n"),
        "markdown": ("api.md", lambda: markdown(described)),
        "html": ("index.html", lambda: site(described, _facts(api, described, report), installed_version())),
    }
    if form:
        return _put(makers[form][1](), None)
    folder = output or here / _FOLDER
    try:
        if output is None:
            own_folder(here, _FOLDER.name)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise click.UsageError(f"cannot write to {str(folder)!r}: {error.strerror or error}") from error
    files = [folder / name for name, _ in makers.values()]
    for file, (_, make) in zip(files, makers.values(), strict=True):
        write(file, make())
    if json_wanted:
        click.echo(json.dumps({"version": 1, "operations": len(api.routes), "files": list(map(str, files))}, indent=2))
    else:
        click.echo(visible(f"{len(api.routes)} operations: {', '.join(map(str, files))}"))
    return 0


def _put(text: str, output: Path | None) -> int:
    if output is None:
        print_text(text)
        return 0
    if not output.absolute().parent.is_dir():
        raise click.UsageError(f"no such folder to write {output.name!r} in: {str(output.parent)!r}")
    write(output.absolute(), text)
    return 0


def _title(here: Path) -> tuple[str, str]:
    """Name and version of the package."""
    try:
        package = json.loads((here / "package.json").read_text(encoding="utf-8"))
        return str(package.get("name", here.name)), str(package.get("version", "0.0.0"))
    except (OSError, ValueError, AttributeError):
        return here.name, "0.0.0"


def _verdicts(report: Report | None) -> Mapping[tuple[str, int], EntryStatus]:
    """Verdicts by file and line; of several entry points at one place the worst."""
    found: dict[tuple[str, int], EntryStatus] = {}
    order = ("verified", "bounded", "failed")
    for entry in entries_of(report) if report else ():
        place = entry.file, entry.line
        if place not in found or order.index(entry.verdict) > order.index(found[place].verdict):
            found[place] = entry
    return found


def _facts(api: Api, described: Document, report: Report | None) -> Mapping[str, Facts]:
    """Graphs, and what each operation was seen to change, by the names of operations."""
    changes: dict[tuple[str, int], set[str]] = {}
    for entry in report.entry_points if report else ():
        changes.setdefault((entry.file, entry.line), set()).update(entry.acts)
    names = {
        operation["x-krepis-source"]: operation["operationId"]
        for operations in described["paths"].values()
        for operation in operations.values()
    }
    facts = {}
    try:
        _, store = opened("default")
        with store:
            updated(store, None)
            for route in api.routes:
                if name := names.get(f"{route.file}:{route.line}"):
                    acts = tuple(sorted(changes.get((route.file, route.line), ())))
                    facts[name] = Facts(_graph(store, route, acts), acts)
    except StoreError as error:
        _warn(f"krepis: there are no graphs: {error}")
    return facts


def _graph(store: Store, route: Route, acts: tuple[str, ...]) -> str:
    """What an operation calls and touches in the project, and what it was seen to change."""
    name = f"{route.method.upper()} {route.own}"
    edges, _ = around(store, name, _KINDS, _DEPTH)
    ends = (end for edge in edges for end in (edge.source, edge.target))
    own = (end for end in ends if end.path == route.file and end.qualified.endswith(name))
    begin = next(own, Node(route.file, name))
    columns = {begin: 0}
    kept: list[Edge] = []
    for edge in edges:  # the nearest come first
        if edge.source in columns and edge.target.path != EXTERNAL:
            columns.setdefault(edge.target, columns[edge.source] + 1)
            kept.append(edge)
    last = max(columns.values()) + 1
    for act in acts:
        state = Node(EXTERNAL, act)
        columns[state] = last
        kept.append(Edge("writes", begin, state, route.line))
    return picture(kept, columns, f"What {name} calls and touches") if kept else ""


def _warn(message: str) -> None:
    click.echo(visible(message), err=True)
