"""The systems on which specifications and engine must agree: builders of programs from constants.

Each builder makes, from the constants of a specification, the `Program` that is the same system. Deliberately absent:
numbers; those are computed by TLC and by the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from conformance import System, first_registers, registers
from krepis.twin.explore import Model, Outcome
from krepis.twin.program import Location, Operand, Program, Reg, Thread


def clock(name: str, naps: Sequence[Sequence[int]]) -> System:
    """Threads that sleep and then read the clock."""
    program = Program(name)
    for at, durations in enumerate(naps):
        thread = program.thread(f"T{at + 1}")
        seen = thread.register("seen")
        for duration in durations:
            thread.sleep(duration)
            thread.now(seen)
    return System("VirtualClock", name, {"Naps": naps}, program.build(), first_registers)


CLOCKS = [
    clock("one", [[3, 2]]),
    clock("pair", [[2, 1], [1, 2]]),
    clock("ties", [[1, 0], [1, 1], [0, 1]]),
    clock("four", [[1], [1], [2], [0]]),
]
LARGE_CLOCK = clock("large", [[1, 2], [2, 1], [1], [3], [1]])


def statuses(end: Outcome) -> list[str]:
    """How each thread ended."""
    return [thread.status.upper() for thread in end.threads]


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
    return System("ThreadStates", name, {"Scripts": scripts}, program.build(), statuses)


LIVES = [
    lives("mixed", [["sleep", "lock", "unlock"], ["lock", "sleep", "unlock", "risk"], ["risk"]]),
    lives("odd", [[], ["broken"], ["lock", "unlock", "sleep"], ["lock", "risk", "unlock"]]),
    lives("stuck", [["lock", "risk", "unlock"], ["lock", "risk", "unlock"], ["sleep", "lock", "unlock"]]),
    lives("nap", [["sleep", "sleep"], ["sleep", "risk"], ["lock", "unlock", "sleep"]]),
]
LARGE_LIVES = lives("large", [["sleep", "lock", "unlock", "risk"]] * 6 + [["lock", "sleep", "unlock"]])


def ends(end: Outcome) -> list[list[int]]:
    """The instruction at which each thread ended, counted from 1, and whether it failed."""
    return [[thread.pc + 1 for thread in end.threads], [int(thread.status == "failed") for thread in end.threads]]


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
    return System("Dependencies", name, constants, program.build(), ends)


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


Line = tuple[str, *tuple[int, ...]]


def words_and_registers(end: Outcome) -> list[list[Any]]:
    """What each thread has read, and what memory holds."""
    return [registers(end), list(end.memory)]


def memory(name: str, model: Model, scripts: Sequence[Sequence[Line]]) -> System:
    """Threads that load and store."""
    words = max(line[1] for script in scripts for line in script if len(line) > 1)
    program = Program(name)
    x = program.array("x", words)
    for at, script in enumerate(scripts):
        thread = program.thread(f"T{at + 1}")
        read: list[Reg] = []
        for op, *arguments in script:
            place = x[arguments[0] - 1] if arguments else x
            if op in ("load", "rload", "add", "swap", "cas"):
                read.append(thread.register(f"r{len(read)}"))
            match op:
                case "load" | "rload":
                    thread.load(read[-1], place, "rlx" if op == "rload" else "ra")
                case "store" | "rstore":
                    thread.store(place, arguments[1], "rlx" if op == "rstore" else "ra")
                case "bump":
                    thread.store(place, read[-1] + arguments[1])
                case "add":
                    thread.fetch_add(read[-1], place, arguments[1])
                case "swap":
                    thread.exchange(read[-1], place, arguments[1])
                case "cas":
                    thread.compare_and_swap(read[-1], place, arguments[1], arguments[2])
                case "fence":
                    thread.fence()
    constants = {"Model": model, "Scripts": scripts, "Words": words, "Weak": frozenset()}
    return System("SimulatedMemory", f"{name}-{model}", constants, program.build(), words_and_registers, model)


MODELS: tuple[Model, ...] = ("sc", "tso", "pso", "ra")


def ring(n: int) -> list[list[Line]]:
    """Store buffering in a ring."""
    return [[("store", at, 1), ("load", at % n + 1)] for at in range(1, n + 1)]


PASSING: list[list[Line]] = [
    [("store", 1, 1), ("rstore", 2, 1), ("store", 2, 2)],
    [("rload", 2), ("fence",), ("load", 1), ("bump", 2, 5)],
]
MIXED: list[list[Line]] = [
    [("store", 1, 1), ("add", 2, 1), ("load", 1), ("store", 2, 4)],
    [("cas", 1, 1, 3), ("bump", 2, 1), ("swap", 1, 7)],
    [("add", 2, 1), ("load", 1), ("store", 1, 9)],
]
MEMORIES = [
    memory(name, model, scripts)
    for name, scripts in (("ring", ring(3)), ("passing", PASSING), ("mixed", MIXED))
    for model in MODELS
]
LARGE_MEMORY = memory("ring", "tso", ring(8))


def turns(name: str, count: int, rounds: int, discipline: str, policy: str = "any", bound: int = 0) -> System:
    """Threads that enter and leave a critical section."""
    program = Program(name)
    lock = program.mutex("lock")
    following, serving = program.location("next"), program.location("serving")
    for at in range(count):
        thread = program.thread(f"T{at + 1}")
        done = thread.register("done")
        thread.label("again")
        if discipline == "barging":
            thread.lock(lock)
            thread.unlock(lock)
        else:
            ticket, seen = thread.register("ticket"), thread.register("seen")
            with thread.atomic():
                thread.load(ticket, following)
                thread.store(following, (ticket + 1) % count)
            with thread.atomic():
                thread.load(seen, serving)
                thread.require(seen.equals(ticket))
                thread.set(seen, 0)
            with thread.atomic():
                thread.store(serving, (ticket + 1) % count)
                thread.set(ticket, 0)
        if rounds:
            thread.set(done, done + 1)
            thread.branch(done < rounds, "again")
        else:
            thread.jump("again")
    constants = {"Count": count, "Rounds": rounds, "Discipline": discipline, "Policy": policy, "Bound": bound}
    options = {} if policy == "any" else {policy: bound}
    return System("SchedulerOracle", name, constants, program.build(), first_registers, options=options)


TURNS = [
    turns("barging", 3, 3, "barging"),
    turns("ticket", 3, 2, "ticket"),
    turns("preemptions", 3, 2, "ticket", "preemptions", 2),
    turns("contexts", 3, 3, "barging", "contexts", 4),
]
ENDLESS = [turns("endless-barging", 3, 0, "barging"), turns("endless-ticket", 4, 0, "ticket")]
LARGE_TURNS = turns("large", 6, 7, "barging")


EVENT, JOB, THROWS, RUNS, AWAIT, DONE, THREW = range(7)


def loop(name: str, scripts: Sequence[Sequence[Line]], promises: int) -> System:
    """The event loop of JavaScript, each of whose operations is one atomic step."""
    calls = len(scripts)
    program = Program(name)
    phase, state = program.array("phase", calls), program.array("state", max(promises, 1))
    running, length, queue = program.location("running"), program.location("length"), program.array("queue", calls + 1)
    waiting = [program.array(f"waiting{p}", calls) for p in range(promises)]
    threads = [program.thread(f"C{at + 1}") for at in range(calls)]
    for at, (thread, script) in enumerate(zip(threads, scripts, strict=True)):
        a, b, threw = thread.register("a"), thread.register("b"), thread.register("threw")

        def forget(thread: Thread = thread, a: Reg = a, b: Reg = b) -> None:
            thread.set(a, 0)
            thread.set(b, 0)

        def append(call: Operand, thread: Thread = thread, a: Reg = a) -> None:
            thread.load(a, length)
            thread.store(queue[a], call)
            thread.store(length, a + 1)

        def require_running(thread: Thread = thread, a: Reg = a, at: int = at) -> None:
            thread.load(a, running)
            thread.require(a.equals(at + 1))

        def suspend(into: int, thread: Thread = thread, at: int = at) -> None:
            thread.store(phase[at], into)
            thread.store(running, 0)

        def wake(thread: Thread = thread, a: Reg = a, b: Reg = b, at: int = at, threw: Reg = threw) -> None:
            """An event, or the job at the head of the queue."""
            with thread.atomic():
                thread.load(a, running)
                thread.require(a.equals(0))
                thread.load(a, phase[at])
                thread.load(b, length)
                with thread.if_(a.equals(EVENT)):
                    thread.require(b.equals(0))
                with thread.else_():
                    thread.require(a.equals(JOB) | a.equals(THROWS))
                    thread.load(b, queue[0])
                    thread.require(b.equals(at + 1))
                    for i in range(calls):
                        thread.load(b, queue[i + 1])
                        thread.store(queue[i], b)
                    thread.load(b, length)
                    thread.store(length, b - 1)
                with thread.if_(a.equals(THROWS)):
                    thread.store(phase[at], THREW)
                    thread.set(threw, 1)
                with thread.else_():
                    thread.store(phase[at], RUNS)
                    thread.store(running, at + 1)
                forget()
            thread.branch(threw, "end")

        wake()
        for op, *arguments in script:
            p = arguments[0] - 1 if arguments else 0
            with thread.atomic():
                require_running()
                match op:
                    case "io":
                        suspend(EVENT)
                    case "tick":
                        append(at + 1)
                        suspend(JOB)
                    case "await":
                        thread.load(b, state[p])
                        with thread.if_(b.equals(0)):
                            for i in reversed(range(calls)):  # the first free place
                                thread.load(a, waiting[p][i])
                                with thread.if_(a.equals(0)):
                                    thread.set(b, i)
                            thread.store(waiting[p][b], at + 1)
                            suspend(AWAIT)
                        with thread.else_():
                            append(at + 1)
                            thread.store(phase[at], b)
                            thread.store(running, 0)
                    case _:
                        thread.load(b, state[p])
                        with thread.if_(b.equals(0)):
                            settled = JOB if op == "resolve" else THROWS
                            thread.store(state[p], settled)
                            for i in range(calls):
                                thread.load(b, waiting[p][i])
                                with thread.if_(b):
                                    append(b)
                                    thread.store(phase[b - 1], settled)
                                    thread.store(waiting[p][i], 0)
                forget()
            if op in ("io", "tick", "await"):
                wake()
        with thread.atomic():
            require_running()
            suspend(DONE)
            forget()
        thread.label("end")

    def outcome(end: Outcome) -> list[list[int]]:
        return [list(end.memory[:calls]), list(end.memory[calls : calls + promises])]

    return System("Promises", name, {"Scripts": scripts, "Count": promises}, program.build(), outcome)


LOOPS = [
    loop("plain", [[("io",), ("tick",)], [("tick",), ("io",), ("tick",)], [("io",)]], 0),
    loop("shared", [
        [("io",), ("await", 1), ("tick",)], [("await", 1), ("await", 2)],
        [("io",), ("resolve", 1), ("io",), ("reject", 2)], [("tick",), ("resolve", 2), ("await", 2)],
    ], 2),
    loop("waiters", [[("await", 1), ("tick",)], [("await", 1)], [("await", 1), ("io",)], [("io",), ("resolve", 1)]], 1),
    loop("forgotten", [[("await", 1), ("resolve", 2)], [("tick",), ("await", 2), ("resolve", 1)], [("io",)]], 2),
]  # fmt: skip
LARGE_LOOP = loop("large", [[("io",), ("await", 1), ("tick",), ("io",)]] * 7 + [[("io",), ("io",), ("resolve", 1)]], 1)


NEW, ACTIVE, COMMITTED, ABORTED = range(4)


def transactions(name: str, scripts: Sequence[Sequence[Line]], levels: Sequence[str], rows: int) -> System:
    """Transactions, each of whose statements is one atomic step."""
    count = len(scripts)
    program = Program(name)
    status, table = program.array("status", count), program.array("table", rows, 1)
    own, snapshot, stale = (program.array(which, count * rows) for which in ("own", "snapshot", "stale"))
    holder, needs = program.array("holder", rows + 1), program.array("needs", count)
    has_snapshot = [level in ("snapshot", "mysql") for level in levels]

    def add(me: int, thread: Thread, script: Sequence[Line], level: str) -> None:
        a, b, found, gone = (thread.register(which) for which in ("a", "b", "found", "gone"))
        reads = [thread.register(f"read{i}") for i, line in enumerate(script) if line[0] in ("read", "lock")]
        wanted = [0 if op == "read" else k for op, k, *_ in script] + [0]

        def end(how: int) -> None:
            thread.store(status[me], how)
            for k in range(rows):
                for place in (own, snapshot, stale):
                    thread.store(place[me * rows + k], 0)
            for lock in range(rows + 1):
                thread.load(a, holder[lock])
                with thread.if_(a.equals(me + 1)):
                    thread.store(holder[lock], 0)
            thread.store(needs[me], 0)
            thread.set(gone, how)

        def forget() -> None:
            for register in (a, b, found):
                thread.set(register, 0)

        def require_cycle() -> None:
            """`a` goes from me to whom it waits for, and on."""
            thread.set(a, me + 1)
            for _ in range(count):
                with thread.if_(a):
                    thread.load(b, needs[a - 1])
                    with thread.if_(b):
                        thread.load(b, holder[b - 1])
                    with thread.if_(b.equals(a)):
                        thread.set(b, 0)
                    thread.set(a, b)
                    thread.set(found, found | a.equals(me + 1))
            thread.require(found)

        def see(k: int, base: Location, offset: int) -> None:
            thread.load(a, own[me * rows + k])
            with thread.if_(a.equals(0)):
                thread.load(a, base[offset + k])

        def execute(line: Line, read: int) -> None:
            op, k = line[0], line[1] - 1
            thread.store(holder[k], me + 1)
            match op:
                case "lock":
                    see(k, table, 0)
                    thread.set(reads[read], a)
                case "write":
                    thread.store(own[me * rows + k], line[2])
                case "set":
                    thread.store(own[me * rows + k], reads[read - 1] + line[2])
                case "add":
                    see(k, table, 0)
                    thread.store(own[me * rows + k], a + line[2])

        with thread.atomic():
            if level == "serializable":
                thread.load(a, holder[rows])
                thread.require(a.equals(0))
                thread.store(holder[rows], me + 1)
            for k in range(rows if has_snapshot[me] else 0):
                thread.load(a, table[k])
                thread.store(snapshot[me * rows + k], a)
            thread.store(status[me], ACTIVE)
            thread.store(needs[me], wanted[0])
            forget()
        read = 0
        for at, line in enumerate(script):
            with thread.atomic():
                if line[0] == "read":
                    see(line[1] - 1, *((snapshot, me * rows) if has_snapshot[me] else (table, 0)))
                    thread.set(reads[read], a)
                else:
                    thread.load(a, holder[line[1] - 1])
                    thread.load(b, stale[me * rows + line[1] - 1])
                    with thread.if_(a.differs(0) & a.differs(me + 1)):
                        require_cycle()
                        end(ABORTED)
                    with thread.else_():
                        with thread.if_(b if level == "snapshot" else 0):
                            end(ABORTED)
                        with thread.else_():
                            execute(line, read)
                with thread.if_(gone.equals(0)):
                    thread.store(needs[me], wanted[at + 1])
                forget()
            thread.branch(gone, "end")
            read += line[0] in ("read", "lock")
        with thread.atomic():
            for k in range(rows):
                thread.load(a, own[me * rows + k])
                with thread.if_(a):
                    thread.store(table[k], a)
                    for other in range(count):
                        if has_snapshot[other] and other != me:
                            thread.load(b, status[other])
                            with thread.if_(b.equals(ACTIVE)):
                                thread.store(stale[other * rows + k], 1)
            end(COMMITTED)
            forget()
        thread.label("end")

    for me, (script, level) in enumerate(zip(scripts, levels, strict=True)):
        add(me, program.thread(f"T{me + 1}"), script, level)

    def outcome(end: Outcome) -> list[Any]:
        committed = [int(word == COMMITTED) for word in end.memory[:count]]
        return [list(end.memory[count : count + rows]), [each[4:] for each in registers(end)], committed]

    constants = {"Scripts": scripts, "Levels": levels, "Rows": rows}
    return System("Transactions", name, constants, program.build(), outcome)


CROSSING: list[list[Line]] = [
    [("write", 1, 10), ("lock", 2), ("set", 2, 1)],
    [("write", 2, 20), ("add", 1, 5)],
    [("read", 1), ("read", 1), ("lock", 2)],
]
ADDING: list[list[Line]] = [[("read", 1), ("set", 1, 1)], [("read", 1), ("set", 1, 1), ("add", 1, 2)], [("add", 1, 4)]]
SKEW: list[list[Line]] = [[("read", 1), ("set", 2, 1)], [("read", 2), ("set", 1, 1)], [("read", 1), ("read", 2)]]
LEVELS = ("committed", "snapshot", "mysql", "serializable")
DATABASES = [
    transactions("crossing", CROSSING, ("committed", "mysql", "snapshot"), 2),
    *(transactions(f"adding-{level}", ADDING, [level] * 3, 1) for level in LEVELS),
    *(transactions(f"skew-{level}", SKEW, [level] * 3, 2) for level in LEVELS),
]
LARGE_DATABASE = transactions(
    "large", [*CROSSING, *([("read", 2), *script, ("read", 1)] for script in SKEW)],
    ["snapshot", "committed", "mysql", "snapshot", "committed", "snapshot"], 2,
)  # fmt: skip


def reduction(name: str, scripts: Sequence[Sequence[tuple[str, int]]]) -> System:
    """Processes that read and write, explored by source-DPOR that runs the lowest process first."""
    program = Program(name)
    x = program.array("x", max(word for script in scripts for _, word in script))
    for at, script in enumerate(scripts):
        thread = program.thread(f"P{at + 1}")
        for i, (op, word) in enumerate(script):
            if op == "read":
                thread.load(thread.register(f"r{i}"), x[word - 1])
            else:
                thread.store(x[word - 1], 10 * at + i + 1)
    return System("DPOR", name, {"Scripts": scripts, "Choice": "lowest"}, program.build(), registers)


INCREMENT = [("read", 1), ("write", 1)]
REDUCTIONS = [
    reduction("readers", [[("write", 1)], [("read", 1)], [("read", 1)], [("read", 1)]]),
    reduction("writers", [[("write", 1)], [("write", 1)], [("write", 1)]]),
    reduction("increments", [INCREMENT, INCREMENT, [("write", 1)]]),
    reduction("ring", [[("write", 1), ("read", 2)], [("write", 2), ("read", 3)], [("write", 3), ("read", 1)]]),
]

SYSTEMS = [*CLOCKS, *DATABASES, *LIVES, *LOOPS, *MEMORIES, *TURNS, *ENDLESS, *WAITS]
LARGE = [LARGE_CLOCK, LARGE_DATABASE, LARGE_LIVES, LARGE_LOOP, LARGE_MEMORY, LARGE_TURNS, LARGE_WAITS]
RECORDED = [
    CLOCKS[2], LIVES[0], LIVES[2], WAITS[0], WAITS[2], *MEMORIES[-4:], *TURNS[:2], LOOPS[1], LOOPS[3], *DATABASES[:3],
]  # fmt: skip
