"""The published benchmark programs and litmus tests, as `Program`s, with what is known about them.

Programs, counts and outcomes are those of the literature and of the test suites of GenMC, Nidhugg and
Concuerror, recomputed by brute force outside this project. Deliberately absent: running anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from krepis.twin.program import Location, Program, ProgramCode, Thread

Model = Literal["sc", "tso", "pso", "ra"]


def readers(n: int) -> ProgramCode:
    """One writer and n readers of x."""
    program = Program("readers")
    x = program.location("x")
    program.thread("W").store(x, 42)
    for i in range(n):
        thread = program.thread(f"R{i}")
        thread.load(thread.register("r"), x)
    return program.build()


def writers(n: int) -> ProgramCode:
    """n writers of x."""
    program = Program("writers")
    x = program.location("x")
    for i in range(1, n + 1):
        program.thread(f"W{i}").store(x, i)
    return program.build()


def lastzero(n: int) -> ProgramCode:
    """A reader looks for the last zero in an array that n writers fill from their left neighbours."""
    program = Program("lastzero")
    a = program.array("a", n + 1)
    reader = program.thread("reader")
    i, value = reader.register("i", n), reader.register("value")
    reader.label("again")
    reader.load(value, a[i])
    with reader.if_(value.differs(0)):
        reader.set(i, i - 1)
        reader.jump("again")
    for j in range(1, n + 1):
        writer = program.thread(f"writer{j}")
        v = writer.register("v")
        writer.load(v, a[j - 1])
        writer.store(a[j], v + 1)
    return program.build()


def inc(n: int) -> ProgramCode:
    """Unprotected increments by different powers of two."""
    program = Program("inc")
    x = program.location("x")
    for i in range(n):
        thread = program.thread(f"T{i}")
        r = thread.register("r")
        thread.load(r, x)
        thread.store(x, r + 2**i)
    return program.build()


def ainc(n: int) -> ProgramCode:
    """Atomic increments."""
    program = Program("ainc")
    x = program.location("x")
    for i in range(n):
        thread = program.thread(f"T{i}")
        thread.fetch_add(thread.register("r"), x, 1)
    return program.build()


def wcas(n: int) -> ProgramCode:
    """One writer and n compare-and-swaps that succeed at most once."""
    program = Program("wcas")
    x = program.location("x")
    program.thread("W").store(x, 2)
    for i in range(n):
        thread = program.thread(f"C{i}")
        thread.compare_and_swap(thread.register("r"), x, 2, 3)
    return program.build()


def sb_ring(n: int) -> ProgramCode:
    """Each thread stores its own variable and loads its neighbour's."""
    program = Program("SBring")
    v = program.array("v", n)
    for i in range(n):
        thread = program.thread(f"T{i}")
        thread.store(v[i], 1)
        thread.load(thread.register("r"), v[(i + 1) % n])
    return program.build()


def mp_chain(n: int) -> ProgramCode:
    """One thread writes upwards, the other reads downwards."""
    program = Program("MPchain")
    v = program.array("v", n + 1)
    up, down = program.thread("T1"), program.thread("T2")
    for i in range(1, n + 1):
        up.store(v[i], 1)
    for i in range(n, 0, -1):
        down.load(down.register(f"r{i}"), v[i])
    return program.build()


def seats(n: int, capacity: int) -> ProgramCode:
    """Check-then-act on a number of sold seats."""
    program = Program("seats")
    sold = program.location("sold")
    for i in range(n):
        thread = program.thread(f"T{i}")
        r = thread.register("r")
        thread.load(r, sold)
        with thread.if_(r < capacity):
            thread.store(sold, r + 1)
    return program.build()


def lockinc(n: int) -> ProgramCode:
    """Increments under a lock."""
    program = Program("lockinc")
    x, m = program.location("x"), program.mutex("m")
    for i in range(n):
        thread = program.thread(f"T{i}")
        r = thread.register("r")
        thread.lock(m)
        thread.load(r, x)
        thread.store(x, r + 1)
        thread.unlock(m)
    return program.build()


