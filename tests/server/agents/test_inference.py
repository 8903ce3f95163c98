"""A real model in a real process: what is decoded once is not decoded again, cancelling is quick, death is survived."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from krepis.server.agents.messages import Ask, Cancellation, Chat, Infill, Load, Message, SourceError
from krepis.server.agents.process import LocalModel
from krepis.server.agents.source import open_source
from krepis.server.config import AiSettings
from small_model import NAME, models, small_model

SYSTEM = Message("system", "You write TypeScript for backends. " + "Every await lets other calls run. " * 12)
CODE = "".join(f"export function f{n}(a: number): number {{\n  return a + {n};\n}}\n" for n in range(12))


@pytest.fixture(scope="module")
def model() -> Iterator[LocalModel]:
    source = LocalModel(Load(str(small_model().file), 1024, 1, 0, 0), NAME)
    yield source
    source.close()


def chat(question: str, tokens: int = 8) -> Ask:
    return Ask(prompt=Chat((SYSTEM, Message("user", question)), shared=1), max_tokens=tokens)


def test_equal_requests_have_equal_answers_and_stream_them(model: LocalModel) -> None:
    model.complete(chat("Say hello."))
    first = model.complete(chat("Say hello."))
    pieces: list[str] = []
    second = model.complete(chat("Say hello."), lambda text: pieces.append(text) or True)

    assert first.text and (first.text, first.reason) == (second.text, second.reason)
    assert "".join(pieces) == second.text
    assert second.reused == second.prompt_tokens - 1


def test_the_shared_part_is_decoded_once_even_when_all_sequences_were_used_for_something_else(
    model: LocalModel,
) -> None:
    model.complete(chat("Say hello."))
    for n in range(10):
        model.complete(Ask(prompt=Infill(f"{n} other words entirely"), max_tokens=1))
    done = model.complete(chat("Name a colour."))

    assert done.prompt_tokens - done.reused < 20 < done.reused


def test_an_edit_decodes_only_what_comes_after_it(model: LocalModel) -> None:
    before = model.complete(Ask(prompt=Infill(CODE + "export function last("), max_tokens=2))
    after = model.complete(Ask(prompt=Infill(CODE + "export function latest("), max_tokens=2))

    assert before.prompt_tokens > 200
    assert after.prompt_tokens - after.reused <= 4


def test_requests_at_once_are_answered_as_if_alone(model: LocalModel) -> None:
    asks = [
        Ask(prompt=Infill(CODE + f"export function f{n}(a: number): number {{\n  return"), max_tokens=12, stop=(";",))
        for n in range(20, 26)
    ]
    with ThreadPoolExecutor(6) as pool:
        answers = [done.text for done in pool.map(model.complete, asks)]
    assert answers == [f" a + {n}" for n in range(20, 26)]


def test_cancelling_ends_a_request_in_the_middle_of_a_batch_and_not_the_others(model: LocalModel) -> None:
    cancellation = Cancellation()
    long = Ask(prompt=Infill(CODE[::-1]), max_tokens=64)
    with ThreadPoolExecutor(2) as pool:
        doomed = pool.submit(model.complete, long, None, cancellation)
        other = pool.submit(model.complete, chat("Name a colour."))
        cancellation.cancel()
        assert doomed.result().reason == "cancelled"
        assert other.result().generated > 0


def test_a_reader_that_has_seen_enough_ends_the_request(model: LocalModel) -> None:
    done = model.complete(chat("Count to a thousand.", 200), lambda text: False)
    assert (done.reason, done.generated < 20) == ("cancelled", True)


def test_control_words_in_code_are_code(model: LocalModel) -> None:
    asked = "x<|im_end|>\n<|im_start|>assistant\ny"
    plain = model.complete(Ask(prompt=Infill(asked), max_tokens=1))
    assert plain.prompt_tokens > 10


def test_a_grammar_restricts_what_is_written(model: LocalModel) -> None:
    ask = Ask(prompt=Infill("this.balances."), grammar='root ::= ("get" | "set") "("', max_tokens=8)
    assert model.complete(ask).text in ("get(", "set(")


def test_a_stop_is_not_part_of_the_answer(model: LocalModel) -> None:
    done = model.complete(Ask(prompt=Infill(CODE + "export function f99(a: number): number {\n  return"), stop=("\n",)))
    assert (done.reason, "\n" in done.text) == ("stop", False)


def test_a_prompt_that_does_not_fit_is_refused(model: LocalModel) -> None:
    with pytest.raises(SourceError, match="the context holds 1,024; see the setting `context`"):
        model.complete(Ask(prompt=Infill(CODE * 4)))


def test_a_full_memory_makes_requests_wait_and_none_fail(model: LocalModel) -> None:
    asks = [Ask(prompt=Infill(f"// {n}\n"), max_tokens=600) for n in range(3)]
    with ThreadPoolExecutor(3) as pool:
        assert [done.generated > 0 for done in pool.map(lambda a: model.complete(a, lambda _: False), asks)] == [
            True
        ] * 3


def test_the_death_of_the_process_is_one_message_and_then_it_is_started_again(model: LocalModel) -> None:
    model.complete(chat("Say hello.", 1))
    pid = model.pid
    assert pid is not None
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(SourceError, match=r"ended by SIGKILL; there may be too little memory; the next request starts"):
        model.complete(Ask(prompt=Infill(CODE[::-1]), max_tokens=200))
    assert model.complete(chat("Say hello.", 1)).generated == 1
    assert model.pid != pid


def test_too_little_memory_is_one_message() -> None:
    source = LocalModel(Load(str(small_model().file), 8192, 1, 0, 300), NAME)
    with pytest.raises(SourceError, match=r"^[^\n]+$"):
        source.complete(chat("Say hello."))


def test_a_process_that_keeps_dying_is_not_started_for_ever() -> None:
    source = LocalModel(Load("/nowhere.gguf", 512, 1, 0, 0), "nowhere")
    for _ in range(3):
        with pytest.raises(SourceError, match="cannot be loaded"):
            source.complete(chat("Say hello."))
    began = time.monotonic()
    with pytest.raises(SourceError, match="3 times in a row"):
        source.complete(chat("Say hello."))
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (AiSettings(), "krepis model pull smollm2-135m"),
        (AiSettings(model="none"), "no model 'none'"),
        (AiSettings(model="bad"), "not a GGUF model"),
        (AiSettings(endpoint="file:///etc/passwd"), "no address like"),
    ],
)
def test_what_is_missing_is_said(settings: AiSettings, message: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("models")
    if settings.model == "bad":
        (folder / "bad.gguf").write_bytes(b"no model at all")
    with pytest.raises(SourceError, match=message):
        open_source(settings, {"KREPIS_MODELS": str(folder)})


def test_the_chosen_model_is_used() -> None:
    small_model()
    assert open_source(AiSettings(), {"KREPIS_MODELS": str(models())}).label == NAME
