"""A source that answers what models have answered, so that a loop around one can be tested without chance."""

from __future__ import annotations

from collections.abc import Sequence

from krepis.server.agents.messages import Ask, Cancellation, Chat, Completion, OnText


class Recorded:
    """Gives its answers one after the other, in small pieces, and remembers what it was asked."""

    label = "recorded"

    def __init__(self, answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[Ask] = []

    def complete(self, ask: Ask, on_text: OnText | None = None, cancellation: Cancellation | None = None) -> Completion:
        self.asked.append(ask)
        text = ""
        answer = self.answers.pop(0)
        for start in range(0, len(answer), 7):
            text += answer[start : start + 7]
            if on_text is not None and not on_text(answer[start : start + 7]):
                break
        return Completion(text, "end")

    def close(self) -> None:
        pass

    def prompt(self, number: int) -> str:
        """All that was said in a request."""
        chat = self.asked[number].prompt
        assert isinstance(chat, Chat)
        return "\n".join(message.content for message in chat.messages)