def _philosophers(n: int, ordered: bool) -> ProgramCode:
    program = Program("philosophers_ordered" if ordered else "philosophers")
    forks = [program.mutex(f"f{i}") for i in range(n)]
    for i in range(n):
        thread = program.thread(f"P{i}")
        first, second = forks[i], forks[(i + 1) % n]
        if ordered and i == n - 1:
            first, second = second, first
        thread.lock(first)
        thread.lock(second)
        thread.unlock(second)
        thread.unlock(first)
    return program.build()


def philosophers(n: int) -> ProgramCode:
    """n threads take the locks to their left and right."""
    return _philosophers(n, ordered=False)


def philosophers_ordered(n: int) -> ProgramCode:
    """The same, but the last thread takes its locks in the other order."""
    return _philosophers(n, ordered=True)


def popl_example2(_: int = 4) -> ProgramCode:
    """Example 2 of "Optimal dynamic partial order reduction" (POPL 2014)."""
    program = Program("POPL_example2")
    x, y, z = (program.location(name) for name in "xyz")
    program.thread("p").store(x, 1)
    program.thread("q").store(y, 1)
    r, s = program.thread("r"), program.thread("s")
    m = r.register("m")
    r.load(m, y)
    with r.if_(m.equals(0)):
        r.store(z, 1)
    n, o = s.register("n"), s.register("l")
    s.load(n, z)
    with s.if_(n.equals(1)):
        s.load(o, y)
        with s.if_(o.equals(0)):
            s.store(x, 2)
    return program.build()


def fib(k: int) -> ProgramCode:
    """Two threads add the two variables to each other k times. Both read x before y: the known numbers of
    states are those of this order; if T2 reads y first, traces, outcomes and schedules are the same, states
    fewer."""
    program = Program("fib")
    x, y = program.location("x", 1), program.location("y", 1)
    for name, written in (("T1", x), ("T2", y)):
        thread = program.thread(name)
        r, s = thread.register("r"), thread.register("s")
        for _ in range(k):
            thread.load(r, x)
            thread.load(s, y)
            thread.store(written, r + s)
    return program.build()


def unlocked(n: int, k: int) -> ProgramCode:
    """U(n, k): n processes increment x in two steps, k times each; then one step more."""
    program = Program(f"U({n},{k})")
    x = program.location("x")
    for p in range(n):
        thread = program.thread(f"P{p}")
        i, r = thread.register("i"), thread.register("r")
        with thread.while_(i < k):
            thread.load(r, x)
            thread.store(x, r + 1)
            thread.set(r, 0)
            thread.set(i, i + 1)
        thread.step()
    return program.build()


def locked(n: int, k: int) -> ProgramCode:
    """L(n, k): the same under a mutex."""
    program = Program(f"L({n},{k})")
    x, m = program.location("x"), program.mutex("m")
    for p in range(n):
        thread = program.thread(f"P{p}")
        i, r = thread.register("i"), thread.register("r")
        with thread.while_(i < k):
            thread.lock(m)
            thread.load(r, x)
            thread.store(x, r + 1)
            thread.set(r, 0)
            thread.unlock(m)
            thread.set(i, i + 1)
        thread.step()
    return program.build()


@dataclass(frozen=True)
class Anchor:
    """A row of the table of known counts; `transitions` and the rest count what `krepis.twin.reference`
    counts."""

    program: Callable[..., ProgramCode]
    arguments: tuple[int, ...]
    model: Model
    traces: int
    deadlocked: int
    outcomes: int
    states: int
    transitions: int
    schedules: int

    def __str__(self) -> str:
        return f"{self.program.__name__}({','.join(map(str, self.arguments))})-{self.model}"


