"""Which answers to unknown questions are tried, and in which order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from krepis.twin.typescript.machine import Way, World
from krepis.twin.typescript.terms import subjects
from krepis.twin.typescript.values import Term

MAX_NAMES = 3
"""Functions that a note names."""


class Worlds:
    """Worlds by flipping answers, breadth first; the caller runs executions on each as it comes.

    Those that may let code run which has not run yet come first as long as they are `urgent`, else last. What was
    asked while the program was set up is flipped only every third time.
    Another answer about a number that was asked about before, and has changed since, comes before others: there
    calls meet.
    """

    def __init__(self) -> None:
        self.given = 0
        self.urgent = True
        self.guided = False
        self.entered: set[Way] = set()
        self._world: World | None = None
        self._own: deque[tuple[World, int]] = deque()
        self._before: deque[tuple[World, int]] = deque()
        self._promising: deque[tuple[World, int]] = deque()
        self._seen: set[frozenset[tuple[Term, bool]]] = set()

    def __call__(self, limit: int, more: int = 0) -> Iterator[World]:
        """At most `limit` worlds, and then `more` that let other code run."""
        world: World | None = World()
        while world is not None:
            self.given += 1
            self._world = world
            yield world
            self._flip()
            world = self._next(self.given < limit) if self.given < limit + more else None

    def left_out(self) -> str:
        """What did not run although other answers may let it run; empty when there is no such thing."""
        self._flip()
        ways = {way for world, i in self._promising for way in world.leads[world.order[i]]} - self.entered
        places = sorted({(code.module.path, code.span[0], code.name, site, yes) for _, code, site, yes in ways})
        names = list(dict.fromkeys(name or "a callback" for _, _, name, *_ in places))
        if not names:
            return ""
        shown = ", ".join(names[:MAX_NAMES]) + (f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else "")
        what = "1 branch" if len(places) == 1 else f"{len(places)} branches"
        return f"{what} of {shown} did not run: only {self.given} answers to unknown conditions were tried"

    def _flip(self) -> None:
        """What else can be answered in the last world."""
        world, self._world = self._world, None
        if world is None:
            return
        self.entered |= world.entered
        asked: set[Any] = set()
        for i, q in enumerate(world.order):
            numeric = q.op == "lt0" or (q.op == "seq" and isinstance(q.args[1], int | float))
            number = subjects(q)[-1] if numeric else None
            again = number is not None and number in asked
            asked.add(number)
            if q in world.fixed:
                continue
            queue = self._own if i >= world.before else self._before
            (queue.appendleft if again else queue.append)((world, i))
            if q in world.leads:
                self._promising.append((world, i))

    def _next(self, any_other: bool) -> World | None:
        world = None if any_other and not self.urgent else self._untouched()
        self.guided = world is not None
        if world is None and any_other:
            world = self._any()
        if world is None and not self.urgent:
            world = self._untouched()
        return world

    def _untouched(self) -> World | None:
        """A world that may let code run which has not run yet."""
        world = None
        while world is None and self._promising:
            parent, i = self._promising.popleft()
            if not self.entered.issuperset(parent.leads[parent.order[i]]):
                world = self._flipped(parent, i)
        return world

    def _any(self) -> World | None:
        world = None
        while world is None and (self._own or self._before):
            first, second = (self._before, self._own) if self.given % 3 == 0 else (self._own, self._before)
            world = self._flipped(*(first or second).popleft())
        return world

    def _flipped(self, world: World, i: int) -> World | None:
        """A world in which a question has the other answer; None if there was one."""
        answers = {p: world.answers[p] for p in world.order[:i]}
        answers[world.order[i]] = not world.answers[world.order[i]]
        key = frozenset(answers.items())
        if key in self._seen:
            return None
        self._seen.add(key)
        return World(answers)
