"""The benchmark programs for Krepis: U, L and lastzero as `Program`s.

Deliberately absent: running anything (`krepis_search.py`, `check.py`).
"""

from __future__ import annotations

from krepis.twin.program import Program, ProgramCode
from models import Model


def counter(model: Model) -> ProgramCode:
    """U or L: n processes add 1 to x in two steps, k times each; in L a mutex protects it. The step at the
    end is the models' step to 4."""
    program = Program(model.name)
    x = program.location("x")
    mutex = program.mutex("m") if model.kind == "L" else None
    for p in range(model.n):
        thread = program.thread(f"P{p}")
        i, r = thread.register("i"), thread.register("r")
        with thread.while_(i < model.k):
            if mutex is not None:
                thread.lock(mutex)
            thread.load(r, x)
            thread.store(x, r + 1)
            thread.set(r, 0)
            if mutex is not None:
                thread.unlock(mutex)
            thread.set(i, i + 1)
        thread.step()
    return program.build()


def lastzero(n: int) -> ProgramCode:
    """A reader looks for the last zero in an array that n writers fill from their left neighbours."""
    program = Program(f"lastzero({n})")
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