ANCHORS: Final = (
    Anchor(readers, (1,), "sc", 2, 0, 2, 5, 4, 2),
    Anchor(readers, (1,), "tso", 2, 0, 2, 7, 7, 3),
    Anchor(readers, (1,), "pso", 2, 0, 2, 7, 7, 3),
    Anchor(readers, (2,), "sc", 4, 0, 4, 13, 14, 6),
    Anchor(readers, (2,), "tso", 4, 0, 4, 17, 22, 12),
    Anchor(readers, (2,), "pso", 4, 0, 4, 17, 22, 12),
    Anchor(readers, (3,), "sc", 8, 0, 8, 35, 47, 24),
    Anchor(readers, (3,), "tso", 8, 0, 8, 43, 67, 60),
    Anchor(readers, (3,), "pso", 8, 0, 8, 43, 67, 60),
    Anchor(readers, (4,), "sc", 16, 0, 16, 97, 156, 120),
    Anchor(readers, (4,), "tso", 16, 0, 16, 113, 204, 360),
    Anchor(readers, (4,), "pso", 16, 0, 16, 113, 204, 360),
    Anchor(readers, (6,), "sc", 64, 0, 64, 793, 1_714, 5_040),
    Anchor(readers, (6,), "tso", 64, 0, 64, 857, 1_970, 20_160),
    Anchor(readers, (6,), "pso", 64, 0, 64, 857, 1_970, 20_160),
    Anchor(writers, (2,), "sc", 2, 0, 2, 5, 4, 2),
    Anchor(writers, (2,), "tso", 2, 0, 2, 10, 12, 6),
    Anchor(writers, (2,), "pso", 2, 0, 2, 10, 12, 6),
    Anchor(writers, (3,), "sc", 6, 0, 3, 13, 15, 6),
    Anchor(writers, (3,), "tso", 6, 0, 3, 35, 60, 90),
    Anchor(writers, (3,), "pso", 6, 0, 3, 35, 60, 90),
    Anchor(writers, (4,), "sc", 24, 0, 4, 33, 52, 24),
    Anchor(writers, (4,), "tso", 24, 0, 4, 124, 280, 2_520),
    Anchor(writers, (4,), "pso", 24, 0, 4, 124, 280, 2_520),
    Anchor(lastzero, (1,), "sc", 2, 0, 2, 8, 8, 3),
    Anchor(lastzero, (1,), "tso", 2, 0, 2, 10, 11, 4),
    Anchor(lastzero, (2,), "sc", 5, 0, 5, 33, 47, 35),
    Anchor(lastzero, (2,), "tso", 5, 0, 5, 51, 84, 161),
    Anchor(lastzero, (3,), "sc", 12, 0, 12, 130, 242, 920),
    Anchor(lastzero, (3,), "tso", 12, 0, 12, 251, 556, 23_765),
    Anchor(lastzero, (4,), "sc", 28, 0, 28, 499, 1_156, 44_300),
    Anchor(lastzero, (4,), "tso", 28, 0, 28, 1_216, 3_406, 8_974_735),
    Anchor(inc, (2,), "sc", 4, 0, 4, 14, 14, 6),
    Anchor(inc, (2,), "tso", 4, 0, 4, 23, 28, 20),
    Anchor(inc, (2,), "pso", 4, 0, 4, 23, 28, 20),
    Anchor(inc, (3,), "sc", 36, 0, 27, 110, 126, 90),
    Anchor(inc, (3,), "tso", 36, 0, 27, 213, 315, 1_680),
    Anchor(inc, (3,), "pso", 36, 0, 27, 213, 315, 1_680),
    Anchor(inc, (4,), "sc", 576, 0, 256, 1_304, 1_696, 2_520),
    Anchor(inc, (4,), "tso", 576, 0, 256, 2_985, 5_148, 369_600),
    Anchor(inc, (4,), "pso", 576, 0, 256, 2_985, 5_148, 369_600),
    Anchor(ainc, (2,), "sc", 2, 0, 2, 5, 4, 2),
    Anchor(ainc, (3,), "sc", 6, 0, 6, 16, 15, 6),
    Anchor(ainc, (4,), "sc", 24, 0, 24, 65, 64, 24),
    Anchor(ainc, (5,), "sc", 120, 0, 120, 326, 325, 120),
    Anchor(wcas, (2,), "sc", 5, 0, 5, 14, 14, 6),
    Anchor(wcas, (2,), "tso", 5, 0, 5, 18, 22, 12),
    Anchor(wcas, (3,), "sc", 13, 0, 13, 43, 50, 24),
    Anchor(wcas, (3,), "tso", 13, 0, 13, 51, 70, 60),
    Anchor(wcas, (4,), "sc", 33, 0, 33, 140, 188, 120),
    Anchor(wcas, (4,), "tso", 33, 0, 33, 156, 236, 360),
    Anchor(wcas, (5,), "sc", 81, 0, 81, 469, 732, 720),
    Anchor(wcas, (5,), "tso", 81, 0, 81, 501, 844, 2_520),
    Anchor(sb_ring, (2,), "sc", 3, 0, 3, 13, 14, 6),
    Anchor(sb_ring, (2,), "tso", 4, 0, 4, 34, 58, 80),
    Anchor(sb_ring, (2,), "pso", 4, 0, 4, 34, 58, 80),
    Anchor(sb_ring, (3,), "sc", 7, 0, 7, 51, 78, 90),
    Anchor(sb_ring, (3,), "tso", 8, 0, 8, 198, 507, 13_440),
    Anchor(sb_ring, (3,), "pso", 8, 0, 8, 198, 507, 13_440),
    Anchor(sb_ring, (4,), "sc", 15, 0, 15, 193, 388, 2_520),
    Anchor(sb_ring, (4,), "tso", 16, 0, 16, 1_154, 3_940, 5_913_600),
    Anchor(sb_ring, (4,), "pso", 16, 0, 16, 1_154, 3_940, 5_913_600),
    Anchor(mp_chain, (2,), "sc", 3, 0, 3, 13, 14, 6),
    Anchor(mp_chain, (2,), "tso", 3, 0, 3, 23, 33, 30),
    Anchor(mp_chain, (2,), "pso", 4, 0, 4, 29, 44, 45),
    Anchor(mp_chain, (3,), "sc", 4, 0, 4, 26, 32, 20),
    Anchor(mp_chain, (3,), "tso", 4, 0, 4, 55, 93, 420),
    Anchor(mp_chain, (3,), "pso", 8, 0, 8, 101, 196, 1_260),
    Anchor(mp_chain, (4,), "sc", 5, 0, 5, 45, 60, 70),
    Anchor(mp_chain, (4,), "tso", 5, 0, 5, 110, 205, 6_930),
    Anchor(mp_chain, (4,), "pso", 16, 0, 16, 327, 763, 51_975),
    Anchor(
        seats,
        (
            2,
            1,
        ),
        "sc",
        4,
        0,
        3,
        11,
        12,
        6,
    ),
    Anchor(
        seats,
        (
            3,
            1,
        ),
        "sc",
        21,
        0,
        7,
        45,
        66,
        66,
    ),
    Anchor(
        seats,
        (
            3,
            2,
        ),
        "sc",
        36,
        0,
        16,
        78,
        105,
        90,
    ),
    Anchor(
        seats,
        (
            4,
            3,
        ),
        "sc",
        576,
        0,
        109,
        731,
        1_132,
        2_520,
    ),
    Anchor(fib, (1,), "sc", 3, 0, 3, 21, 27, 20),
    Anchor(fib, (1,), "tso", 3, 0, 3, 32, 45, 70),
    Anchor(fib, (2,), "sc", 19, 0, 19, 169, 231, 924),
    Anchor(fib, (2,), "tso", 20, 0, 20, 422, 794, 205_920),
    Anchor(lockinc, (2,), "sc", 2, 0, 2, 17, 16, 2),
    Anchor(lockinc, (3,), "sc", 6, 0, 6, 61, 60, 6),
    Anchor(lockinc, (4,), "sc", 24, 0, 24, 257, 256, 24),
    Anchor(philosophers, (2,), "sc", 2, 1, 1, 19, 22, 6),
    Anchor(philosophers, (3,), "sc", 6, 1, 1, 87, 153, 168),
    Anchor(philosophers, (4,), "sc", 14, 1, 1, 391, 924, 98_184),
    Anchor(philosophers_ordered, (2,), "sc", 2, 0, 1, 16, 16, 2),
    Anchor(philosophers_ordered, (3,), "sc", 6, 0, 1, 72, 116, 142),
    Anchor(popl_example2, (4,), "sc", 5, 0, 5, 44, 78, 69),
    Anchor(popl_example2, (4,), "tso", 5, 0, 5, 120, 272, 2_839),
)
"""Every row of the table of known counts."""


