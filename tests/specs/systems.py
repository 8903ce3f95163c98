"""The systems on which specifications and engine must agree: builders of programs from constants.

Each builder makes, from the constants of a specification, the `Program` that is the same system. Deliberately absent:
numbers; those are computed by TLC and by the engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance import System
from krepis.twin.program import Program


def clock(name: str, naps: Sequence[Sequence[int]]) -> System:
    """Threads that sleep and then read the clock."""
    program = Program(name)
    for at, durations in enumerate(naps):
        thread = program.thread(f"T{at + 1}")
        seen = thread.register("seen")
        for duration in durations:
            thread.sleep(duration)
            thread.now(seen)
    return System("VirtualClock", name, {"Naps": naps}, program.build())


CLOCKS = [
    clock("one", [[3, 2]]),
    clock("pair", [[2, 1], [1, 2]]),
    clock("ties", [[1, 0], [1, 1], [0, 1]]),
    clock("four", [[1], [1], [2], [0]]),
]
LARGE_CLOCK = clock("large", [[1, 2], [2, 1], [1], [3], [1]])


def lives(name: str, scripts: Sequence[Sequence[str]]) -> System:
    """A parent that spawns workers and joins them."""
    program = Program(name)
    lock = program.mutex("lock")
    workers = [program.thread(f"W{at + 1}", start=False) for at in range(len(scripts))]
    for worker, script in zip(workers, scripts, strict=True):
        unlucky = worker.register("unlucky")
        for op in script:
            match op:
                case "sleep":
                    worker.sleep(0)
                case "lock":
                    worker.lock(lock)
                case "unlock":
                    worker.unlock(lock)
                case "risk":
                    worker.choose(unlucky, 2)
                    worker.check(unlucky.equals(0))
                case "broken":
                    worker.check(0)
    parent = program.thread("parent")
    for worker in workers:
        parent.spawn(worker)
    for worker in workers:
        parent.join(worker)
    return System("ThreadStates", name, {"Scripts": scripts}, program.build())


LIVES = [
    lives("mixed", [["sleep", "lock", "unlock"], ["lock", "sleep", "unlock", "risk"], ["risk"]]),
    lives("odd", [[], ["broken"], ["lock", "unlock", "sleep"], ["lock", "risk", "unlock"]]),
    lives("stuck", [["lock", "risk", "unlock"], ["lock", "risk", "unlock"], ["sleep", "lock", "unlock"]]),
    lives("nap", [["sleep", "sleep"], ["sleep", "risk"], ["lock", "unlock", "sleep"]]),
]
LARGE_LIVES = lives("large", [["sleep", "lock", "unlock", "risk"]] * 6 + [["lock", "sleep", "unlock"]])


def waits(
    name: str, scripts: Sequence[Sequence[tuple[str, int]]], locks: int, permits: Sequence[int], promises: int
) -> System:
    """Threads that synchronise."""
    program = Program(name)
    mutex = [program.mutex(f"m{at + 1}") for at in range(locks)]
    semaphore = [program.semaphore(f"s{at + 1}", count) for at, count in enumerate(permits)]
    promise = [program.promise(f"p{at + 1}") for at in range(promises)]
    threads = [program.thread(f"T{at + 1}") for at in range(len(scripts))]
    for thread, script in zip(threads, scripts, strict=True):
        for op, on in script:
            match op:
                case "lock":
                    thread.lock(mutex[on - 1])
                case "unlock":
                    thread.unlock(mutex[on - 1])
                case "acquire":
                    thread.acquire(semaphore[on - 1])
                case "release":
                    thread.release(semaphore[on - 1])
                case "resolve":
                    thread.resolve(promise[on - 1])
                case "await":
                    thread.await_(None, promise[on - 1])
                case "join":
                    thread.join(threads[on - 1])
    constants = {"Scripts": scripts, "Locks": locks, "Permits": permits, "Promises": promises}
    return System("Dependencies", name, constants, program.build())


def philosophers(n: int, ordered: bool) -> list[list[tuple[str, int]]]:
    """The script of each philosopher; the last one takes the forks in the order of the others, or by number."""
    pairs = [(at, at % n + 1) for at in range(1, n + 1)]
    if ordered:
        pairs[-1] = pairs[-1][::-1]
    return [[("lock", a), ("lock", b), ("unlock", b), ("unlock", a)] for a, b in pairs]


EVERYTHING = [
    [("acquire", 1), ("lock", 1), ("resolve", 1), ("unlock", 1), ("release", 1)],
    [("await", 1), ("acquire", 1), ("unlock", 2)],
    [("lock", 2), ("resolve", 1), ("acquire", 1), ("release", 1)],
    [("join", 3), ("lock", 2)],
]
WAITS = [
    waits("philosophers", philosophers(4, ordered=False), 4, [], 0),
    waits("ordered", philosophers(4, ordered=True), 4, [], 0),
    waits("everything", EVERYTHING, 2, [1], 1),
    waits("self", [[("lock", 1), ("lock", 1)], [("lock", 1), ("unlock", 1), ("unlock", 1), ("join", 1)]], 1, [], 0),
]
LARGE_WAITS = waits("large", [*philosophers(9, ordered=False), [("resolve", 1)]], 9, [], 1)
