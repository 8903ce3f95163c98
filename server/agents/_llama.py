"""The only module that knows cyllama: a model, its context of sequences, and the samplers of requests.

A sequence is a number; what it holds are cells of one common memory, which sequences share after `copy`. `abort` may
be called from any thread: C code looks at its flag between two operations of the graph, so a batch ends within
milliseconds. After `Aborted` or `Full`, a part of the batch may be in memory; the caller cuts it off.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, Final

from krepis.server.agents.messages import Load

BATCH: Final = 128
"""The most tokens decoded in one call. More is hardly faster on a CPU, and a batch is aborted between two operations,
each of which takes longer the larger it is."""
SEQUENCES: Final = 8
_MARK: Final = "\u2063krepis\u2063"
"""Stands for a message's content when a template is applied."""
_CHATML: Final = ("<|im_start|>", "\n", "<|im_end|>\n")


class Aborted(Exception):
    """The batch was ended by `abort`."""


class Full(Exception):
    """The memory has no room for the batch."""


class Llama:
    """A loaded model. Raises RuntimeError or ValueError when it cannot be loaded."""

    def __init__(self, load: Load) -> None:
        from cyllama.llama import llama_cpp as library  # only here, so that everything else works without it

        library.disable_logging()
        self._library = library
        parameters = library.LlamaModelParams()
        parameters.n_gpu_layers = load.gpu_layers
        self._model = library.LlamaModel(load.file, parameters)
        wanted = library.LlamaContextParams()
        wanted.n_ctx = min(load.context, self._model.n_ctx_train)
        wanted.n_batch = wanted.n_ubatch = BATCH
        wanted.n_seq_max = SEQUENCES
        wanted.n_threads = wanted.n_threads_batch = load.threads
        wanted.kv_unified = True
        self._context = library.LlamaContext(self._model, wanted)
        self._context.install_cancel_callback()
        self._vocabulary = self._model.get_vocab()
        self._batch = library.LlamaBatch(n_tokens=BATCH, embd=0, n_seq_max=1)
        self._bar: int = self.tokens("|", False)[-1]
        self.context: int = self._context.n_ctx
        self.infill: tuple[int, int, int] | None = None
        marks = (self._vocabulary.fim_prefix(), self._vocabulary.fim_suffix(), self._vocabulary.fim_middle())
        if min(marks) >= 0:
            self.infill = marks

    def tokens(self, text: str, control: bool) -> list[int]:
        """The tokens of a text; those that steer the model only where `control` allows them."""
        return list(self._vocabulary.tokenize(text, False, control)) if text else []

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens; what is not yet a whole character is U+FFFD."""
        bar = self._bar
        return self._raw([bar, *tokens, bar])[len(self._raw([bar])) : -1]

    def _raw(self, tokens: Sequence[int]) -> str:
        """The text of tokens without the space around it, which the library takes away."""
        size = 32 * len(tokens) + 64
        while True:
            with contextlib.suppress(RuntimeError, ValueError, MemoryError):
                return str(self._vocabulary.detokenize(list(tokens), size, False, False))
            size *= 4

    def ends(self, token: int) -> bool:
        return bool(self._vocabulary.is_eog(token))

    def start(self) -> list[int]:
        """The token that a prompt begins with, where the model wants one."""
        return [self._vocabulary.token_bos()] if self._vocabulary.get_add_bos() else []

    def around(self, roles: Sequence[str]) -> list[str]:
        """The text of the model's chat template before each message's content, and after the last one."""
        message = self._library.LlamaChatMessage
        try:
            chat = [message(role=role, content=f"{_MARK}{at}{_MARK}") for at, role in enumerate(roles)]
            text: str = self._model.chat_apply_template(None, chat, True)
            parts = []
            for at in range(len(roles)):
                before, text = text.split(f"{_MARK}{at}{_MARK}")
                parts.append(before)
            return [*parts, text]
        except (RuntimeError, ValueError, TypeError):  # none, or one that is not known
            begin, line, end = _CHATML
            heads = [f"{end if at else ''}{begin}{role}{line}" for at, role in enumerate(roles)]
            return [*heads, f"{end}{begin}assistant{line}"]

    def decode(self, items: Sequence[tuple[int, int, int, bool]]) -> None:
        """Decode (token, position, sequence, whether its logits are wanted). Raises Aborted and Full."""
        self._batch.clear()
        for token, position, sequence, wanted in items:
            self._batch.add(token, position, [sequence], wanted)
        try:
            self._context.decode(self._batch)
        except InterruptedError as error:
            self._context.cancel = False
            raise Aborted from error
        except ValueError as error:
            raise Full from error

    def abort(self) -> None:
        self._context.cancel = True

    def copy(self, source: int, target: int, length: int) -> None:
        """Let `target` share the first tokens of `source`."""
        self._context.memory_seq_cp(source, target, 0, length)

    def cut(self, sequence: int, start: int) -> None:
        """Forget what a sequence holds from a position on."""
        if not self._context.memory_seq_rm(sequence, start, -1):
            self._context.memory_seq_rm(sequence, 0, -1)  # a recurrent model cannot forget a part
            if start:
                raise Full

    def sampler(self, temperature: float, seed: int, grammar: str) -> Any:
        """A sampler for one request, to give to `sample`. Raises ValueError for a grammar that is none."""
        chain = self._library.LlamaSampler(self._library.LlamaSamplerChainParams())
        if grammar:
            chain.add_grammar(self._vocabulary, grammar, "root")
        if temperature <= 0:
            chain.add_greedy()
        else:
            chain.add_top_k(40)
            chain.add_top_p(0.95, 1)
            chain.add_temp(temperature)
            chain.add_dist(seed)
        return chain

    def sample(self, sampler: Any, index: int) -> int:
        """The next token after the item `index` of the last batch."""
        return int(sampler.sample(self._context, index))