# -- litmus tests -----------------------------------------------------------------------------------------


Word = tuple[str, str] | tuple[str, str, int]
"""One instruction of a litmus test: ("R", place), ("W", place, value), ("X", place, value) or ("F", "")."""


@dataclass(frozen=True)
class Litmus:
    """A litmus test: what each thread does, and the outcome in question.

    `registers` are the values read, in program order over all threads; `memory` the final values that the
    outcome names. `allowed` are the models that allow it. `sc` and `tso` are outcomes, schedules and states.
    """

    name: str
    threads: tuple[tuple[Word, ...], ...]
    registers: tuple[int, ...]
    memory: tuple[tuple[str, int], ...]
    allowed: frozenset[Model]
    sc: tuple[int, int, int]
    tso: tuple[int, int, int]

    def __str__(self) -> str:
        return self.name

    def build(self) -> ProgramCode:
        """The program; its locations are x and y."""
        program = Program(self.name)
        places = {name: program.location(name) for name in "xy"}
        for index, words in enumerate(self.threads):
            thread = program.thread(f"T{index}")
            for at, word in enumerate(words):
                _litmus_instruction(thread, places, word, f"r{at}")
        return program.build()

    def tested(self, registers: tuple[tuple[object, ...], ...], memory: tuple[object, ...]) -> bool:
        """Whether a final state is the outcome in question."""
        values = tuple(value for of_thread in registers for value in of_thread)
        return values == self.registers and all(memory["xy".index(name)] == value for name, value in self.memory)


