"""The only module that touches cffi data: plain Python values in, plain Python values out.

Every function here is a thin face of one C function of `krepis_twin.h`; nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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

    __slots__ = ("_capacity", "_choose", "_created", "_created_capacity", "_explorer", "_ids", "_record")

    def __init__(self, algorithm: str, seed: int, max_traces: int, max_steps: int, pct_depth: int) -> None:
        pointer = lib.kr_explorer_new(ALGORITHMS[algorithm], seed, max_traces, max_steps, pct_depth)
        if pointer == ffi.NULL:
            raise EngineError(ERRORS[-3])
        self._explorer = ffi.gc(pointer, lib.kr_explorer_free)
        self._choose, self._record = lib.kr_explorer_choose, lib.kr_explorer_record
        self._capacity = self._created_capacity = 64
        self._ids = ffi.new("int64_t[]", self._capacity)
        self._created = ffi.new("int64_t[]", self._created_capacity)

    def start(self) -> bool:
        """Begin the next run; False when everything is explored or a limit was met."""
        return check(lib.kr_explorer_start(self._explorer)) == 1

    def choose(self, enabled: Sequence[int]) -> int:
        """The process to step next, out of those that can; -1: give this run up."""
        count = len(enabled)
        if count > self._capacity:
            self._grow(count)
        self._ids[0:count] = enabled
        chosen: int = self._choose(self._explorer, self._ids, count)
        return chosen if chosen >= -1 else check(chosen)

    def branch(self, alternatives: int) -> int:
        """Between `choose` and `record`: which of 1..64 possible results the step has in this run."""
        return check(lib.kr_explorer_branch(self._explorer, alternatives))

    def record(
        self,
        process: int,
        reads: Sequence[int] = (),
        writes: Sequence[int] = (),
        created: Sequence[int] = (),
        acquires: Sequence[int] = (),
        releases: Sequence[int] = (),
        *,
        conditional: bool = True,
    ) -> None:
        """What the step that `choose` asked for touched, and which processes it created."""
        objects = [*reads, *writes, *acquires, *releases]
        count, children = len(objects), len(created)
        if count > self._capacity:
            self._grow(count)
        self._ids[0:count] = objects
        if children:
            if children > self._created_capacity:
                self._created_capacity = 2 * children
                self._created = ffi.new("int64_t[]", self._created_capacity)
            self._created[0:children] = created
        code = self._record(
            self._explorer,
            process,
            self._ids,
            len(reads),
            len(writes),
            len(acquires),
            len(releases),
            self._created,
            children,
            conditional,
        )
        if code < 0:
            check(code)

    def record_fixed(
        self,
        process: int,
        reads: Sequence[int] = (),
        writes: Sequence[int] = (),
        created: Sequence[int] = (),
        acquires: Sequence[int] = (),
        releases: Sequence[int] = (),
    ) -> None:
        """`record` for a step that would touch the same whatever values it had read: a plain access."""
        self.record(process, reads, writes, created, acquires, releases, conditional=False)

    def pending(self, process: int, lock: int) -> None:
        """Before `finish`: the process waits for the lock and will not get it in this run."""
        check(lib.kr_explorer_pending(self._explorer, process, lock))

    def finish(self) -> None:
        """The run is over, complete or given up."""
        check(lib.kr_explorer_finish(self._explorer))

    def schedule(self) -> list[int]:
        """The processes of the last run, in the order in which they stepped."""
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


# -- searches ---------------------------------------------------------------------------------------------


class ProgramRefused(EngineError):
    """The decoder of the engine found a program malformed that Python let through."""


class Search:
    """A `kr_search` with its program; `run` releases the GIL, `cancel` may be called from another thread."""

    __slots__ = ("_program", "_search", "threads")

    def __init__(self, words: Sequence[int], options: Mapping[str, int | float]) -> None:
        error = ffi.new("int64_t[3]")
        program = lib.kr_program_new(ffi.new("int64_t[]", words), len(words), error)
        if program == ffi.NULL:
            raise ProgramRefused(f"{ERRORS.get(error[0], error[0])}: thread {error[1]}, instruction {error[2]}")
        self._program = ffi.gc(program, lib.kr_program_free)
        record = ffi.new("kr_options *", dict(options))
        code = ffi.new("int *")
        search = lib.kr_search_new(self._program, record, code)
        if search == ffi.NULL:
            check(code[0])
        self._search = ffi.gc(search, lib.kr_search_free)
        self.threads = int(words[5])

    def schedule(self, steps: Sequence[tuple[int, int]]) -> None:
        """Hands over the schedule to replay: pairs of process and alternative."""
        check(lib.kr_search_schedule(self._search, ffi.new("kr_step[]", list(steps)), len(steps)))

    def run(self) -> None:
        check(lib.kr_search_run(self._search))

    def cancel(self) -> None:
        lib.kr_search_cancel(self._search)

    def counts(self) -> dict[str, int | float]:
        """The fields of `kr_counts`."""
        out = ffi.new("kr_counts *")
        lib.kr_search_counts(self._search, out)
        return {name: getattr(out, name) for name, _ in ffi.typeof("kr_counts").fields}

    def outcomes(self, kind: int, count: int) -> list[list[int]]:
        """The first `count` outcomes: complete ones (kind 0) or deadlocked ones (kind 1)."""
        words = lib.kr_search_outcome_words(self._search)
        out = ffi.new("int64_t[]", words)
        result = []
        for index in range(count):
            check(lib.kr_search_outcome(self._search, kind, index, out))
            result.append(list(out))
        return result

    def finding(self, index: int) -> tuple[int, int, int, int]:
        """Kind, thread, instruction and detail."""
        out = ffi.new("kr_finding *")
        check(lib.kr_search_finding(self._search, index, out))
        return (out.kind, out.thread, out.pc, out.detail)

    def finding_schedule(self, index: int) -> list[tuple[int, int]]:
        out = ffi.new("kr_finding *")
        check(lib.kr_search_finding(self._search, index, out))
        steps = ffi.new("kr_step[]", out.steps + 1)
        if lib.kr_search_finding_schedule(self._search, index, steps) < 0:
            return []
        return [(steps[i].process, steps[i].choice) for i in range(out.steps)]

    def finding_waits(self, index: int) -> list[tuple[int, int, int, int]]:
        """Per thread: status, instruction that it waits in, its object, the thread that it waits for."""
        out = ffi.new("int32_t[][4]", self.threads)
        if lib.kr_search_finding_waits(self._search, index, out) < 0:
            return []
        return [(row[0], row[1], row[2], row[3]) for row in out]

    def last_schedule(self) -> list[tuple[int, int]]:
        length = lib.kr_search_last_schedule(self._search, ffi.NULL, 0)
        steps = ffi.new("kr_step[]", length + 1)
        lib.kr_search_last_schedule(self._search, steps, length)
        return [(steps[i].process, steps[i].choice) for i in range(length)]

    def process(self, process: int) -> tuple[int, int, int]:
        """Thread, shared word or -1, and whether it is a store buffer."""
        out = ffi.new("int32_t[3]")
        check(lib.kr_search_process(self._search, process, out))
        return (out[0], out[1], out[2])

    def term(self, value: int) -> tuple[int, int, int, int, int]:
        """Kind, function, and three arguments."""
        out = ffi.new("int64_t[5]")
        check(lib.kr_search_term(self._search, value, out))
        return (out[0], out[1], out[2], out[3], out[4])
