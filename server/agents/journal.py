"""A record of what was asked of a model, what it answered, and what the gate said: one JSON object a line.

It is written below the project, in `.krepis/ai.jsonl`, and goes nowhere else. When it is long it becomes
`.krepis/ai.1.jsonl`, in place of the one before. Where it cannot be written, nothing else fails.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from krepis.server.agents.messages import Ask, Cancellation, Chat, Completion, OnText, Source
from krepis.server.run import own_folder

MAX_BYTES: Final = 4 << 20
"""Of one file."""


class Journal:
    """A source that keeps a record of what passes through it."""

    def __init__(self, source: Source, root: Path) -> None:
        self._source = source
        self._root = root

    @property
    def label(self) -> str:
        return self._source.label

    def complete(self, ask: Ask, on_text: OnText | None = None, cancellation: Cancellation | None = None) -> Completion:
        answer = self._source.complete(ask, on_text, cancellation)
        prompt = ask.prompt
        parts = prompt.messages if isinstance(prompt, Chat) else ()
        self._note(
            model=self.label,
            prompt=[{"role": part.role, "content": part.content} for part in parts],
            temperature=ask.temperature,
            answer=answer.text,
            ended=answer.reason,
            prompt_tokens=answer.prompt_tokens,
            reused=answer.reused,
            generated=answer.generated,
            seconds=round(answer.total_s, 3),
        )
        return answer

    def close(self) -> None:
        self._source.close()

    def telling(self, say: Callable[[str], None]) -> Callable[[str], None]:
        """What says a line, and notes it too."""

        def told(line: str) -> None:
            self._note(said=line)
            say(line)

        return told

    def _note(self, **what: Any) -> None:
        line = json.dumps({"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), **what}, ensure_ascii=False) + "\n"
        with contextlib.suppress(OSError):
            file = own_folder(self._root) / "ai.jsonl"
            if file.exists() and file.stat().st_size > MAX_BYTES:
                file.replace(file.with_name("ai.1.jsonl"))
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            with os.fdopen(os.open(file, flags, 0o600), "wb") as out:
                out.write(line.encode("utf-8", "backslashreplace"))