def _litmus_instruction(thread: Thread, places: dict[str, Location], word: Word, name: str) -> None:
    match word:
        case ("R", place):
            thread.load(thread.register(name), places[place])
        case ("W", place, value):
            thread.store(places[place], value)
        case ("X", place, value):
            thread.exchange(None, places[place], value)
        case _:
            thread.fence()


def _words(text: str) -> tuple[Word, ...]:
    """`x=1 y F x:=2`: store 1 to x, load y, fence, exchange x with 2."""
    words: list[Word] = []
    for part in text.split():
        if ":=" in part:
            words.append(("X", part[0], int(part[3:])))
        elif "=" in part:
            words.append(("W", part[0], int(part[2:])))
        else:
            words.append(("F", "") if part == "F" else ("R", part))
    return tuple(words)


def _litmus(
    name: str,
    text: str,
    registers: tuple[int, ...],
    allowed: str,
    sc: tuple[int, int, int],
    tso: tuple[int, int, int],
    **memory: int,
) -> Litmus:
    models: tuple[Model, ...] = ("sc", "tso", "pso", "ra")
    return Litmus(
        name,
        tuple(_words(part) for part in text.split("|")),
        registers,
        tuple(memory.items()),
        frozenset(model for model in models if model in allowed.split()),
        sc,
        tso,
    )


LITMUS: Final = (
    _litmus("SB", "x=1 y | y=1 x", (0, 0), "tso pso ra", (3, 6, 13), (4, 80, 34)),
    _litmus("SB+F+F", "x=1 F y | y=1 F x", (0, 0), "", (3, 20, 22), (3, 70, 31)),
    _litmus("SB+xchg", "x:=1 y | y:=1 x", (0, 0), "ra", (3, 6, 13), (3, 6, 13)),
    _litmus("MP", "x=1 y=1 | y x", (1, 0), "pso", (3, 6, 13), (3, 30, 23)),
    _litmus("MP+F+po", "x=1 F y=1 | y x", (1, 0), "", (3, 10, 17), (3, 21, 24)),
    _litmus("LB", "x y=1 | y x=1", (1, 1), "", (3, 6, 13), (3, 20, 22)),
    _litmus("R", "x=1 y=1 | y=2 x", (0,), "tso pso ra", (3, 6, 13), (4, 140, 39), y=2),
    _litmus("2+2W", "x=1 y=2 | y=1 x=2", (), "pso ra", (3, 6, 13), (3, 280, 42), x=1, y=1),
    _litmus("WRC", "x=1 | x y=1 | y x", (1, 1, 0), "", (7, 30, 36), (7, 210, 61)),
    _litmus("IRIW", "x=1 | y=1 | x y | y x", (1, 0, 1, 0), "ra", (15, 180, 97), (15, 2520, 164)),
    _litmus("CoRR", "x=1 | x x", (1, 0), "", (3, 3, 9), (3, 6, 12)),
    _litmus("n6", "x=1 x y | y=2 x=2", (1, 0), "tso pso ra", (4, 10, 19), (5, 420, 54), x=1),
    _litmus("amd3", "x=1 x=2 y | y=1 y=2 x", (1, 1), "tso pso ra", (5, 20, 26), (9, 6300, 132)),
)
"""Every row of the table of litmus tests."""
