"""What the running kernel did is a run of its specification, and is none when a line of the record is changed.

The wheel and the tenants are driven at random through the binding that ships, with the constants of the C code; each
call and its result is an event. TLC takes the events as steps, with the steps within a call in between.
Connections are those of the kernel under the Twin, which notes what happens to them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conformance import printed, to_tla
from krepis.kernel import TenantLimits, Tenants, Wheel
from krepis.twin import native, tlc

Log = list[list[Any]]

RUNS = """
VARIABLES which, at
Event == LogEvents[which][at]
LogInit == Init /\\ which \\in DOMAIN LogEvents /\\ at = 1
LogNext ==
  /\\ at <= Len(LogEvents[which])
  /\\ UNCHANGED which
  /\\ \\/ Happens(Event) /\\ at' = at + 1
     \\/ Within /\\ UNCHANGED at
LogSpec == LogInit /\\ [][LogNext]_<<vars, which, at>>
Report == at > Len(LogEvents[which]) => PrintT(<<"accepted", which>>)
"""

WHEEL = """
Happens(e) ==
  CASE e[1] = "set" -> Set(e[2], IF e[3] > now THEN e[3] ELSE now)
    [] e[1] = "cancel" -> IF IsSet(e[2]) THEN Cancel(e[2]) ELSE UNCHANGED vars
    [] e[1] = "next" -> (IF Used = {} THEN e[2] = Unset ELSE Begins(First) = e[2]) /\\ UNCHANGED vars
    [] e[1] = "advance" -> Advance(e[2])
    [] e[1] = "fire" -> Fire(e[2])
    [] e[1] = "done" -> Arrive
