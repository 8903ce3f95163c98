"""The project's own TypeScript as a judge: what it says of changed files that it did not say before.

Node runs the compiler that the project has in node_modules, with the changed texts in memory. That runs code of the
workspace, as every editor's TypeScript does, so it is only done where the user has asked for something: never for a
completion while typing. A project without TypeScript 5 or 6 (7 has no such interface) is not type-checked.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from krepis.kernel.node import NodeError, find_node
from krepis.server.run import text_of
from krepis.twin.options import SourceFile

TIMEOUT_S: Final = 120.0
MAX_REPORTED: Final = 20
TypeCheck = Callable[
    [Sequence[SourceFile], Sequence[SourceFile], Sequence[SourceFile]], tuple[tuple[str, int, str], ...]
]
"""From the program before, after, and the changed files of it to (file, line from 1, message)."""
_SCRIPT: Final = Path(__file__).with_name("check_types.cjs")


def compiler_of(root: Path) -> Path | None:
    """The TypeScript of a project: the nearest node_modules that has one with a programming interface."""
    for folder in (root, *root.parents):
        library = folder / "node_modules" / "typescript" / "lib" / "typescript.js"
        if library.is_file():
            return library
    return None


def type_check(root: Path, node: str | None = None) -> TypeCheck | None:
    """A check with the project's TypeScript; None when it has none, or there is no Node."""
    library = compiler_of(root)
    if library is None:
        return None
    try:
        program = find_node(node).program
    except NodeError:
        return None

    def run(
        before: Sequence[SourceFile], after: Sequence[SourceFile], changed: Sequence[SourceFile]
    ) -> tuple[tuple[str, int, str], ...]:
        shown = {str(file.absolute): file.path for file in changed}
        request = {
            "typescript": str(library),
            "root": str(root),
            "before": {str(file.absolute): text_of(file) for file in before},
            "after": {str(file.absolute): text_of(file) for file in after},
            "changed": list(shown),
        }
        try:
            done = subprocess.run(
                [program, _SCRIPT], input=json.dumps(request), capture_output=True, text=True, timeout=TIMEOUT_S
            )
            found = json.loads(done.stdout)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            return (("", 1, f"the project's TypeScript gave no answer ({type(error).__name__})"),)
        return tuple((shown[path], line, message) for path, line, message in found[:MAX_REPORTED])

    return run
