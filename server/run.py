"""What every verification does before and after the engine, whoever asked for it.

The command line and the language server differ in where files and settings come from and where reports go.
Between the two, they call these functions, so that equal texts give equal findings.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from krepis.server.config import Level, Settings
from krepis.server.discover import JAVASCRIPT, TYPESCRIPT, Discovery, Selection, discover, shown
from krepis.server.suppress import apply_suppressions
from krepis.twin.findings import Kind, Report
from krepis.twin.options import Options, SourceFile
from krepis.twin.report import Sources, split_lines


def selected(settings: Settings, paths: Sequence[str], current: Path) -> Discovery:
    """The files of one program: those at `paths`, or where the settings say. Raises DiscoveryError."""
    wanted = tuple(paths) or tuple(shown(path, current) for path in settings.paths) or (".",)
    suffixes = TYPESCRIPT + (JAVASCRIPT if settings.javascript else ())
    return discover(wanted, current, Selection(settings.root, suffixes, settings.exclude))


def options_of(settings: Settings, warn: Callable[[str], None]) -> Options:
    """The engine's options; makes the folder for results of earlier runs, or warns that there is none."""
    return Options(
        root=settings.root,
        max_states=settings.max_states,
        time_limit_s=settings.time_limit,
        calls=settings.calls,
        jobs=settings.jobs,
        models=settings.models,
        cache_dir=_cache(settings.root, warn) if settings.cache else None,
    )


def cache_folder(root: Path) -> Path:
    """Where a project keeps results of earlier runs."""
    return root / ".krepis" / "cache"


def is_linked(folder: Path) -> bool:
    """Whether a folder in `.krepis`, or `.krepis` itself, is a link: a project must not choose where we write."""
    return folder.is_symlink() or folder.parent.is_symlink()


def own_folder(root: Path, name: str = "") -> Path:
    """Makes `.krepis`, which git ignores, and a folder in it, below the root of a project.

    Raises OSError, also where either is a link.
    """
    folder = root / ".krepis"
    for each in (folder, folder / name):
        if each.is_symlink():
            raise OSError(f"{each} is a link; krepis writes only within the project")
        each.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not os.path.lexists(ignore):
        ignore.write_text("*\n", encoding="utf-8")
    return folder / name


def _cache(root: Path, warn: Callable[[str], None]) -> Path | None:
    try:
        return own_folder(root, cache_folder(root).name)
    except OSError as error:
        warn(f"Results are not cached: {error}")
        return None


def judged(report: Report, texts: Mapping[str, str], levels: Mapping[Kind, Level]) -> Report:
    """`report` after suppression comments, which are in `texts`, and severity levels, in canonical order."""
    report = apply_suppressions(report, texts)
    findings = []
    for finding in report.findings:
        level = levels.get(finding.kind, finding.severity)
        if level != "off":
            findings.append(finding if level == finding.severity else replace(finding, severity=level))
    return replace(report, findings=tuple(findings)).sorted()


def text_of(file: SourceFile) -> str:
    """The text that is verified; "" when it cannot be read."""
    if file.text is not None:
        return file.text
    try:
        return file.absolute.read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def lines_of(files: Sequence[SourceFile]) -> Sources:
    """What the lines of a file are, by its path in reports."""
    known = {file.path: file for file in files}
    return lambda path: split_lines(text_of(known[path])) if path in known else ()
