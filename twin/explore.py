"""Searches: of `Program`s in the C engine, and of programs that the caller executes (`Explorer`).

`Explorer` is dynamic partial order reduction turned inside out: the caller runs the program, the engine only says
which process steps next. Its rules are in the class docstring.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from krepis.twin import _binding

ExplorerAlgorithm = Literal["optimal", "source", "exhaustive", "random", "pct", "round-robin"]


class Explorer:
    """Which process steps next, over all executions of a program that the caller runs.

    ::

        explorer = Explorer()
        while explorer.start():
            while enabled:
                process = explorer.choose(enabled)
                if process < 0:
                    break                      # redundant, or `max_steps` reached: give this run up
                ...                            # execute one step of `process`
                explorer.record(process, reads, writes, created)
            explorer.finish()

    Rules for the caller. Processes and objects are integers; processes are not negative. Executions are
    deterministic: the same choices lead to the same steps with the same accesses, and a process has the same id in
    executions that differ only in the order of independent steps. A process becomes possible only by its creator or
    by its own steps, or, for locks, as told by `acquires`/`releases`; every step is executed from a state that
    it was offered in. Two steps are dependent when both access an object and one of them writes it, when both acquire
    the same lock, when one created the other's process, and when they belong to one process.

    `optimal` explores one run per class of equivalent runs and gives up none (`blocked` stays 0) as long as `branch`
    is not used; `source` may give some up; `exhaustive` runs every schedule; `random`, `pct` and
    `round-robin` sample `max_traces` runs (1 when it is 0).
    """

    def __init__(
        self,
        algorithm: ExplorerAlgorithm = "optimal",
        *,
        seed: int = 0,
        max_traces: int = 0,
        max_steps: int = 0,
        pct_depth: int = 3,
    ) -> None:
        sampled = algorithm in ("random", "pct", "round-robin")
        runs = max_traces or (1 if sampled else 0)
        self._core = _binding.Core(algorithm, seed % 2**64, runs, max_steps, pct_depth)
        self.start = self._core.start
        self.choose = self._core.choose
        self.branch = self._core.branch
        self.finish = self._core.finish
        self.pending = self._core.pending
        self.schedule = self._core.schedule

    def record(
        self,
        process: int,
        reads: Sequence[int] = (),
        writes: Sequence[int] = (),
        created: Sequence[int] = (),
        acquires: Sequence[int] = (),
        releases: Sequence[int] = (),
    ) -> None:
        """What the step that `choose` asked for touched, and which processes it created."""
        self._core.record(process, reads, writes, created, acquires, releases)

    @property
    def traces(self) -> int:
        """Complete runs so far (those cut off by `max_steps` included)."""
        return self._core.counts()[0]

    @property
    def blocked(self) -> int:
        """Runs given up because they were equivalent to earlier ones."""
        return self._core.counts()[1]

    @property
    def steps(self) -> int:
        """Steps executed in all runs together."""
        return self._core.counts()[2]

    @property
    def diverged(self) -> int:
        """Runs given up because the program did not repeat what it did before; must be 0."""
        return self._core.counts()[4]

    @property
    def stopped_by(self) -> str | None:
        """The limit that ended the exploration early ("traces", "memory"), or None."""
        return _binding.STOPS.get(self._core.counts()[3])
