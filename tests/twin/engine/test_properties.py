"""Random small programs: the engine, in every mode, sees exactly what the reference interpreter sees."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from krepis.twin import explore, reference
from krepis.twin._binding import EngineError
from krepis.twin.explore import Algorithm, Options
from krepis.twin.program import Const, Instruction, Op, Program, ProgramCode, ProgramError, validate
from krepis.twin.reference import Outcome

from .answers import by_engine, by_reference, outcome, run
from .gate import Answer, disagreements
from .programs import Model, lastzero
from .random_programs import EVERYTHING, LOCKS, MEMORY, TERMS, Shape, random_program

MODELS: tuple[Model, ...] = ("sc", "tso", "pso", "ra")
MODES: tuple[tuple[Algorithm, int], ...] = (
    ("stateful", 1),
    ("stateful", 2),
    ("schedules", 1),
    ("exhaustive", 1),
    ("optimal", 1),
    ("source", 1),
)
SHAPES = {
    "memory": Shape(MEMORY, max_threads=3),
    "locks": Shape((*MEMORY, *LOCKS), max_threads=3, max_steps=3),
    "everything": Shape(EVERYTHING, max_threads=3, max_steps=3, spawns=True),
    "synchronisation": Shape(
        (*MEMORY, "acquire", "release", "resolve", "await", "lock", "unlock", "guarded_atomic"),
        max_threads=4,
        max_steps=2,
        spawns=True,
    ),
    "time": Shape(("load", "store", "sleep", "sleep", "now", "cas"), max_threads=3, max_steps=3),
    "terms": Shape((*MEMORY, *TERMS), max_threads=2, max_steps=3),
    "invariants": Shape((*MEMORY, "atomic"), max_threads=3, max_steps=2, invariants=True),
}

randoms = st.randoms(use_true_random=False)


def small(program: ProgramCode, model: Model, most: int = 1_500) -> reference.Exploration:
    """What the reference interpreter sees; programs with too much to enumerate are not tried."""
    try:
        everything = reference.explore(program, model, max_states=most)
    except OverflowError:
        assume(False)
        raise
    assume(everything.schedules <= 20_000)
    return everything


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@given(rng=randoms)
@settings(max_examples=30, deadline=None)
def test_every_mode_sees_what_the_reference_sees(shape: str, model: Model, rng: Random) -> None:
    program = random_program(rng, SHAPES[shape])
    everything = small(program, model)
    expected = by_reference(program, everything)
    for algorithm, workers in MODES:
        result = run(program, Options(model=model, algorithm=algorithm, workers=workers))
        assert by_engine(result) == expected, (algorithm, workers)
        if algorithm in ("stateful", "schedules") and model != "ra":
            assert (result.states, result.transitions) == (everything.states, everything.transitions)
        if algorithm == "schedules":
            assert result.schedules == everything.schedules
        if algorithm == "exhaustive":
            assert result.traces + result.deadlocked_traces == everything.schedules
            assert result.deadlocked_traces == everything.deadlocked_schedules


@pytest.mark.parametrize("model", ["sc", "tso", "pso"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@given(rng=randoms)
@settings(max_examples=30, deadline=None)
def test_optimal_explores_each_trace_once(shape: str, model: Model, rng: Random) -> None:
    program = random_program(rng, SHAPES[shape])
    small(program, model)
    graphs = reference.traces(program, model)
    result = run(program, Options(model=model, algorithm="optimal"))
    assert (result.traces, result.deadlocked_traces) == (graphs.complete, graphs.deadlocked)
    assert result.blocked == 0


@pytest.mark.parametrize(
    ("shape", "seed", "model"),
    [
        ("memory", 2140, "tso"),
        ("memory", 2140, "pso"),
        ("everything", 139, "sc"),
        ("terms", 1, "sc"),
        ("terms", 67, "pso"),
    ],
)
def test_no_run_is_begun_in_vain(shape: str, seed: int, model: Model) -> None:
    """A load that turns into one from memory while its thread sleeps (2140), an alternative that a reversal did not ask
    for (139), a decision that others make meanwhile (1, 67)."""
    program = random_program(Random(seed), SHAPES[shape])
    result = run(program, Options(model=model, algorithm="optimal"))
    assert (result.traces, result.blocked) == (reference.traces(program, model).complete, 0)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@given(rng=randoms)
@example(rng=Random(92))
@example(rng=Random(119))
@example(rng=Random(139))
@example(rng=Random(211))
@settings(max_examples=30, deadline=None)
def test_no_run_is_begun_in_vain_under_release_acquire(shape: str, rng: Random) -> None:
    """A reversed read may get any message: the runs with each of them may be there already (the examples, with
    synchronisation). The reference does not count traces under this model, so only runs given up are looked for."""
    program = random_program(rng, SHAPES[shape])
    small(program, "ra")
    assert run(program, Options(model="ra", algorithm="optimal")).blocked == 0


@pytest.mark.parametrize("algorithm", ["optimal", "source"])
def test_engine_passes_the_gate(algorithm: Algorithm) -> None:
    def explorer(program: ProgramCode) -> Answer:
        result = run(program, Options(algorithm=algorithm))
        found = by_engine(result)
        return Answer(found.complete, found.deadlocked, result.traces, result.deadlocked_traces)

    assert disagreements(explorer) == []


@pytest.mark.parametrize("model", ["sc", "tso"])
@given(seed=st.integers(0, 2**32), order=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_the_order_of_threads_changes_no_count(model: Model, seed: int, order: Random) -> None:
    shape = Shape((*MEMORY, *LOCKS, "acquire", "release", "resolve", "await"), max_threads=4, max_steps=3, spawns=True)

    def shuffled(numbers: list[int]) -> list[int]:
        order.shuffle(numbers)
        return numbers

    first = random_program(Random(seed), shape)
    small(first, model)
    second = random_program(Random(seed), shape, shuffled)
    for algorithm in ("stateful", "schedules", "optimal"):
        one, other = (run(program, Options(model=model, algorithm=algorithm)) for program in (first, second))
        assert (one.states, one.transitions, one.schedules) == (
            other.states,
            other.transitions,
            other.schedules,
        )
        assert (one.traces, one.deadlocked_traces) == (other.traces, other.deadlocked_traces)
        assert len(one.outcomes) == len(other.outcomes)
        assert one.blocked == other.blocked == 0


def _bounded(program: ProgramCode, bound: str, most: int) -> tuple[frozenset[Outcome], frozenset[Outcome], bool]:
    """Final states and deadlocks of all schedules with so few switches between threads, and whether some were
    cut off. A switch is a preemption when the thread before could have gone on."""
    start = (reference.initial_state(program, "sc"), -1, 0)
    seen, work = {start}, [start]
    complete: set[Outcome] = set()
    deadlocked: set[Outcome] = set()
    cut = False
    while work:
        state, last, used = work.pop()
        steps = list(reference.steps(program, "sc", state, 1))
        if not steps:
            (complete if reference.is_complete(state) else deadlocked).add(reference.outcome(state))
        possible = {step.thread for step in steps}
        for step in steps:
            switches = last not in (-1, step.thread) and (bound == "contexts" or last in possible)
            if used + switches > most:
                cut = True
                continue
            after = (step.after, step.thread, used + switches)
            if after not in seen:
                seen.add(after)
                work.append(after)
    return frozenset(complete), frozenset(deadlocked), cut


@pytest.mark.parametrize("bound", ["preemptions", "contexts"])
@given(rng=randoms, most=st.integers(0, 4))
@settings(max_examples=40, deadline=None)
def test_bounded_searches_see_what_the_bound_allows_and_say_when_it_cuts(bound: str, rng: Random, most: int) -> None:
    program = random_program(rng, Shape((*MEMORY, *LOCKS, "acquire", "release"), max_threads=3, max_steps=3))
    options = Options(preemptions=most) if bound == "preemptions" else Options(contexts=most)
    result = explore.explore(program, options)
    complete, deadlocked, cut = _bounded(program, bound, most)
    found = by_engine(result)
    assert (found.complete, found.deadlocked) == (complete, deadlocked)
    assert (result.complete, result.bounds) == ((False, (bound,)) if cut else (True, ()))


@pytest.mark.parametrize("model", MODELS)
@given(rng=randoms)
@settings(max_examples=30, deadline=None)
def test_replaying_a_schedule_gives_the_same_run(model: Model, rng: Random) -> None:
    program = random_program(rng, SHAPES["everything"])
    sampled = explore.explore(program, Options(model=model, algorithm="random", seed=rng.getrandbits(32)))
    again = explore.explore(program, Options(model=model, algorithm="replay", schedule=sampled.last_schedule))
    assert again.stopped_by is None
    assert again.last_schedule == sampled.last_schedule
    assert by_engine(again) == by_engine(sampled)


@given(rng=randoms)
@settings(max_examples=40, deadline=None)
def test_the_schedule_of_a_finding_leads_to_it(rng: Random) -> None:
    program = random_program(rng, Shape((*LOCKS, "check", "load", "store"), max_threads=3, max_steps=3))
    for algorithm in ("stateful", "optimal"):
        result = run(program, Options(algorithm=algorithm))
        for failure in result.failures:
            replayed = explore.explore(program, Options(algorithm="replay", schedule=failure.schedule))
            assert (failure.thread, failure.pc) in [(f.thread, f.pc) for f in replayed.failures]
        for deadlock in result.deadlocks:
            replayed = explore.explore(program, Options(algorithm="replay", schedule=deadlock.schedule))
            assert [found.outcome for found in replayed.deadlocks] == [deadlock.outcome]


@pytest.mark.parametrize("algorithm", ["random", "pct", "round-robin"])
@pytest.mark.parametrize("model", MODELS)
@given(rng=randoms)
@settings(max_examples=10, deadline=None)
def test_samples_are_a_part_of_everything(model: Model, algorithm: Algorithm, rng: Random) -> None:
    program = random_program(rng, SHAPES["everything"])
    everything = small(program, model)
    options = Options(model=model, algorithm=algorithm, seed=rng.getrandbits(64), max_traces=20)
    result = explore.explore(program, options)
    assert result.bounds == ("sampled",)
    assert not result.complete
    assert result.traces + result.deadlocked_traces == 20
    assert {outcome(found) for found in result.outcomes} <= everything.complete
    assert {outcome(deadlock.outcome) for deadlock in result.deadlocks} <= everything.deadlocked
    assert explore.explore(program, options).last_schedule == result.last_schedule


def _garbage() -> st.SearchStrategy[Instruction]:
    number = st.one_of(st.integers(-3, 5), st.integers(-(2**70), 2**70))
    operand = st.one_of(st.none(), number.map(Const))
    return st.builds(
        Instruction,
        op=st.sampled_from(Op),
        dst=number,
        obj=number,
        index=operand,
        a=operand,
        b=operand,
        target=number,
        order=st.sampled_from(("ra", "rlx", "sc", "")),
    )


@given(code=st.lists(_garbage(), max_size=6), rng=randoms)
@settings(max_examples=400, deadline=None)
def test_arbitrary_instructions_are_refused_or_run(code: list[Instruction], rng: Random) -> None:
    program = random_program(rng, SHAPES["everything"])
    broken = replace(program, threads=(replace(program.threads[0], code=tuple(code)), *program.threads[1:]))
    try:
        validate(broken)
    except ProgramError as error:
        assert "thread T0, instruction " in str(error)  # noqa: PT017  the other outcome is no error
        with pytest.raises(ProgramError):
            explore.explore(broken)
        return
    for algorithm in ("stateful", "optimal"):
        explore.explore(broken, Options(algorithm=algorithm, max_states=2_000, max_traces=200, max_depth=100))


@given(words=st.lists(st.one_of(st.integers(-2, 8), st.integers(-(2**63), 2**63 - 1)), max_size=40))
@settings(max_examples=400, deadline=None)
def test_arbitrary_words_never_crash_the_decoder(words: list[int]) -> None:
    from krepis.twin import _binding

    plain: dict[str, Any] = explore._plain(Options(max_states=1_000))
    try:
        search = _binding.Search(words, plain)
    except (EngineError, ProgramError):
        return
    search.run()


def test_garbage_of_real_encodings_never_crashes_the_decoder() -> None:
    from krepis.twin import _binding
    from krepis.twin._encode import encode

    rng = Random(11)
    plain: dict[str, Any] = explore._plain(Options(max_states=500))
    accepted = 0
    for seed in range(300):
        words = list(encode(random_program(Random(seed), SHAPES["everything"])).words)
        for _ in range(rng.randint(1, 3)):
            words[rng.randrange(len(words))] = rng.choice((-1, 0, 1, 2, 63, 64, 2**31, -(2**63), 2**63 - 1))
        try:
            search = _binding.Search(words, plain)
        except (EngineError, ProgramError):
            continue
        search.run()
        accepted += 1
    assert 0 < accepted < 300


def test_limits_are_reported() -> None:
    program = Program("counter")
    x = program.location("x")
    for name in ("A", "B"):
        thread = program.thread(name)
        thread.label("again")
        thread.fetch_add(thread.register("r"), x, 1)
        thread.jump("again")
    endless = program.build()
    assert explore.explore(endless, Options(max_states=100)).stopped_by == "states"
    assert explore.explore(endless, Options(max_seconds=0.05)).stopped_by == "seconds"
    assert explore.explore(endless, Options(max_memory_bytes=1 << 20)).stopped_by == "memory"
    assert explore.explore(endless, Options(algorithm="optimal", max_depth=10)).bounds == ("depth",)
    result = explore.explore(lastzero(4), Options(algorithm="optimal", max_traces=3))
    assert (result.stopped_by, result.traces, result.complete) == ("traces", 3, False)
