"""`krepis generate` and its inverse, `krepis destroy`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click
from krepis.server.cli.init import refuse, show
from krepis.server.cli.wish import By, from_sentence
from krepis.server.scaffold.catalogue import ScaffoldError
from krepis.server.scaffold.fields import parse_name
from krepis.server.scaffold.files import Change, FilesError, planned, write
from krepis.server.scaffold.generate import APP, KINDS, how_made, made, registered, stubs, unregistered
from krepis.twin.report import visible

_CONFLICT: Final = 1


# fmt: off
@click.command(short_help="Make a resource, a service, a job and more, with tests.")
@click.argument("kind", required=False)
@click.argument("name", required=False)
@click.argument("fields", nargs=-1, metavar="[FIELD]...")
@click.option("--list", "listed", is_flag=True, help="List what can be made, and do nothing else.")
@click.option("--eject", is_flag=True, help="Copy the templates of KIND into stubs/, where they can be edited.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@click.option("--force", is_flag=True, help="Replace files that differ; what was there is kept as NAME.orig.")
@click.option("--ai", "sentence", metavar="TEXT", help="Make what a sentence asks for, in any language.")
@click.option("--path", metavar="FILE", help="With --ai: the file that a model writes.  [default: by the sentence]")
@click.option("--by", type=click.Choice(["model", "catalogue", "either"]), default="either", show_default=True,
              help="With --ai: who answers; either: a model, and the catalogue when nothing of it passes.")
@click.option("--yes", "-y", is_flag=True, help="With --ai: write it without asking.")
@click.option("--json", "json_wanted", is_flag=True,
              help="Print what is written as JSON; with --ai, the offer, its diff and what was tried.")
def generate(kind: str | None, name: str | None, fields: tuple[str, ...], *, listed: bool, eject: bool, dry_run: bool,
             force: bool, sentence: str | None, path: str | None, by: By, yes: bool, json_wanted: bool) -> int:
    """Make a part of the project in the current folder, with a test for it.

    A FIELD is NAME:TYPE. Types are string, text, integer, decimal, boolean, datetime, uuid, enum(a,b) and references;
    TYPE? may be missing, TYPE:unique is there once. Asked again with the same words, nothing changes.

    \b
    krepis generate resource Customer name:string email:string:unique
    krepis generate resource Order total:decimal 'status:enum(new,paid)' customer:references 'note:text?'
    krepis generate --list
    krepis destroy resource Order
    krepis generate --ai "a login feature"
    krepis generate --ai "로그인 기능 만들어줘" --yes

    With --ai a model writes it, and what it writes is shown when its names exist, its types are right, the Twin finds
    nothing new, and its tests pass in a sandbox. Else, or without a model, it comes from the catalogue of generators
    and templates, and says so. It is shown as a diff; nothing is written without --yes or an answer.

    Exit status: 0 done, or offered; 1 files are in the way, or nothing can be offered; 2 wrong usage; 130 cancelled.
    """
    # fmt: on
    if sentence is not None:
        if kind is not None:
            raise click.UsageError("--ai says what to make; leave out KIND and NAME")
        return from_sentence(sentence, path=path, by=by, yes=yes, dry_run=dry_run, json_wanted=json_wanted)
    if listed:
        lines_of = (f"{one:12}{what}" for one, what in KINDS.items())
        click.echo(json.dumps(dict(KINDS), indent=2) if json_wanted else "\n".join(lines_of))
        return 0
    if kind is None or (name is None and not eject):
        raise click.UsageError("write KIND NAME, as in: krepis generate resource Order total:decimal")
    root = Path.cwd()
    try:
        if eject:
            files, lines = stubs(kind), None
        else:
            assert name is not None
            parts = made(root, kind, name, fields)
            files, lines = dict(parts.files), parts.lines
        changes = list(planned(root, files))
        conflicts = [change for change in changes if change.action == "conflict"]
        if conflicts and not force:
            show(changes, json_wanted=json_wanted)
            refuse(conflicts)
            return _CONFLICT
        if lines and (change := _registration(root, lines)):
            changes.append(change)
        if not dry_run:
            changes = [*write(root, [c for c in changes if c.path != APP]), *_rewrite(root, changes)]
        show(changes, json_wanted=json_wanted)
    except (ScaffoldError, FilesError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    if lines and not any(change.path == APP for change in changes):
        click.echo(f"{APP} has no single `return app;`; add this to it yourself:\n{''.join(lines)}", err=True)
    return 0


def _registration(root: Path, lines: tuple[str, str]) -> Change | None:
    """The change of src/app.ts."""
    file = root / APP
    old = file.read_text(encoding="utf-8") if file.is_file() and not file.is_symlink() else ""
    new = registered(old, lines)
    return None if new is None else Change(APP, "identical" if new == old else "update", new.encode(), old.encode())


def _rewrite(root: Path, changes: list[Change]) -> list[Change]:
    """Write src/app.ts, of which only lines were added or removed."""
    found = [change for change in changes if change.path == APP]
    for change in found:
        if change.action == "update":
            (root / APP).write_bytes(change.new)
    return found


# fmt: off
@click.command(short_help="Remove what krepis generate has made.")
@click.argument("kind")
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("--json", "json_wanted", is_flag=True, help="Print what is removed as JSON.")
def destroy(kind: str, name: str, *, dry_run: bool, json_wanted: bool) -> int:
    """Remove what krepis generate KIND NAME has made in the current folder.

    Files that were edited since stay, and are named. Tables in a database stay too.

    \b
    krepis destroy resource Order
    krepis destroy resource Order --dry-run --json

    Exit status: 0 done; 1 files were edited, and stay; 2 wrong usage.
    """
    # fmt: on
    root = Path.cwd()
    try:
        parts = made(root, kind, name, how_made(root, kind, parse_name(name)))
        changes = planned(root, parts.files)
    except (ScaffoldError, FilesError) as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    done = [Change(c.path, "remove", c.new) for c in changes if c.action == "identical"]
    kept = [change for change in changes if change.action == "conflict"]
    if not kept and parts.lines and (root / APP).is_file():
        old = (root / APP).read_text(encoding="utf-8")
        new = unregistered(old, parts.lines)
        if new != old:
            done.append(Change(APP, "update", new.encode(), old.encode()))
    if not dry_run:
        for change in done:
            if change.action == "remove":
                (root / change.path).unlink()
                parent = (root / change.path).parent
                if parent.parent == root / "src" and not any(parent.iterdir()):
                    parent.rmdir()
        _rewrite(root, done)
    show([*done, *kept], json_wanted=json_wanted)
    if not (done or kept):
        click.echo(f"krepis: nothing of {kind} {name} is here", err=True)
    if kept:
        click.echo(f"krepis: {len(kept)} of the files were edited, and stay", err=True)
    return _CONFLICT if kept else 0
