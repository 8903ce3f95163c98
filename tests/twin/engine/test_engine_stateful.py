"""The stateful search: packing, growing, several workers, bounds, limits and what is reported about them."""

from __future__ import annotations

import threading

import pytest
from krepis.twin.explore import Exploration, Options, Result, Step, explore
from krepis.twin.program import Program, ProgramCode

from .programs import lastzero, locked, philosophers, unlocked


def chain(threads: int, rounds: int) -> ProgramCode:
    """Threads that run one after the other, beside two that race: many components, each with many values, so
    that fields are widened again and again and a state takes several words."""
    program = Program("chain")
    x = program.location("x")
    promises = [program.promise(f"p{i}") for i in range(threads + 1)]
    for i in range(threads):
        thread = program.thread(f"T{i}")
        n = thread.register("n", 100 * i)
        thread.await_(None, promises[i])
        with thread.while_(n < 100 * i + rounds):
            thread.step()
            thread.set(n, n + 1)
        thread.resolve(promises[i + 1])
    for name in ("A", "B"):
        thread = program.thread(name)
        r, n = thread.register("r"), thread.register("n")
        with thread.while_(n < 3):
            thread.load(r, x)
            thread.store(x, r + 1)
            thread.set(n, n + 1)
        if name == "A":
            thread.resolve(promises[0])
    return program.build()


def counts(result: Result) -> tuple[int, int, int]:
    assert result.complete
    return result.states, result.transitions, len(result.outcomes)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("threads", "rounds"), [(3, 5), (12, 20), (40, 17)])
def test_states_of_any_width_are_counted_as_depth_first(threads: int, rounds: int, workers: int) -> None:
    program = chain(threads, rounds)
    assert counts(explore(program, Options(workers=workers))) == counts(
        explore(program, Options(algorithm="schedules"))
    )


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_find_the_same(workers: int) -> None:
    result = explore(unlocked(3, 5), Options(workers=workers))
    assert (result.states, result.transitions) == (220_914, 609_552)
    result = explore(locked(5, 6), Options(workers=workers))
    assert (result.states, result.transitions) == (401_408, 696_320)
    assert result.memory_bytes / result.states <= 64


def test_schedules_of_findings_are_shortest_and_replay() -> None:
    program = philosophers(3)
    for workers in (1, 2):
        (deadlock,) = explore(program, Options(workers=workers)).deadlocks
        assert len(deadlock.schedule) == 3
        assert len(deadlock.cycle) == 3
        replayed = explore(program, Options(algorithm="replay", schedule=deadlock.schedule))
        assert [found.outcome for found in replayed.deadlocks] == [deadlock.outcome]


def test_a_self_deadlock_is_named() -> None:
    program = Program("twice")
    m = program.mutex("m")
    thread = program.thread("T")
    thread.lock(m)
    thread.lock(m)
    for algorithm in ("stateful", "schedules", "optimal"):
        (deadlock,) = explore(program, Options(algorithm=algorithm)).deadlocks
        assert deadlock.is_self_deadlock
        (wait,) = deadlock.waits
        assert (wait.thread, wait.object, wait.waits_for) == ("T", "m", "T")
        assert deadlock.schedule == (Step("T"),)


def lost_update(rounds: int = 1) -> ProgramCode:
    program = Program("lost update")
    x = program.location("x")
    for name in ("A", "B"):
        thread = program.thread(name)
        r = thread.register("r")
        for _ in range(rounds):
            thread.load(r, x)
            thread.store(x, r + 1)
    return program.build()


def test_preemption_and_context_bounds_say_so() -> None:
    def lost(result: Result) -> bool:
        return any(outcome.memory == (1,) for outcome in result.outcomes)

    program = lost_update()
    none = explore(program, Options(preemptions=0))
    assert (lost(none), none.bounds, none.complete) == (False, ("preemptions",), False)
    one = explore(program, Options(preemptions=1))
    assert lost(one)
    enough = explore(program, Options(preemptions=4))
    assert (enough.bounds, enough.complete) == ((), True)
    assert set(enough.outcomes) == set(explore(program).outcomes)
    assert not lost(explore(program, Options(contexts=1)))
    assert lost(explore(program, Options(contexts=2)))
    assert explore(program, Options(contexts=0)).bounds == ("contexts",)


def test_limits_stop_the_search_and_are_named() -> None:
    program = unlocked(4, 4)
    assert explore(program, Options(max_states=1000)).stopped_by == "states"
    assert explore(program, Options(max_depth=5)).stopped_by == "depth"
    assert explore(program, Options(max_seconds=0.02)).stopped_by == "seconds"
    tight = explore(program, Options(max_memory_bytes=8 << 20))
    assert tight.stopped_by == "memory"
    assert 0 < tight.memory_bytes <= 8 << 20


@pytest.mark.parametrize("algorithm", ["stateful", "schedules", "optimal", "random"])
def test_a_search_can_be_cancelled_from_another_thread(algorithm: str) -> None:
    program = lastzero(15) if algorithm != "random" else lastzero(5)
    options = Options(algorithm=algorithm, max_traces=10**9 if algorithm == "random" else 0)  # type: ignore[arg-type]
    exploration = Exploration(program, options)
    timer = threading.Timer(0.05, exploration.cancel)
    timer.start()
    result = exploration.run()
    timer.join()
    assert result.stopped_by == "cancelled"
    assert not result.complete


def test_a_cycle_without_fairness_starves_nobody_and_with_it_somebody() -> None:
    program = Program("spin")
    flag, m = program.location("flag"), program.mutex("m")
    greedy = program.thread("greedy")
    greedy.label("again")
    greedy.lock(m)
    greedy.unlock(m)
    greedy.jump("again")
    patient = program.thread("patient")
    patient.lock(m)
    patient.store(flag, 1)
    patient.unlock(m)
    result = explore(program, Options(algorithm="schedules"))
    assert result.cyclic
    assert result.schedules is None
    assert result.starved == ("patient",)

    waiting = Program("wait")
    flag = waiting.location("flag")
    spinner, setter = waiting.thread("spinner"), waiting.thread("setter")
    r = spinner.register("r")
    with spinner.while_(r.equals(0)):
        spinner.load(r, flag)
    setter.store(flag, 1)
    result = explore(waiting, Options(algorithm="schedules"))
    assert result.cyclic
    assert result.starved == ()
