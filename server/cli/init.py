"""`krepis init`: a new project from a template; `krepis sdk`: the SDK's package in a project, written anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from krepis.kernel.node import Node, NodeError, find_node
from krepis.server.config import ConfigError, find_settings
from krepis.server.scaffold.catalogue import ScaffoldError, find_template, package_name, project, templates
from krepis.server.scaffold.files import Change, FilesError, difference, planned, write
from krepis.server.scaffold.sdk import ARCHIVE, package, write_package
from krepis.twin.report import visible

_CONFLICT: Final = 1
_FAILURE: Final = 3
_COLORS: Final = {
    "create": "green", "identical": "blue", "conflict": "red", "replace": "yellow", "remove": "red", "update": "yellow",
}  # fmt: skip


# fmt: off
@click.command(short_help="Make a new project: an API that is typed, tested and verified.")
@click.argument("folder", required=False, metavar="[NAME]", type=click.Path(path_type=Path))
@click.option("--template", "name", metavar="NAME", help="What to begin with; --list shows what there is.  "
              "[default: asks on a terminal, else crud]")
@click.option("--list", "listed", is_flag=True, help="List the templates, and do nothing else.")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("--force", is_flag=True, help="Replace files that differ; what was there is kept as NAME.orig.")
@click.option("--install/--no-install", default=True, show_default=True, help="Install the packages with npm.")
@click.option("--offline", is_flag=True, help="Install from npm's cache only.")
@click.option("--json", "json_wanted", is_flag=True, help="Print what was done as JSON.")
def init(folder: Path | None, *, name: str | None, listed: bool, yes: bool, dry_run: bool, force: bool, install: bool,
         offline: bool, json_wanted: bool) -> int:
    """Make a new project in the folder NAME: TypeScript on the Krepis kernel, with tests, that krepis verify finds
    nothing in.

    NAME may be a path, and `.` is the current folder. A file that is there and differs stops the command, which then
    shows the differences and writes nothing.

    \b
    krepis init shop && cd shop && krepis run
    krepis init shop --template ledger --yes
    krepis init --list

    Exit status: 0 done; 1 files are in the way; 2 wrong usage; 3 there is no Node, or npm failed.
    """
    # fmt: on
    if listed:
        _list(json_wanted)
        return 0
    if folder is None:
        raise click.UsageError("NAME is missing: krepis init NAME")
    try:
        template = find_template(name or _asked(ask=not (yes or json_wanted or dry_run)))
        folder = folder.absolute()
        files = project(template, package_name(folder.resolve().name))
        node = find_node()
        files[ARCHIVE] = package(node)
        changes = planned(folder, files)
        conflicts = [change for change in changes if change.action == "conflict"]
        stopped = bool(conflicts) and not force
        if not (dry_run or stopped):
            changes = write(folder, changes)
            if install:
                _install(node, folder, offline)
    except (ScaffoldError, FilesError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    except NodeError as error:
        click.echo(visible(f"krepis: {error}"), err=True)
        return _FAILURE
    if json_wanted:
        said = {"folder": str(folder), "template": template.name, "written": not (dry_run or stopped)}
        actions = [{"path": change.path, "action": change.action} for change in changes]
        click.echo(json.dumps({**said, "files": actions}, indent=2))
    else:
        show(changes)
    if stopped:
        refuse(conflicts)
        return _CONFLICT
    if not (dry_run or json_wanted):
        _next(folder, install)
    return 0


# fmt: off
@click.command(short_help="Write the SDK's npm package of this Krepis into a project.")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "json_wanted", is_flag=True, help="Say as JSON what was written.")
def sdk(folder: Path, json_wanted: bool) -> int:
    """Write vendor/krepis.tgz of the project in FOLDER: the SDK of this version, with the kernel for this machine.

    Run npm install afterwards, which takes it up into node_modules and the lock file.

    \b
    krepis sdk && npm install

    Exit status: 0 written; 2 wrong usage; 3 there is no Node, or the kernel's addon cannot be built.
    """
    # fmt: on
    try:
        node = find_node(find_settings(folder.resolve()).node)
        target = write_package(folder, node)
    except (ConfigError, OSError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    except NodeError as error:
        click.echo(visible(f"krepis: {error}"), err=True)
        return _FAILURE
    if json_wanted:
        click.echo(json.dumps({"version": 1, "files": [str(target)]}, indent=2))
    else:
        click.echo(f"Wrote {visible(str(target))}; npm install takes it up.")
    return 0


def _list(json_wanted: bool) -> None:
    all_of_them = templates()
    if json_wanted:
        click.echo(json.dumps([{"name": one.name, "summary": one.summary} for one in all_of_them], indent=2))
        return
    width = max(len(one.name) for one in all_of_them)
    for one in all_of_them:
        click.echo(f"{one.name:{width}}  {one.summary}")


def _asked(*, ask: bool) -> str:
    """The template that the user names."""
    default = "crud"
    if not (ask and sys.stdin.isatty()):
        return default
    _list(json_wanted=False)
    names: Sequence[str] = [one.name for one in templates()]
    answer: str = click.prompt("Template", default=default, type=click.Choice(names), show_choices=False)
    return answer


def show(changes: Sequence[Change], *, json_wanted: bool = False) -> None:
    """A line for each file, as generators do, or JSON."""
    if json_wanted:
        click.echo(json.dumps({"files": [{"path": one.path, "action": one.action} for one in changes]}, indent=2))
        return
    for change in changes:
        click.echo(f"{click.style(f'{change.action:>10}', fg=_COLORS[change.action])}  {visible(change.path)}")


def refuse(conflicts: Sequence[Change]) -> None:
    """Say what is in the way, and how to go on."""
    for change in conflicts:
        for line in difference(change).splitlines():
            click.echo(visible(line), err=True)
    count = "1 file differs" if len(conflicts) == 1 else f"{len(conflicts)} files differ"
    click.echo(f"krepis: {count} and nothing was written; --force replaces, and keeps the old as NAME.orig.", err=True)


def _install(node: Node, folder: Path, offline: bool) -> None:
    """Install a project's packages, and so write its lock file. Raises NodeError."""
    if node.npm is None:
        raise NodeError(f"{node.program} comes without npm. Run npm install in {folder}.")
    source = "--offline" if offline else "--prefer-offline"
    command = [str(node.program), str(node.npm), "install", source, "--no-audit", "--no-fund", "--loglevel=error"]
    path = f"{node.program.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(command, cwd=folder, stdout=2, env={**os.environ, "PATH": path})
    if done.returncode != 0:
        hint = "not everything is in npm's cache; leave out --offline once" if offline else "see above"
        raise NodeError(f"npm install ended with status {done.returncode} in {folder}: {hint}")


def _next(folder: Path, installed: bool) -> None:
    here = os.path.relpath(folder)
    steps = [*([] if here == "." else [f"cd {here}"]), *([] if installed else ["npm install"]), "krepis run"]
    click.echo(f"\nNext: {visible(' && '.join(steps))}")
