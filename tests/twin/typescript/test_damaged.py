"""A project of which files are cut off, shuffled or nested without end: the rest is verified, and nothing breaks.

`KREPIS_FUZZ` sets how much is tried; `make soak` tries much.
"""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.verify import verify

SHOP = Path(__file__).parents[3] / "examples" / "shop"
FILES = ("services/loyalty.ts", "cache/redis.ts", "cache/cart-cache.ts", "middleware/rate-limit.ts")
EXAMPLES = max(8, int(os.environ.get("KREPIS_FUZZ", "0")) // 20)
TOKENS = (
    "await ", "async ", "yield ", "}", "{", "(", ")", "`${", "=>", "...", "?.", "??=", "#x", "@a ", "/*", "'", "\\u{",
    "class ", "for (;;) ", "do ", "switch (x) {", "return ", "new ", "<T>", "/[", "\0", "\ufeff", "\U0001f40d", "\r",
)  # fmt: skip
DEEP = 3_000


def damaged(text: str, rng: random.Random) -> str:
    """The text after one to four mutations."""
    for _ in range(rng.randint(1, 4)):
        a, b = sorted((rng.randrange(len(text) + 1), rng.randrange(len(text) + 1)))
        part = text[a : min(b, a + 200)]
        token = rng.choice(TOKENS)
        text = rng.choice(
            (
                text[:a],
                text[:a] + text[b:],
                text[:a] + part + text[a:],
                text[:a] + token + text[a:],
                text[:a] + token * rng.choice((2, 40)) + text[b:],
                text[:a] + rng.choice(("(", "[", "{", "!", "a=>", "if(x)", "`${")) * DEEP + text[a:],
                text[:a] + part[::-1] + text[a + len(part) :],
            )
        )
    return text


@pytest.mark.parametrize("seed", range(EXAMPLES))
def test_damaged_files(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    shutil.copytree(SHOP / "src", tmp_path / "src")
    name = FILES[seed % len(FILES)]
    path = tmp_path / "src" / name
    path.write_text(damaged(path.read_text(encoding="utf-8"), rng), encoding="utf-8", newline="")
    sources = [SourceFile(f"src/{n}", tmp_path / "src" / n) for n in FILES]
    report = verify(sources, Options(root=tmp_path, jobs=1, time_limit_s=2.0))
    assert not report.failures
    assert report.summary.files == len(FILES)
    assert {e.file for e in report.entry_points} >= {s.path for s in sources if s.path != f"src/{name}"}
