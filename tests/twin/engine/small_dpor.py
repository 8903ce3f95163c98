"""A small source-DPOR under sequential consistency, with the known mistakes as switches.

It exists to test the gate: the right version must pass it and every version with one mistake must be caught.
It walks over the steps of the reference interpreter and knows memory and locks only; `Abdulla, Aronis,
Jonsson, Sagonas: Optimal dynamic partial order reduction, POPL 2014` is the source of the algorithm (its
algorithm 1).

A race is a pair of dependent steps of different threads, neither ordered by what happened before the later
one's thread took its last step nor separated by a step in between. `lock` races with the `lock` that holds
the mutex, also while it is blocked; the `unlock` in between separates nothing, because it belongs to the
holder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

from krepis.twin import reference
from krepis.twin.program import Op, ProgramCode
from krepis.twin.reference import Access, Outcome, State, Step

Bug = Literal[
    "picks-a-sleeper",
    "counts-the-new-step",
    "races-with-unlock",
    "forgets-deadlocks",
    "forgets-runs-given-up",
]
BUGS: Final[tuple[Bug, ...]] = get_args(Bug)

Clock = tuple[int, ...]


class Event(NamedTuple):
    """An executed step. `clock[t]` is how many events of thread t happen before it or are it."""

    thread: int
    accesses: tuple[Access, ...]
    op: Op
    clock: Clock


@dataclass
class Node:
    """A state on the current path: what may run, what is still to run, and what need not run again."""

    state: State
    enabled: dict[int, list[Step]]
    backtrack: set[int]
    sleep: set[int]


@dataclass
class Found:
    """What a search found: final outcomes, and runs that were explored to their end or given up asleep."""

    complete: set[Outcome]
    deadlocked: set[Outcome]
    traces: int = 0
    deadlocked_traces: int = 0
    blocked: int = 0


def conflict(left: tuple[Access, ...], right: tuple[Access, ...]) -> bool:
    """Whether two steps of different threads are dependent."""
    return any(a.object == b.object and (a.writes or b.writes) for a in left for b in right)


def explore(program: ProgramCode, bug: Bug | None = None) -> Found:
    """Explore with source sets; `bug` is the one mistake to make."""
    return _Search(program, bug).run()


class _Search:
    def __init__(self, program: ProgramCode, bug: Bug | None) -> None:
        self.program = program
        self.bug = bug
        self.found = Found(set(), set())
        self.nodes: list[Node] = []
        self.events: list[Event] = []

    def run(self) -> Found:
        self._visit(reference.initial_state(self.program, "sc"), set())
        return self.found

    def _visit(self, state: State, sleep: set[int]) -> None:
        enabled: dict[int, list[Step]] = {}
        for step in reference.steps(self.program, "sc", state, 1):
            enabled.setdefault(step.thread, []).append(step)
        awake = [thread for thread in enabled if thread not in sleep]
        if not enabled:
            self._end(state)
            return
        if not awake:
            self.found.blocked += 1
            if self.bug != "forgets-runs-given-up":
                self._race_waiting(state)
            return
        node = Node(state, enabled, {min(awake)}, set(sleep))
        self.nodes.append(node)
        while todo := sorted(node.backtrack - node.sleep):
            thread = todo[0]
            for step in node.enabled[thread]:
                self._race(thread, step.accesses, self._op(state, thread))
                event = Event(
                    thread,
                    step.accesses,
                    self._op(state, thread),
                    self._clock(thread, step.accesses, own=True),
                )
                asleep = {q for q in node.sleep if not conflict(step.accesses, self._union(node.enabled[q]))}
                self.events.append(event)
                self._visit(step.after, asleep)
                self.events.pop()
            node.sleep.add(thread)
        self.nodes.pop()

    def _end(self, state: State) -> None:
        if reference.is_complete(state):
            self.found.traces += 1
            self.found.complete.add(reference.outcome(state))
            return
        self.found.deadlocked_traces += 1
        self.found.deadlocked.add(reference.outcome(state))
        self._race_waiting(state)

    def _race_waiting(self, state: State) -> None:
        """At the end of a run, also of one that is given up asleep: threads that wait for a lock race with
        its holder."""
        if self.bug == "forgets-deadlocks":
            return
        for thread, own in enumerate(state.threads):
            if own.status != "ready":
                continue
            instruction = self.program.threads[thread].code[own.pc]
            if instruction.op is Op.LOCK and state.mutexes[instruction.obj] >= 0:
                self._race(thread, (Access(("mutex", instruction.obj), writes=True),), Op.LOCK)

    def _op(self, state: State, thread: int) -> Op:
        return self.program.threads[thread].code[state.threads[thread].pc].op

    def _union(self, steps: list[Step]) -> tuple[Access, ...]:
        return tuple(access for step in steps for access in step.accesses)

    def _clock(self, thread: int, accesses: tuple[Access, ...], *, own: bool) -> Clock:
        """The clock of the thread's next step with these accesses; without `accesses`, of its last step."""
        clock = [0] * len(self.program.threads)
        for event in self.events:
            if event.thread == thread or conflict(event.accesses, accesses):
                clock = [max(a, b) for a, b in zip(clock, event.clock, strict=True)]
        if own:
            clock[thread] += 1
        return tuple(clock)

    def _race(self, thread: int, accesses: tuple[Access, ...], op: Op) -> None:
        """Plan to reverse every race of the next step with an earlier one."""
        seen = self._clock(thread, accesses if self.bug == "counts-the-new-step" else (), own=False)
        rivals = [
            at
            for at, event in enumerate(self.events)
            if event.thread != thread
            and conflict(event.accesses, accesses)
            and not self._before(at, seen)
            and self._may_reverse(event.op, op)
        ]
        for at in rivals:
            if not any(self._before(at, self.events[later].clock) for later in rivals if later > at):
                self._reverse(at, thread, accesses)

    def _may_reverse(self, earlier: Op, later: Op) -> bool:
        if later is not Op.LOCK:
            return earlier not in (Op.LOCK, Op.UNLOCK)
        return earlier is (Op.UNLOCK if self.bug == "races-with-unlock" else Op.LOCK)

    def _before(self, at: int, clock: Clock) -> bool:
        """Whether the event happens before something with this clock."""
        event = self.events[at]
        return event.clock[event.thread] <= clock[event.thread]

    def _reverse(self, at: int, thread: int, accesses: tuple[Access, ...]) -> None:
        """Make sure that a thread which starts the reversed run is explored before event `at`."""
        node = self.nodes[at]
        if self.bug == "picks-a-sleeper":
            candidates = self._flanagan_godefroid(at, thread, accesses) & set(node.enabled)
        else:
            candidates = self._initials(at, thread, accesses) & set(node.enabled)
        if candidates and not candidates & node.backtrack:
            awake = candidates - node.sleep
            if self.bug == "picks-a-sleeper":
                node.backtrack.add(min(candidates))
            elif awake == candidates:
                node.backtrack.add(min(awake))

    def _initials(self, at: int, thread: int, accesses: tuple[Access, ...]) -> set[int]:
        """Threads that can begin the steps after `at` that do not depend on it, followed by `thread`'s next
        step."""
        rest = [i for i in range(at + 1, len(self.events)) if not self._before(at, self.events[i].clock)]
        first: dict[int, int] = {}
        for i in rest:
            first.setdefault(self.events[i].thread, i)
        initials = {
            t for t, i in first.items() if not any(j < i and self._before(j, self.events[i].clock) for j in rest)
        }
        if not any(self._before(j, self._clock(thread, accesses, own=False)) for j in rest):
            initials.add(thread)
        return initials

    def _flanagan_godefroid(self, at: int, thread: int, accesses: tuple[Access, ...]) -> set[int]:
        """The set of the 2005 algorithm: the thread itself, and those that one of its causes after `at`
        belongs to."""
        seen = self._clock(thread, (), own=False)
        causes = {self.events[j].thread for j in range(at + 1, len(self.events)) if self._before(j, seen)}
        return {thread} | causes
