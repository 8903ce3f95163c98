"""What the prefix cache saves, and how soon a cancelled request is gone.

python benchmarks/ai/latency.py [--model NAME]
"""

from __future__ import annotations

import argparse
import threading
import time
from pathlib import Path

from krepis.server.agents import prompts
from krepis.server.agents.messages import Ask, Cancellation, Chat, Completion, Infill, Message, Source
from krepis.server.agents.source import open_source
from krepis.server.config import AiSettings

CODE = Path(__file__).parents[2] / "examples" / "shop" / "src" / "routes.ts"
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    source = open_source(AiSettings(model=parser.parse_args().model))
    text = CODE.read_text(encoding="utf-8")[:3_000]
    source.complete(Ask(prompt=Infill("const a ="), max_tokens=1))
    show("a file for the first time", source.complete(Ask(prompt=Infill(text), max_tokens=8)))
    show("the same file again", source.complete(Ask(prompt=Infill(text), max_tokens=8)))
    show("after an edit of its last line", source.complete(Ask(prompt=Infill(text + "\nconst edited ="), max_tokens=8)))
    show("a first repair", repair(source, "function a() {}"))
    show("another repair", repair(source, "function b() {}"))
    print("a cancelled request, in the middle of its prompt, is answered after (ms):", cancelled(source, text))
    source.close()


def repair(source: Source, code: str) -> Completion:
    return source.complete(Ask(prompt=Chat((prompts.REPAIR, Message("user", code)), shared=1), max_tokens=1))


def cancelled(source: Source, text: str) -> list[float]:
    found = []
    for number in range(ROUNDS):
        cancellation, at = Cancellation(), [0.0]

        def stop(cancellation: Cancellation = cancellation, at: list[float] = at) -> None:
            at[0] = time.monotonic()
            cancellation.cancel()

        threading.Timer(0.3, stop).start()
        source.complete(Ask(prompt=Infill(f"// {number}\n{text[::-1]}"), max_tokens=64), None, cancellation)
        found.append(round((time.monotonic() - at[0]) * 1000, 1))
    return sorted(found)


def show(what: str, done: Completion) -> None:
    fresh = done.prompt_tokens - done.reused
    share = fresh / done.prompt_tokens
    print(
        f"{what}: {fresh} of {done.prompt_tokens} tokens decoded ({share:.0%}), {done.first_s:.2f} s to the first token"
    )


if __name__ == "__main__":
    main()
