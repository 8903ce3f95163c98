"""The state of a project that a change is compared with.

It is the merge base of HEAD and the branch that the change goes to, so that what others have merged there meanwhile is
not laid at the change's door. It is checked out beside the project, in a temporary work tree of the same repository,
without hooks, and removed again.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class BaseError(ValueError):
    """There is nothing to compare with; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Base:
    """A checked out `commit`. `folder` is where the project lies in it; None when it did not exist then."""

    commit: str
    folder: Path | None


@contextmanager
def checked_out(folder: Path, ref: str) -> Iterator[Base]:
    """The merge base of HEAD and `ref`, as long as the block runs. Raises BaseError."""
    top = Path(git(folder, "rev-parse", "--show-toplevel", problem="it is not in a Git repository"))
    if ref.startswith("-") or not _knows(folder, f"{ref}^{{commit}}"):
        raise BaseError(f"there is no commit {ref!r} here; fetch it first (in GitHub Actions: fetch-depth: 0)")
    commit = git(
        folder, "merge-base", "HEAD", ref, problem=f"HEAD and {ref} have no common ancestor here; fetch more history"
    )
    with tempfile.TemporaryDirectory(prefix="krepis-base-") as parent:
        tree = Path(parent, "tree")
        git(top, "worktree", "add", "--detach", str(tree), commit, problem=f"{commit[:12]} cannot be checked out")
        try:
            there = tree / folder.resolve().relative_to(top.resolve())
            yield Base(commit, there if there.is_dir() else None)
        finally:
            git(top, "worktree", "remove", "--force", str(tree), problem="the temporary work tree cannot be removed")


def _knows(folder: Path, revision: str) -> bool:
    command = ["git", "-C", str(folder), "rev-parse", "--verify", "--quiet", "--end-of-options", revision]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0


def git(folder: Path, *arguments: str, problem: str, text: str = "") -> str:
    """What Git prints, given `text`, or BaseError: `problem`, and what Git says about it."""
    command = ["git", "-c", "core.hooksPath=/dev/null", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    except OSError as error:
        raise BaseError(f"Git cannot be run: {error}") from error
    if done.returncode:
        raise BaseError(": ".join([problem, *done.stderr.strip().splitlines()[-1:]]))
    return done.stdout.strip()
