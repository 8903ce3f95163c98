"""A file that was opened is looked at while nothing is asked, so that an edit of it finds what it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from krepis.server.config import Settings
from krepis.server.lsp._engine import Context, Engine, News, Opened, Task, perform
from krepis.twin.typescript import analysis

TEXT = """const sizes = new Map<string, number>();
export async function put(id: string): Promise<void> {
  await fetch('https://put.test');
  sizes.set(id, 1);
}
export async function drop(id: string): Promise<void> {
  await fetch('https://drop.test');
  sizes.delete(id);
}
"""


def test_the_first_edit_of_an_opened_file_explores_what_it_concerns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    alone = analysis.profile_entry

    def explored(program: Any, entry: Any, *rest: Any) -> Any:
        seen.append(entry.name)
        return alone(program, entry, *rest)

    monkeypatch.setattr(analysis, "profile_entry", explored)
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "sizes.ts"
    path.write_text(TEXT)
    engine, settings = Engine(), Settings(root=tmp_path, cache=False, jobs=1)
    told: list[News] = []
    context = Context(lambda progress: None, told.append, lambda: False, lambda message: None)
    news = engine.verify(Task(tmp_path, settings, {}), context)
    perform(engine, Opened(Task(tmp_path, settings, {path: TEXT}, heard=news.number)), context)
    engine.rest(lambda: False)
    seen.clear()
    text = TEXT.replace("  sizes.delete(id);", "  void 0;\n  sizes.delete(id);")
    told.clear()
    told.append(engine.verify(Task(tmp_path, settings, {path: text}, (), (path,), news.number), context))
    assert seen == ["drop"]
    view = [news.files["sizes.ts"] for news in told if "sizes.ts" in news.files][-1]
    assert view is not None and [entry.line for entry in view.entries] == [2, 6]
