"""`krepis generate --ai`: a feature from a sentence, as a diff that is written only with consent."""

from __future__ import annotations

import difflib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import click
from krepis.server.cli.init import show
from krepis.server.cli.verify import print_text
from krepis.server.config import ConfigError, Settings, find_settings
from krepis.server.discover import DiscoveryError
from krepis.server.run import options_of, selected
from krepis.server.scaffold.files import Change, FilesError, planned, write
from krepis.twin.options import SourceFile
from krepis.twin.report import visible

if TYPE_CHECKING:
    from krepis.server.agents.feature import Outcome, Wish
    from krepis.server.agents.journal import Journal

By = Literal["model", "catalogue", "either"]
_NONE: Final = 1
_INTERRUPTED: Final = 130
MAX_DIFF_FILES: Final = 12
"""New files whose text is shown; of a whole project only the names are."""


def from_sentence(sentence: str, *, path: str | None, by: By, yes: bool, dry_run: bool, json_wanted: bool) -> int:
    """Offer what a sentence asks for in the current folder; the exit status."""
    from krepis.server.agents.feature import Wish, by_catalogue, feature  # slow to import
    from krepis.server.agents.messages import Cancellation
    from krepis.server.agents.types import type_check

    if not sentence.strip():
        raise click.UsageError('say what to make: krepis generate --ai "a login feature"')
    root = Path.cwd()
    try:
        settings = find_settings(root)
        files = _program(settings, root)
        options = options_of(settings, say)
    except ConfigError as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    target = _within(root, path) if path is not None else None
    wish = Wish(sentence, files, options, target, settings.ai.attempts, type_check(root, settings.node))
    began = time.monotonic()
    source = _source(settings, by) if by != "catalogue" else None
    tell = source.telling(say) if source is not None else say
    cancellation = Cancellation()
    stream = sys.stderr.isatty() and not json_wanted
    try:
        if source is None:
            outcome = by_catalogue(wish, tell) if by != "model" else None
        elif by == "model":
            outcome = _by_model(wish, source, tell, cancellation, stream)
        else:
            outcome = feature(wish, source, cancellation=cancellation, log=tell, on_text=_streamed if stream else None)
    except KeyboardInterrupt:
        cancellation.cancel()
        say("Cancelled; nothing was written.")
        return _INTERRUPTED
    finally:
        if source is not None:
            source.close()
    if outcome is None:
        return _NONE
    return _offered(outcome, root, time.monotonic() - began, yes=yes, dry_run=dry_run, json_wanted=json_wanted)


def say(line: str) -> None:
    click.echo(visible(line), err=True)


def _streamed(text: str) -> bool:
    """Shows what a model writes while it does."""
    click.echo(click.style("\n".join(map(visible, text.split("\n"))), dim=True), err=True, nl=False)
    return True


def _program(settings: Settings, root: Path) -> tuple[SourceFile, ...]:
    """The files of the project; none in a folder that has none."""
    try:
        return selected(settings, (), root).files
    except DiscoveryError:
        return ()


def _within(root: Path, path: str) -> str:
    """A path as it is below the root."""
    try:
        relative = (root / path).resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise click.UsageError(visible(f"{path!r} is not within the project")) from None
    if not relative.endswith((".ts", ".mts", ".cts")):
        raise click.UsageError(visible(f"{path!r} is no TypeScript file"))
    if (root / relative).exists():
        raise click.UsageError(visible(f"{path} is there already; only new files are generated"))
    return relative


def _source(settings: Settings, by: By) -> Journal | None:
    from krepis.server.agents.journal import Journal
    from krepis.server.agents.messages import SourceError
    from krepis.server.agents.source import open_source

    try:
        return Journal(open_source(settings.ai), settings.root)
    except SourceError as error:
        say(f"krepis: {error}" if by == "model" else f"No model is asked: {error}.")
        return None


def _by_model(
    wish: Wish, source: Journal, tell: Callable[[str], None], cancellation: Any, stream: bool
) -> Outcome | None:
    from krepis.server.agents.feature import by_model
    from krepis.server.agents.messages import SourceError

    try:
        return by_model(wish, source, cancellation=cancellation, log=tell, on_text=_streamed if stream else None)
    except SourceError as error:
        say(f"krepis: {error}")
        return None


def _offered(outcome: Outcome, root: Path, seconds: float, *, yes: bool, dry_run: bool, json_wanted: bool) -> int:
    offer = outcome.offer
    try:
        changes = list(planned(root, offer.files)) if offer is not None else []
    except FilesError as error:
        raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    diff = _diff(changes)
    if not json_wanted:
        if offer is None:
            say(f"Nothing can be offered: {outcome.problem}.")
            return _NONE
        if len(changes) <= MAX_DIFF_FILES:
            print_text(diff)
        else:
            show(changes)
        say(f"{offer.label[0].upper()}{offer.label[1:]}.")
    wanted = offer is not None and not dry_run and (yes or (not json_wanted and _agreed(len(changes))))
    if wanted:
        try:
            write(root, [replace(c, action="update") if c.action == "conflict" else c for c in changes])
        except FilesError as error:
            raise click.UsageError(visible(str(error)), click.get_current_context()) from error
    if json_wanted:
        click.echo(json.dumps(_as_json(outcome, changes, diff, seconds, written=wanted), indent=2))
    elif wanted and offer is not None:
        _next(offer.folder, offer.alone)
    elif not dry_run:
        say("Nothing was written; --yes writes it.")
    return 0 if offer is not None else _NONE


def _agreed(count: int) -> bool:
    """Whether somebody at a terminal says yes."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return click.confirm(f"Write {count} file{'s' if count > 1 else ''}?", default=False)


def _diff(changes: list[Change]) -> str:
    """All changes as a unified diff that `patch -p1` takes; what is no text is named."""
    out: list[str] = []
    for change in changes:
        if change.action == "identical":
            continue
        try:
            old, new = ((side or b"").decode().splitlines(keepends=True) for side in (change.old, change.new))
        except UnicodeDecodeError:
            out.append(f"Binary file {change.path}\n")
            continue
        before = "/dev/null" if change.old is None else f"a/{change.path}"
        for line in difflib.unified_diff(old, new, before, f"b/{change.path}"):
            out.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return "".join(out)


def _as_json(outcome: Outcome, changes: list[Change], diff: str, seconds: float, *, written: bool) -> dict[str, Any]:
    offer = outcome.offer
    return {
        "by": offer.by if offer is not None else None,
        "label": offer.label if offer is not None else outcome.problem,
        "verified": offer is not None and offer.verified,
        "tests": offer.tests if offer is not None else 0,
        "folder": offer.folder if offer is not None else None,
        "written": written,
        "seconds": round(seconds, 2),
        "files": [{"path": change.path, "action": change.action} for change in changes],
        "diff": diff,
        "tries": [
            {
                "by": one.by,
                "step": one.step,
                "message": one.message,
                **(
                    {
                        "prompt_tokens": one.completion.prompt_tokens,
                        "reused": one.completion.reused,
                        "generated": one.completion.generated,
                        "first_s": round(one.completion.first_s, 3),
                        "total_s": round(one.completion.total_s, 3),
                    }
                    if one.completion is not None
                    else {}
                ),
            }
            for one in outcome.tries
        ],
    }


def _next(folder: str, alone: bool) -> None:
    steps = [*([f"cd {folder}"] if folder != "." else []), *(["npm install"] if alone else []), "npm test"]
    click.echo(f"Next: {visible(' && '.join(steps))}")
