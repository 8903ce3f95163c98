"""The only module that touches cffi data: plain Python values in, plain Python values out.

Every function here is a thin face of one C function of `krepis_twin.h`; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Sequence

from krepis.twin._engine import ffi, lib

ALGORITHMS = {
    "stateful": 0,
    "schedules": 1,
    "optimal": 2,
    "source": 3,
    "exhaustive": 4,
    "random": 5,
    "pct": 6,
    "round-robin": 7,
    "replay": 8,
}
STOPS = {1: "states", 2: "depth", 3: "memory", 4: "seconds", 5: "traces", 6: "cancelled", 7: "schedule"}
ERRORS = {
    -1: "out of memory",
    -2: "malformed program",
    -3: "an argument is out of range",
    -4: "the program is too large for this search",
    -5: "call out of order",
}


class EngineError(RuntimeError):
    """The C engine refused a call."""


def check(code: int) -> int:
    """`code` itself, or `EngineError` when it is negative."""
    if code < 0:
        raise EngineError(ERRORS.get(code, f"error {code}"))
    return code


class Core:
    """A `kr_explorer`; the lists handed over are copied into buffers that live as long as the object."""

    __slots__ = ("_capacity", "_counts", "_created", "_created_capacity", "_explorer", "_ids")

    def __init__(self, algorithm: str, seed: int, max_traces: int, max_steps: int, pct_depth: int) -> None:
        pointer = lib.kr_explorer_new(ALGORITHMS[algorithm], seed, max_traces, max_steps, pct_depth)
        if pointer == ffi.NULL:
            raise EngineError(ERRORS[-3])
        self._explorer = ffi.gc(pointer, lib.kr_explorer_free)
        self._capacity = self._created_capacity = 64
        self._ids = ffi.new("int64_t[]", self._capacity)
        self._created = ffi.new("int64_t[]", self._created_capacity)
        self._counts = ffi.new("uint32_t[4]")

    def start(self) -> bool:
        return check(lib.kr_explorer_start(self._explorer)) == 1

    def choose(self, enabled: Sequence[int]) -> int:
        count = len(enabled)
        if count > self._capacity:
            self._grow(count)
        self._ids[0:count] = enabled
        chosen = lib.kr_explorer_choose(self._explorer, self._ids, count)
        return chosen if chosen >= -1 else check(chosen)

    def branch(self, alternatives: int) -> int:
        return check(lib.kr_explorer_branch(self._explorer, alternatives))

    def record(
        self,
        process: int,
        reads: Sequence[int],
        writes: Sequence[int],
        created: Sequence[int],
        acquires: Sequence[int],
        releases: Sequence[int],
    ) -> None:
        counts, ids = self._counts, self._ids
        first, second = len(reads), len(reads) + len(writes)
        total = second + len(acquires) + len(releases)
        if total > self._capacity:
            self._grow(total)
            ids = self._ids
        ids[0:first] = reads
        ids[first:second] = writes
        counts[0], counts[1] = first, second - first
        counts[2], counts[3] = len(acquires), len(releases)
        if total > second:
            ids[second:total] = [*acquires, *releases]
        children = len(created)
        if children > self._created_capacity:
            self._created_capacity = 2 * children
            self._created = ffi.new("int64_t[]", self._created_capacity)
        if children:
            self._created[0:children] = created
        code = lib.kr_explorer_record(self._explorer, process, ids, counts, self._created, children)
        if code < 0:
            check(code)

    def pending(self, process: int, lock: int) -> None:
        check(lib.kr_explorer_pending(self._explorer, process, lock))

    def finish(self) -> None:
        check(lib.kr_explorer_finish(self._explorer))

    def schedule(self) -> list[int]:
        length = lib.kr_explorer_schedule(self._explorer, ffi.NULL, 0)
        out = ffi.new("int64_t[]", max(1, length))
        lib.kr_explorer_schedule(self._explorer, out, length)
        return list(out[0:length])

    def counts(self) -> tuple[int, int, int, int, int]:
        """Traces, blocked runs, steps, why it stopped, runs that did not repeat their prefix."""
        out = ffi.new("uint64_t[5]")
        lib.kr_explorer_counts(self._explorer, out)
        return (out[0], out[1], out[2], out[3], out[4])

    def _grow(self, count: int) -> None:
        self._capacity = 2 * count
        self._ids = ffi.new("int64_t[]", self._capacity)
