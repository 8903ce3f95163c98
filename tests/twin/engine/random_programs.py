"""Random small programs, from any `random.Random`: a seeded one for the gate, Hypothesis's own for shrinking.

2 to 4 threads of 1 to 4 steps over 1 to 3 locations, so that the reference interpreter can enumerate every
schedule. Values stay small and often collide, so that compare-and-swaps succeed and fail. Loops are absent:
runs must end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from krepis.twin.program import (
    Expr,
    Location,
    Mutex,
    Program,
    ProgramCode,
    Promise,
    Reg,
    Semaphore,
    Symbol,
    Thread,
    apply,
    select,
    update,
)

MEMORY: Final = ("load", "load", "store", "store", "store_sum", "guarded_store", "cas", "add", "exchange")
LOCKS: Final = ("locked", "lock", "unlock")
EVERYTHING: Final = (
    *MEMORY, *LOCKS, "acquire", "release", "resolve", "await", "sleep", "now", "choose", "fence", "step",
    "atomic", "guarded_atomic", "check", "index", "divide", "halt",
)  # fmt: skip
TERMS: Final = ("load", "store", "symbol", "term_branch", "term_check", "map", "term_index")


@dataclass(frozen=True)
class Shape:
    """What a random program may contain. `spawns`: some threads are started, and with `joins` joined, by
    others."""

    kinds: Sequence[str] = MEMORY
    max_threads: int = 4
    max_steps: int = 4
    spawns: bool = False
    joins: bool = True
    invariants: bool = False


@dataclass(frozen=True)
class _Scene:
    rng: Random
    locations: list[Location]
    mutexes: list[Mutex]
    semaphores: list[Semaphore]
    promises: list[Promise]

    def place(self) -> Location:
        return self.rng.choice(self.locations)

    def value(self) -> int:
        return self.rng.randrange(3)


def random_program(rng: Random, shape: Shape, order: Callable[[list[int]], list[int]] = list) -> ProgramCode:
    """A random program. `order` permutes the numbers of the threads before they are declared: the threads are
    the same, their indices are not."""
    program = Program("random")
    scene = _Scene(
        rng,
        [program.location(name) for name in "xyz"[: rng.randint(1, 3)]],
        [program.mutex(name) for name in ("m", "n")],
        [program.semaphore("s", rng.randrange(3))],
        [program.promise("p")],
    )
    count = rng.randint(2, shape.max_threads)
    plans = [[rng.choice(shape.kinds) for _ in range(rng.randint(1, shape.max_steps))] for _ in range(count)]
    parents = [rng.randrange(t) if shape.spawns and t and rng.random() < 0.5 else None for t in range(count)]
    seeds = [rng.getrandbits(32) for _ in range(count)]
    threads: dict[int, Thread] = {}
    for number in order(list(range(count))):
        threads[number] = program.thread(f"T{number}", start=parents[number] is None)
    for number in range(count):
        children = [threads[child] for child in range(count) if parents[child] == number]
        own = _Scene(Random(seeds[number]), *(getattr(scene, f) for f in list(scene.__dataclass_fields__)[1:]))
        _fill(own, threads[number], plans[number], children, shape.joins)
    if shape.invariants:
        first, last = scene.locations[0], scene.locations[-1]
        program.invariant("bounded", program.read(first) + program.read(last) < rng.randint(2, 5))
        program.invariant("ordered", (program.read(first) >= program.read(last)))
    return program.build()


def _fill(scene: _Scene, thread: Thread, plan: list[str], children: list[Thread], joins: bool) -> None:
    r, s = thread.register("r"), thread.register("s")
    spawn_at = scene.rng.randrange(len(plan)) if children else -1
    for at, kind in enumerate(plan):
        if at == spawn_at:
            for child in children:
                thread.spawn(child)
                if scene.rng.random() < 0.2:
                    thread.spawn(child)
        _instruction(scene, thread, kind, r, s)
    for child in children:
        if joins and scene.rng.random() < 0.5:
            thread.join(child)
            thread.load(s, scene.place())


def _instruction(scene: _Scene, thread: Thread, kind: str, r: Reg, s: Reg) -> None:
    rng = scene.rng
    match kind:
        case "load":
            thread.load(rng.choice((r, s)), scene.place(), rng.choice(("ra", "ra", "rlx")))
        case "store":
            thread.store(scene.place(), scene.value(), rng.choice(("ra", "ra", "rlx")))
        case "store_sum":
            thread.store(scene.place(), r + s + 1)
        case "guarded_store":
            with thread.if_(r.equals(scene.value())):
                thread.store(scene.place(), scene.value())
            with thread.else_():
                thread.set(s, s + 2)
        case "cas":
            thread.compare_and_swap(r, scene.place(), scene.value(), scene.value())
        case "add":
            thread.fetch_add(s, scene.place(), rng.choice((1, 1, 2, -1)))
        case "exchange":
            thread.exchange(rng.choice((r, None)), scene.place(), r + scene.value())
        case "locked":
            mutex = rng.choice(scene.mutexes)
            thread.lock(mutex)
            thread.load(r, scene.place())
            thread.unlock(mutex)
        case "lock":
            thread.lock(rng.choice(scene.mutexes))
        case "unlock":
            thread.unlock(rng.choice(scene.mutexes))
        case "acquire":
            thread.acquire(scene.semaphores[0])
        case "release":
            thread.release(scene.semaphores[0])
        case "resolve":
            thread.resolve(scene.promises[0], r + scene.value())
        case "await":
            thread.await_(rng.choice((s, None)), scene.promises[0])
        case "sleep":
            thread.sleep(rng.randrange(3))
        case "now":
            thread.now(rng.choice((r, s)))
        case "choose":
            thread.choose(r, rng.randint(1, 3))
        case "fence":
            thread.fence()
        case "step":
            thread.step()
        case "halt":
            with thread.if_(s.equals(scene.value())):
                thread.halt()
        case "check":
            thread.check(r.differs(scene.value()), "a check")
        case "divide":
            thread.set(s, (r + 4) // (r - scene.value()))
        case "index":
            place = scene.place()
            thread.load(s, place[r - scene.value()])
        case _:
            _compound(scene, thread, kind, r, s)


def _compound(scene: _Scene, thread: Thread, kind: str, r: Reg, s: Reg) -> None:
    rng = scene.rng
    match kind:
        case "atomic":
            with thread.atomic():
                thread.load(r, scene.place())
                with thread.if_(r.differs(scene.value())):
                    thread.store(scene.place(), r + 1)
                thread.fetch_add(s, scene.place(), r)
        case "guarded_atomic":
            place = scene.place()
            with thread.atomic():
                thread.load(s, place)
                thread.require(s.differs(scene.value()))
                thread.store(scene.place(), scene.value())
                thread.check(s < 3, "inside atomic")
        case "symbol":
            thread.store(scene.place(), _term(rng, r))
        case "term_branch":
            with thread.if_(apply("p", r) if rng.random() < 0.5 else r.equals(Symbol("u"))):
                thread.store(scene.place(), scene.value())
        case "term_check":
            thread.check(r.differs(Symbol(rng.choice("uv"))))
        case "map":
            thread.store(
                scene.place(),
                select(update(update(s, 1, r), Symbol("u"), 7), rng.choice((1, 2, Symbol("u")))),
            )
        case _:
            assert kind == "term_index", kind
            thread.load(s, scene.place()[r])


def _term(rng: Random, r: Reg) -> Expr:
    return rng.choice((Symbol("u"), Symbol("v"), apply("f", r), apply("g", r, Symbol("u")), r + Symbol("v")))
