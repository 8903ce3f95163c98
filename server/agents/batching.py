"""Continuous batching: all requests in one batch, and nothing decoded twice.

Each step decodes one batch: the last token of every request that generates, and as many tokens of prompts as there is
room for. A request starts from the sequence that has most of its prompt decoded already. It goes on in that sequence
when that one is idle and little of it would be lost, and otherwise in the one that was used longest ago, which then
shares the decoded part. What a request calls shared is kept in a sequence of its own (pinned), so that it is there
when all others have been used for something else. When memory is full, idle sequences are forgotten, the least
recently used first, pinned ones last; a request that would not fit beside those that run waits for them.

`Batcher` is used by one thread; only `running`, which is replaced as a whole, is read by another one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from krepis.server.agents._llama import BATCH, SEQUENCES, Aborted, Full, Llama
from krepis.server.agents.messages import Ask, Chat, Completion, Done, FromProcess, Piece, Refused

PINNED: Final = 2
"""Sequences that hold what requests share; the first ones."""
MIN_PINNED: Final = 32
"""Tokens; less is not worth a sequence."""
MAX_WAITING: Final = 64

Reason = Literal["end", "stop", "length", "time", "cancelled"]


@dataclass(slots=True)
class _Sequence:
    number: int
    tokens: list[int] = field(default_factory=list)
    """What is decoded."""
    used: int = 0
    busy: bool = False


@dataclass(slots=True)
class _Job:
    number: int
    ask: Ask
    prompt: list[int]
    shared: int
    sampler: Any
    began: float
    at: _Sequence | None = None
    reused: int = 0
    generated: list[int] = field(default_factory=list)
    sent: int = 0
    """Characters."""
    first_s: float = 0.0


class Batcher:
    """The requests of one model."""

    def __init__(self, llama: Llama) -> None:
        self._llama = llama
        self._sequences = [_Sequence(number) for number in range(SEQUENCES)]
        self._waiting: deque[_Job] = deque()
        self._jobs: list[_Job] = []
        self._clock = 0
        self.running: frozenset[int] = frozenset()
        """The requests in the batch that is being decoded."""

    @property
    def idle(self) -> bool:
        return not self._jobs and not self._waiting

    def add(self, number: int, ask: Ask) -> Iterator[FromProcess]:
        """Take a request; says so when it cannot be served."""
        if len(self._waiting) >= MAX_WAITING:
            yield Refused(number, f"{MAX_WAITING} requests are waiting for the model; try again later")
            return
        prompt, shared = _prompt(self._llama, ask)
        if len(prompt) + ask.max_tokens > self._llama.context:
            yield Refused(
                number,
                f"the prompt has {len(prompt):,} tokens and the answer may have {ask.max_tokens:,}, "
                f"but the context holds {self._llama.context:,}; see the setting `context` of [ai]",
            )
            return
        sampler = self._llama.sampler(ask.temperature, ask.seed, ask.grammar)
        self._waiting.append(_Job(number, ask, prompt, shared, sampler, time.monotonic()))

    def cancel(self, number: int) -> Iterator[FromProcess]:
        """End a request; what was decoded for it stays for the next one."""
        for job in [*self._waiting, *self._jobs]:
            if job.number == number:
                yield self._finish(job, "cancelled")

    def step(self) -> Iterator[FromProcess]:
        """Decode one batch."""
        self._start_waiting()
        items: list[tuple[int, int, int, bool]] = []
        wanted: list[tuple[_Job, int]] = []
        before = {job.number: len(_at(job).tokens) for job in self._jobs}
        for job in sorted(self._jobs, key=lambda j: not j.generated):  # those that generate first
            sequence = _at(job)
            done = len(sequence.tokens)
            rest = (job.prompt + job.generated)[done : done + BATCH - len(items)]
            if not rest:
                continue
            last = done + len(rest) == len(job.prompt) + len(job.generated)
            items += [
                (token, done + at, sequence.number, last and at == len(rest) - 1) for at, token in enumerate(rest)
            ]
            sequence.tokens += rest
            if last:
                wanted.append((job, len(items) - 1))
        if not items:
            return
        self.running = frozenset(job.number for job in self._jobs)
        try:
            self._llama.decode(items)
        except (Aborted, Full) as error:
            for job in self._jobs:
                self._cut(_at(job), before[job.number])
            if isinstance(error, Full):
                yield from self._make_room()
            return
        finally:
            self.running = frozenset()
        for job, index in wanted:
            yield from self._sampled(job, self._llama.sample(job.sampler, index))

    def _start_waiting(self) -> None:
        while self._waiting and (idle := [s for s in self._sequences[PINNED:] if not s.busy]):
            if self._jobs and self._needed() + _room(self._waiting[0]) > self._llama.context:
                return  # it would only push out those that run
            if self._soon_decoded(self._waiting[0]):
                return
            job = self._waiting.popleft()
            self._clock += 1
            best = max(self._sequences, key=lambda s: _common(s.tokens, job.prompt))
            length = min(_common(best.tokens, job.prompt), len(job.prompt) - 1)
            if best in idle and 2 * length >= len(best.tokens):
                target = best
                self._cut(target, length)
            else:
                target = min(idle, key=lambda s: s.used)
                self._cut(target, 0)
                if length:
                    self._llama.copy(best.number, target.number, length)
                    target.tokens = best.tokens[:length]
            best.used = target.used = self._clock
            target.busy = True
            job.at, job.reused = target, len(target.tokens)
            self._jobs.append(job)

    def _soon_decoded(self, waiting: _Job) -> bool:
        """Whether much of a prompt is being decoded for another request."""
        for job in self._jobs:
            common = _common(job.prompt, waiting.prompt)
            if common - len(_at(job).tokens) >= MIN_PINNED:
                return True
        return False

    def _needed(self) -> int:
        return sum(map(_room, self._jobs))

    def _sampled(self, job: _Job, token: int) -> Iterator[FromProcess]:
        """Take over a token, and say what is new of the text."""
        now = time.monotonic()
        if not job.generated:
            job.first_s = now - job.began
            self._pin(job)
        if self._llama.ends(token):
            yield from self._tell(job, whole=True)
            yield self._finish(job, "end")
            return
        job.generated.append(token)
        yield from self._tell(job, whole=False)
        if job not in self._jobs:
            return
        if len(job.generated) >= job.ask.max_tokens:
            yield from self._tell(job, whole=True)
            if job in self._jobs:
                yield self._finish(job, "length")
        elif now - job.began > job.ask.time_limit_s:
            yield self._finish(job, "time")

    def _tell(self, job: _Job, whole: bool) -> Iterator[FromProcess]:
        text = self._llama.text(job.generated)
        ends = [at for stop in job.ask.stop if (at := text.find(stop)) >= 0]
        end = min(ends) if ends else len(text) if whole else _certain(text, job.ask.stop)
        if end > job.sent:
            yield Piece(job.number, text[job.sent : end])
            job.sent = end
        if ends:
            yield self._finish(job, "stop")

    def _finish(self, job: _Job, reason: Reason) -> FromProcess:
        if job in self._jobs:
            self._jobs.remove(job)
        else:
            self._waiting.remove(job)
        if job.at is not None:
            job.at.busy = False
        text = self._llama.text(job.generated)[: job.sent] if job.generated else ""
        total = time.monotonic() - job.began
        return Done(
            job.number,
            Completion(text, reason, len(job.prompt), job.reused, len(job.generated), job.first_s, total),
        )

    def _pin(self, job: _Job) -> None:
        """Keep what a request shares."""
        pinned = self._sequences[:PINNED]
        if job.shared < MIN_PINNED:
            return
        for sequence in pinned:
            if _common(sequence.tokens, job.prompt) >= job.shared:
                sequence.used = self._clock
                return
        target = min(pinned, key=lambda s: s.used)
        self._cut(target, 0)
        self._llama.copy(_at(job).number, target.number, job.shared)
        target.tokens, target.used = job.prompt[: job.shared], self._clock

    def _make_room(self) -> Iterator[FromProcess]:
        """Forget something that is idle."""
        idle = [s for s in self._sequences if not s.busy and s.tokens]
        if idle:
            self._cut(min(idle, key=lambda s: (s.number < PINNED, s.used)), 0)
            return
        for job in list(self._jobs):  # what was counted as shared is not, or a sequence could not be cut
            self._finish(job, "length")
            yield Refused(job.number, "the context is full; see the setting `context` of [ai]")

    def _cut(self, sequence: _Sequence, length: int) -> None:
        try:
            self._llama.cut(sequence.number, length)
            del sequence.tokens[length:]
        except Full:
            sequence.tokens.clear()


def _room(job: _Job) -> int:
    """The most cells that a request takes, without those that it shares with a pinned sequence."""
    return len(job.prompt) - job.shared + job.ask.max_tokens


def _at(job: _Job) -> _Sequence:
    assert job.at is not None, "a job that runs has a sequence"
    return job.at


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """How many first tokens are equal."""
    for at, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return at
    return min(len(a), len(b))


def _certain(text: str, stops: Sequence[str]) -> int:
    """Characters that no further token changes: without half a character, or the start of a stop."""
    end = len(text.rstrip("\ufffd"))
    for stop in stops:
        for length in range(min(len(stop), end), 0, -1):
            if text.endswith(stop[:length], 0, end):
                end -= length
                break
    return end


def _prompt(llama: Llama, ask: Ask) -> tuple[list[int], int]:
    """The tokens of a request, and how many of them it shares with others."""
    tokens = llama.start()
    shared = 0
    prompt = ask.prompt
    if isinstance(prompt, Chat):
        heads = llama.around([message.role for message in prompt.messages])
        if heads and heads[0].startswith(llama.text(tokens) or "\0"):
            tokens = []  # the template has it
        for at, (head, message) in enumerate(zip(heads, prompt.messages, strict=False)):
            tokens += llama.tokens(head, True) + llama.tokens(message.content, False)
            if at + 1 == prompt.shared:
                shared = len(tokens)
        return tokens + llama.tokens(heads[-1], True) + llama.tokens(prompt.opening, False), shared
    prefix = llama.tokens(prompt.prefix, False)
    if llama.infill is None:
        return tokens + prefix or [0], 0
    before, after, middle = llama.infill
    return [*tokens, before, *prefix, after, *llama.tokens(prompt.suffix, False), middle], 0
