"""`tsconfig.json` as far as it matters here: options of the compiler, and where a file goes on."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def read_tsconfig(path: Path) -> tuple[dict[str, Any], Any]:
    """compilerOptions and `extends` of a tsconfig file, which may hold comments and trailing commas."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return {}, None
    text = re.sub(r'("(?:\\.|[^"\\])*")|/\*.*?\*/|//[^\n]*', lambda m: m.group(1) or "", text, flags=re.S)
    text = re.sub(r",(\s*[}\]])", r"\1", text)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}, None
    if not isinstance(data, dict):
        return {}, None
    options = data.get("compilerOptions")
    return (options if isinstance(options, dict) else {}), data.get("extends")