Within == \\E l \\in 1..(Levels - 1), d \\in 0..(Base - 1) : MoveDown(l, d)
"""

TURNS = """
Happens(e) ==
  CASE e[1] = "in" -> Arrive(e[2])
    [] e[1] = "take" ->
         IF e[2] = 0 THEN (IF ring = <<>> \\/ AllRuns = AllRunning THEN UNCHANGED vars ELSE Take /\\ runs' = runs)
                     ELSE Take /\\ Begins(e[2])
    [] e[1] = "end" -> Finish(e[2], e[3], e[4])
    [] e[1] = "leave" -> GiveUp(e[2])
    [] OTHER -> UNCHANGED vars
Within == FALSE
"""

ADMISSION = """
Happens(e) ==
  CASE e[1] = "in" -> Admit(e[2])
    [] e[1] = "later" -> Later(e[2]) /\\ retry'[e[2]] = now + e[3]
    [] e[1] = "refused" -> Refuse(e[2])
    [] e[1] = "take" -> IF e[2] = 0 THEN UNCHANGED vars ELSE Take(e[2])
    [] e[1] = "end" -> Finish(e[2])
    [] e[1] = "leave" -> GiveUp(e[2])
    [] e[1] = "time" -> now' = e[2] /\\ UNCHANGED <<open, queue, runs, tokens, since, retry, admitted>>
Within == FALSE
"""


def accepted(module: str, constants: dict[str, Any], steps: str, logs: Sequence[Log]) -> set[int]:
    """Which logs are runs of the module with these constants."""
    values = "".join(f"Value_{name} == {to_tla(value)}\n" for name, value in constants.items())
    head = f"---- MODULE Trace ----\nEXTENDS {module}, Sequences, TLC\n"
    body = f"{head}{values}LogEvents == {to_tla(logs)}\n{steps}{RUNS}====\n"
    config = tlc.Config("LogSpec", tuple(f"{name} <- Value_{name}" for name in constants), ("Report",))
    checked = tlc.check("Trace", config, sources={"Trace": body}, deadlock=False)
    assert checked.broken is None, "\n".join(checked.behaviour)
    return {which - 1 for which in printed(checked, "accepted")}


# -- the timer wheel ------------------------------------------------------------------------------------------

TIMERS, LAST = 5, 4095
WHEEL_CONSTANTS = {"Timers": frozenset(range(TIMERS)), "Base": 64, "Levels": 2, "Room": TIMERS}


def wheel_log(seed: int) -> Log:
    """Random calls of a wheel, up to the moment 4095."""
    dice, wheel, now, log = random.Random(seed), Wheel(TIMERS, 0), 0, []
    for _ in range(40):
        timer, what = dice.randrange(TIMERS), dice.randrange(8)
        if what < 4:
            due = min(LAST, now + dice.choice((0, 1, 63, 64, 65, 200, 1000)) - dice.randrange(2))
            wheel.set(timer, max(due, 0))
            log.append(["set", timer, max(due, 0)])
        elif what == 4:
            wheel.cancel(timer)
            log.append(["cancel", timer])
        elif now < 4000:
            now += dice.choice((1, 5, 64, 90))
            log.append(["advance", now])
            log += [["fire", fired] for fired in wheel.advance(now)]
            log.append(["done", now])
        due = wheel.next()
        log.append(["next", LAST + 1 if due is None else due])
    return log


# -- tenants ----------------------------------------------------------------------------------------------------

WEIGHTS, RUNNING, ALL_RUNNING, QUEUED, RATE, BURST = (1, 2, 5), 2, 3, 4, 30, 2
TABLE = len(WEIGHTS) * (QUEUED + RUNNING)
TURNS_CONSTANTS = {
    "Weights": WEIGHTS, "Quantum": 1000, "Costs": frozenset({0}), "Debt": 60_000_000, "Smoothing": 8,
    "Queued": QUEUED, "Running": RUNNING, "AllRunning": ALL_RUNNING,
}  # fmt: skip
ADMISSION_CONSTANTS = {
    "Tenants": frozenset({1, 2, 3}), "Connections": 1, "Queued": QUEUED, "Running": RUNNING,
    "AllRunning": ALL_RUNNING, "Table": TABLE, "Rate": (RATE, RATE, 0), "Burst": (BURST, BURST, 0), "Parts": 1000,
    "Horizon": 0,
}  # fmt: skip


def tenants_log(seed: int) -> Log:
    """Random requests of three tenants, of which the first two have a rate."""
    dice, tenants, now, log = random.Random(seed), Tenants(3, TABLE, ALL_RUNNING), 0, []
    for weight, limited in zip(WEIGHTS, (True, True, False), strict=True):
        rate = {"rate_per_second": RATE, "burst": BURST} if limited else {}
        tenants.add(TenantLimits(weight=weight, running_max=RUNNING, queued_max=QUEUED, **rate))
    running: dict[int, list[int]] = {1: [], 2: [], 3: []}
    queued: dict[int, list[int]] = {1: [], 2: [], 3: []}
    for _ in range(120):
        tenant, what = dice.randint(1, 3), dice.randrange(10)
        if what < 4:
            number, retry = tenants.offer(tenant - 1, now)
            if number >= 0:
                queued[tenant].append(number)
            log.append(["in", tenant] if number >= 0 else ["later", tenant, retry] if retry else ["refused", tenant])
        elif what < 6:
            taken = tenants.take()
            owner = 0 if taken is None else tenants.of(taken) + 1
            if taken is not None:
                queued[owner].remove(taken)
                running[owner].append(taken)
            log.append(["take", owner])
        elif what < 8 and running[tenant]:
            index, cost = dice.randrange(len(running[tenant])), dice.choice((0, 1, 300, 5000, 90_000))
            tenants.end(running[tenant].pop(index), cost)
            log.append(["end", tenant, index + 1, cost])
        elif what == 8 and queued[tenant]:
            tenants.end(queued[tenant].pop(), 0)
            log.append(["leave", tenant])
        elif what == 9:
            now += dice.choice((1, 7, 33, 34))
            log.append(["time", now])
    assert tenants.valid()
    return log


def changed(log: Log, kinds: tuple[str, ...], seed: int) -> Log:
    """The log with one result of it changed to another that could have been."""
    results = [i for i, (what, number, *_) in enumerate(log) if what in kinds and (what, number) != ("take", 0)]
    at = random.Random(seed).choice(results)
    what, number, *more = log[at]
    other = {
        "next": ["next", number + 1], "fire": ["fire", (number + 1) % TIMERS],
        "later": ["later", number, *(wait + 1 for wait in more)], "take": ["take", number % 3 + 1],
    }[what]  # fmt: skip
    return [*log[:at], other, *log[at + 1 :]]


CASES = {
    "TimerWheel": (WHEEL_CONSTANTS, WHEEL, wheel_log, ("next", "fire")),
    "EventScheduler": (TURNS_CONSTANTS, TURNS, tenants_log, ("take",)),
    "TenantIsolation": (ADMISSION_CONSTANTS, ADMISSION, tenants_log, ("later",)),
}


@pytest.mark.parametrize("module", CASES)
def test_what_the_kernel_did_is_a_run_of_its_specification_and_no_other(module: str) -> None:
    constants, steps, record, kinds = CASES[module]
    logs = [record(seed) for seed in range(8)]
    wrong = [changed(log, kinds, seed) for seed, log in enumerate(logs)]
    assert accepted(module, constants, steps, [*logs, *wrong]) == set(range(len(logs)))


# -- connections ------------------------------------------------------------------------------------------------

PLACES = 3
CONNECTIONS_CONSTANTS = {"Places": frozenset(range(PLACES)), "Generations": 30, "Requests": 30, "Pipeline": 2}
CONNECTIONS = """
Waits == <<"idle", "head", "body", "write", "answer", "stream", "linger">>

\\* The kernel notes what it is about to do, and what it knew before.
Agrees(e) ==
  LET p == peer[e[2]]
  IN e[1] \\in {"open", "stop"} \\/ p.phase \\notin {"open", "linger"} \\/
     <<p.asked, p.answered, p.last>> = <<e[4], e[5], e[6] = 1>>

Row(e) == <<e[2], peer[e[2]].generation, e[3]>>
MayFlush(p) == p.phase = "open" /\\ (p.unsent \\/ IsThrough(p) \\/ (stopping /\\ IsIdle(p)))

Happens(e) ==
  LET c == e[2]
      p == peer[e[2]]
  IN /\\ Agrees(e)
     /\\ CASE e[1] = "open" -> Open(c)
          [] e[1] = "ask" -> Ask(c, e[3] = 1)
          [] e[1] = "part" -> Part(c, IF e[3] = 1 THEN "body" ELSE "head")
          [] e[1] = "refuse" -> Refuse(c)
          [] e[1] = "end" -> IF p.phase = "open" /\\ p.last THEN UNCHANGED vars ELSE ReadEnd(c)
          [] e[1] = "continue" -> Invite(c)
          [] e[1] = "answer" -> IsOwed(Row(e)) /\\ IsNew(Row(e)) /\\ Answer(Row(e))
          [] e[1] = "stream" -> Stream(Row(e))
          [] e[1] = "raw" -> Old(Row(e))
          [] e[1] = "chunk" -> Chunk(Row(e))
          [] e[1] = "finish" -> Finish(Row(e))
          [] e[1] = "block" -> IF p.blocked THEN UNCHANGED vars ELSE Block(c)
          [] e[1] = "flush" -> IF MayFlush(p) THEN Flush(c) ELSE UNCHANGED vars
          \\* A drop that is part of a step before it has happened already.
          [] e[1] = "drop" -> IF p.phase \\in {"open", "linger"} THEN Break(c) ELSE UNCHANGED vars
          [] e[1] = "timeout" ->
               /\\ WaitsFor(p) = Waits[e[3] + 1]
               /\\ IF WaitsFor(p) \\in {"head", "body"} THEN UNCHANGED vars ELSE Timeout(c)
          [] e[1] = "ready" -> MakeReady(c)
          [] e[1] = "take" -> TakeReady(c)
          [] e[1] = "stop" -> Stop
Within == FALSE
"""


def test_what_happened_to_connections_under_the_twin_is_a_run_of_their_specification(tmp_path: Path) -> None:
    program = native.build(tmp_path / "native")
    names = ("pieces", "pipeline", "times-more", "shutdown-more", "streams-more")
    logs: list[Log] = [
        [[what, *numbers] for what, numbers in native.record(program, name, seed)]
        for name in names
        for seed in range(8)
    ]
    happened = {what for log in logs for what, *_ in log}
    assert {"refuse", "raw", "finish", "timeout", "stop", "continue", "end"} <= happened
    wrong = []
    for seed, log in enumerate(logs):
        at = random.Random(seed).choice([i for i, (what, *_) in enumerate(log) if what in ("ask", "answer")] or [0])
        what, place, number, asked, *more = log[at]
        wrong.append([*log[:at], [what, place, number, asked + 1, *more], *log[at + 1 :]])
    wrong = [log for log in wrong if log[0][3] == 0]
    assert len(wrong) > 15
    assert accepted("ConnectionLife", CONNECTIONS_CONSTANTS, CONNECTIONS, [*logs, *wrong]) == set(range(len(logs)))
