"""The slow and obvious interpreter of `ProgramCode`: the oracle that the C engine is tested against.

Strategy: a state is an immutable value; `steps` lists every step that is possible in a state together with
the state that it leads to; everything else is a walk over that relation with a Python set of the states seen.
Nothing is reduced, hashed down or shared with the engine, so that a mistake there is unlikely to be repeated
here.

`explore` counts states, transitions and schedules (maximal paths) and collects the final states, deadlocks,
failures, violated invariants and leaked locks. `traces` counts the classes of schedules that differ only in
the order of independent steps: it extends execution graphs step by step and merges equal ones. A graph is,
for each thread, its steps with the write that each read took its value from, and for each shared object the
order of its writes; two schedules have the same graph exactly when they are equal up to swapping independent
steps.

What a step reads and writes, for `traces`:

* a load, a failed `compare_and_swap`, `await`, `join`, a `resolve` that comes too late and a failing `spawn`
  read; `now` reads the clock;
* a store (when it reaches memory), a read-modify-write, `lock`, `unlock`, `acquire`, `release`, the first
  `resolve` and `spawn` write; setting a timer and its firing write the clock;
* a load that is answered from the thread's own store buffer reads from that store;
* with invariants, whatever writes a location that one of them reads writes the invariant as well;
* other steps touch nothing.

Deliberately absent: reduction, bounds other than the size of store buffers, replay of the engine's schedules,
and execution graphs for release/acquire (there only `explore`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeVar

from krepis.twin.program import (
    Apply,
    Binary,
    BinaryOp,
    Const,
    Expr,
    FailureKind,
    Instruction,
    Location,
    Op,
    ProgramCode,
    Reg,
    Select,
    Shared,
    Symbol,
    Update,
)

Model = Literal["sc", "tso", "pso", "ra"]
Status = Literal["new", "ready", "sleeping", "completed", "failed"]

T = TypeVar("T")

LIMIT: Final = 1 << 62
LOCAL_STEPS: Final = 10_000

_NEEDS_EMPTY_BUFFER: Final = frozenset(
    {
        Op.FENCE, Op.EXCHANGE, Op.FETCH_ADD, Op.CAS, Op.ATOMIC, Op.LOCK, Op.UNLOCK, Op.ACQUIRE, Op.RELEASE,
        Op.RESOLVE, Op.AWAIT, Op.SPAWN, Op.JOIN,
    }
)  # fmt: skip


class Term(NamedTuple):
    """A symbolic value: a function name (or operator, or `select`, `store`, `symbol`) and its arguments."""

    function: str
    arguments: tuple[int | Term | str, ...]


Value = int | Term
View = tuple[int, ...]
"""For each word, the position of a message in its modification order."""


class Message(NamedTuple):
    """A write under release/acquire. `glued`: it is a read-modify-write of the message just before it."""

    value: Value
    view: View
    glued: bool


class ThreadState(NamedTuple):
    """`failure` is None unless the status is failed; `view` is empty unless the model is release/acquire."""

    status: Status
    pc: int
    registers: tuple[Value, ...]
    failure: FailureKind | None
    buffer: tuple[tuple[int, Value], ...]
    view: View


class State(NamedTuple):
    """A global state. `memory` holds words, `history` messages (release/acquire only, where `memory` is
    empty).

    `timers` are (due time, thread) in the order in which they fire. `decisions` are the truth values of terms
    that the path has chosen. The views belong to mutexes, semaphores, promises and ended threads; the last is
    the global one of the fences.
    """

    threads: tuple[ThreadState, ...]
    memory: tuple[Value, ...]
    history: tuple[tuple[Message, ...], ...]
    mutexes: tuple[int, ...]
    semaphores: tuple[int, ...]
    promises: tuple[Value | None, ...]
    now: int
    timers: tuple[tuple[int, int], ...]
    decisions: frozenset[tuple[Term, bool]]
    views: tuple[View, ...]


class Access(NamedTuple):
    """A step reads or writes a shared object; `forwarded`: a load answered from the thread's own buffer."""

    object: tuple[str, int]
    writes: bool
    forwarded: bool = False


class Read(NamedTuple):
    """One alternative of a memory access: the value read, the state after it, what it touched."""

    value: Value
    after: State
    accesses: tuple[Access, ...]


class Effect(NamedTuple):
    """One alternative of a visible instruction, before the local instructions that follow it.

    `moves`: the program counter goes to the next instruction (unless the thread has failed).
    """

    after: State
    accesses: tuple[Access, ...] = ()
    alternative: int = 0
    buffered: int = -1
    moves: bool = True


class Step(NamedTuple):
    """A possible step: who takes it, which alternative, what it touches, and where it leads.

    `word` is the flushed word for a flush and -1 otherwise; `buffered` the word of a store that went into the
    buffer, otherwise -1.
    """

    thread: int
    alternative: int
    word: int
    accesses: tuple[Access, ...]
    buffered: int
    after: State


class Outcome(NamedTuple):
    """What is observed of a final state: the registers of each thread and the words of memory."""

    registers: tuple[tuple[Value, ...], ...]
    memory: tuple[Value, ...]


class Failure(NamedTuple):
    """A thread that failed: its index, the instruction and the kind."""

    thread: int
    pc: int
    kind: FailureKind


@dataclass(frozen=True, slots=True)
class Exploration:
    """All that happens: `complete` and `deadlocked` are the outcomes of final states of either sort."""

    states: int
    transitions: int
    schedules: int
    deadlocked_schedules: int
    complete: frozenset[Outcome]
    deadlocked: frozenset[Outcome]
    failures: frozenset[Failure]
    violated: frozenset[str]
    leaked: frozenset[tuple[int, int]]
    """Mutexes that a final state leaves to a thread that has ended, as (mutex, thread)."""
    bounded: bool


@dataclass(frozen=True, slots=True)
class Traces:
    """Numbers of execution graphs."""

    complete: int
    deadlocked: int


class _Fails(Exception):
    """The instruction cannot be executed and its thread fails."""

    def __init__(self, kind: FailureKind, accesses: tuple[Access, ...] = ()) -> None:
        super().__init__(kind)
        self.kind = kind
        self.accesses = accesses


# -- expressions ------------------------------------------------------------------------------------------


def evaluate(
    expression: Expr, registers: tuple[Value, ...], shared: Callable[[int, int], Value] | None = None
) -> Value:
    """The value of an expression; `shared(location, index)` reads memory, for invariants.

    Raises `_Fails` with OVERFLOW, DIVISION, or (from an index in an invariant) BOUNDS or TERM.
    """
    match expression:
        case Const(value=value):
            return value
        case Reg(index=index):
            return registers[index]
        case Symbol(name=name):
            return Term("symbol", (name,))
        case Apply(function=function, arguments=arguments):
            return Term(function, tuple(evaluate(a, registers, shared) for a in arguments))
        case Select(source=source, key=key):
            return _select(evaluate(source, registers, shared), evaluate(key, registers, shared))
        case Update(source=source, key=key, value=new):
            values = tuple(evaluate(part, registers, shared) for part in (source, key, new))
            return Term("store", values)
        case Binary(op=op, left=left, right=right):
            return _binary(op, evaluate(left, registers, shared), evaluate(right, registers, shared))
        case Shared(location=location, index=where) if shared is not None:
            return shared(location.index, _integer(evaluate(where, registers, shared)))
        case _:
            raise AssertionError(f"validation lets no {type(expression).__name__} through here")


def _select(source: Value, key: Value) -> Value:
    if isinstance(source, Term) and source.function == "store":
        inner, stored_key, stored = source.arguments
        assert not isinstance(inner, str)
        assert not isinstance(stored, str)
        if stored_key == key:
            return stored
        if isinstance(stored_key, int) and isinstance(key, int):
            return _select(inner, key)
    return Term("select", (source, key))


def _binary(op: BinaryOp, left: Value, right: Value) -> Value:
    if isinstance(left, Term) or isinstance(right, Term):
        if left == right and op in (BinaryOp.EQ, BinaryOp.NE):
            return int(op is BinaryOp.EQ)
        return Term(_SYMBOLS[op], (left, right))
    if op in (BinaryOp.DIV, BinaryOp.MOD) and right == 0:
        raise _Fails(FailureKind.DIVISION)
    if op in (BinaryOp.SHL, BinaryOp.SHR) and not 0 <= right <= 61:
        raise _Fails(FailureKind.OVERFLOW)
    result = int(_OPERATORS[op](left, right))
    if not -LIMIT <= result < LIMIT:
        raise _Fails(FailureKind.OVERFLOW)
    return result


_OPERATORS: Final[dict[BinaryOp, Callable[[int, int], int]]] = {
    BinaryOp.ADD: lambda a, b: a + b,
    BinaryOp.SUB: lambda a, b: a - b,
    BinaryOp.MUL: lambda a, b: a * b,
    BinaryOp.DIV: lambda a, b: a // b,
    BinaryOp.MOD: lambda a, b: a % b,
    BinaryOp.AND: lambda a, b: a & b,
    BinaryOp.OR: lambda a, b: a | b,
    BinaryOp.XOR: lambda a, b: a ^ b,
    BinaryOp.SHL: lambda a, b: a << b,
    BinaryOp.SHR: lambda a, b: a >> b,
    BinaryOp.EQ: lambda a, b: a == b,
    BinaryOp.NE: lambda a, b: a != b,
    BinaryOp.LT: lambda a, b: a < b,
    BinaryOp.LE: lambda a, b: a <= b,
    BinaryOp.GT: lambda a, b: a > b,
    BinaryOp.GE: lambda a, b: a >= b,
}

_SYMBOLS: Final[dict[BinaryOp, str]] = {
    BinaryOp.ADD: "+",
    BinaryOp.SUB: "-",
    BinaryOp.MUL: "*",
    BinaryOp.DIV: "//",
    BinaryOp.MOD: "%",
    BinaryOp.AND: "&",
    BinaryOp.OR: "|",
    BinaryOp.XOR: "^",
    BinaryOp.SHL: "<<",
    BinaryOp.SHR: ">>",
    BinaryOp.EQ: "==",
    BinaryOp.NE: "!=",
    BinaryOp.LT: "<",
    BinaryOp.LE: "<=",
    BinaryOp.GT: ">",
    BinaryOp.GE: ">=",
}


def _integer(value: Value) -> int:
    if isinstance(value, Term):
        raise _Fails(FailureKind.TERM)
    return value


def _word(program: ProgramCode, location: int, index: Value) -> int:
    where = program.locations[location]
    if not 0 <= _integer(index) < where.size:
        raise _Fails(FailureKind.BOUNDS)
    return where.offset + _integer(index)


# -- local instructions -----------------------------------------------------------------------------------


def _run_local(program: ProgramCode, thread: int, state: ThreadState) -> ThreadState:
    """Execute local instructions up to the next visible one, the end of the thread, or its failure."""
    code = program.threads[thread].code
    pc, registers = state.pc, state.registers
    for executed in range(LOCAL_STEPS + 1):
        if pc == len(code) or code[pc].op is Op.HALT:
            return state._replace(status="completed", pc=len(code), registers=registers)
        instruction = code[pc]
        try:
            outcome = _local(instruction, pc, registers)
            if outcome is None:
                break
            if executed == LOCAL_STEPS:
                raise _Fails(FailureKind.LOCAL_LOOP)
            pc, registers = outcome
        except _Fails as failure:
            return state._replace(status="failed", pc=pc, registers=registers, failure=failure.kind)
    return state._replace(pc=pc, registers=registers)


def _local(instruction: Instruction, pc: int, registers: tuple[Value, ...]) -> tuple[int, tuple[Value, ...]] | None:
    """Program counter and registers after a local instruction; None when the instruction is visible."""
    match instruction:
        case Instruction(op=Op.SET, dst=dst, a=Expr() as a):
            return pc + 1, _put(registers, dst, evaluate(a, registers))
        case Instruction(op=Op.JUMP, target=target):
            return target, registers
        case Instruction(op=Op.BRANCH | Op.CHECK, a=Expr() as a):
            condition = evaluate(a, registers)
            if isinstance(condition, Term):
                return None
            return _decide(instruction, pc, condition != 0), registers
        case _:
            return None


def _decide(instruction: Instruction, pc: int, holds: bool) -> int:
    """Where a branch or an assertion continues."""
    if instruction.op is Op.BRANCH:
        return instruction.target if holds else pc + 1
    if not holds:
        raise _Fails(FailureKind.ASSERTION)
    return pc + 1


def _put(values: tuple[T, ...], index: int, value: T) -> tuple[T, ...]:
    """`values` with one element replaced; index -1 (no destination) changes nothing."""
    return values if index < 0 else (*values[:index], value, *values[index + 1 :])


# -- memory -----------------------------------------------------------------------------------------------
#
# Each function yields the alternatives of one access. Only release/acquire has more than one.


def _load(model: Model, state: State, thread: int, word: int, order: str) -> Iterator[Read]:
    if model == "ra":
        history, view = state.history[word], state.threads[thread].view
        for position in range(view[word], len(history)):
            yield Read(history[position].value, _see(state, thread, word, position, order), ())
        return
    buffered = [value for at, value in state.threads[thread].buffer if at == word]
    if buffered:
        yield Read(buffered[-1], state, (Access(("word", word), writes=False, forwarded=True),))
    else:
        yield Read(state.memory[word], state, (Access(("word", word), writes=False),))


def _store(model: Model, state: State, thread: int, word: int, value: Value, order: str) -> Iterator[State]:
    match model:
        case "sc":
            yield state._replace(memory=_put(state.memory, word, value))
        case "tso" | "pso":
            own = state.threads[thread]
            buffer = (*own.buffer, (word, value))
            if model == "pso":  # one queue per word: only the order within a word is part of the state
                buffer = tuple(sorted(buffer, key=lambda entry: entry[0]))
            yield _with_thread(state, thread, own._replace(buffer=buffer))
        case "ra":
            history, view = state.history[word], state.threads[thread].view
            for position in range(view[word] + 1, len(history) + 1):
                if position == len(history) or not history[position].glued:
                    yield _insert(state, thread, word, position, value, glued=False, order=order)


def _update(
    model: Model, state: State, thread: int, word: int, compute: Callable[[Value], Value | None]
) -> Iterator[Read]:
    """A read-modify-write; `compute` gives the new value, or None to leave the word as it is."""
    if model != "ra":
        old = state.memory[word]
        try:
            new = compute(old)
        except _Fails as failure:
            raise _Fails(failure.kind, (Access(("word", word), writes=False),)) from None
        after = state if new is None else state._replace(memory=_put(state.memory, word, new))
        yield Read(old, after, (Access(("word", word), writes=new is not None),))
        return
    history, view = state.history[word], state.threads[thread].view
    for position in range(view[word], len(history)):
        new = compute(history[position].value)
        seen = _see(state, thread, word, position, "ra")
        if new is None:
            yield Read(history[position].value, seen, ())
        elif position + 1 == len(history) or not history[position + 1].glued:
            after = _insert(seen, thread, word, position + 1, new, glued=True, order="ra")
            yield Read(history[position].value, after, ())


def _see(state: State, thread: int, word: int, position: int, order: str) -> State:
    """The thread's view after reading a message."""
    own = state.threads[thread]
    view = _put(own.view, word, max(own.view[word], position))
    if order == "ra":
        view = _join(view, state.history[word][position].view)
    return _with_thread(state, thread, own._replace(view=view))


def _insert(state: State, thread: int, word: int, position: int, value: Value, *, glued: bool, order: str) -> State:
    """Put a message at a position; every view of a later message moves with it."""

    def moved(view: View) -> View:
        return _put(view, word, view[word] + 1) if view[word] >= position else view

    history = tuple(
        tuple(message._replace(view=moved(message.view)) for message in messages) for messages in state.history
    )
    threads = tuple(other._replace(view=moved(other.view)) for other in state.threads)
    view = _put(threads[thread].view, word, position)
    published = view if order == "ra" else _put((0,) * len(view), word, position)
    line = history[word]
    history = _put(history, word, (*line[:position], Message(value, published, glued), *line[position:]))
    threads = _put(threads, thread, threads[thread]._replace(view=view))
    return state._replace(history=history, threads=threads, views=tuple(moved(v) for v in state.views))


def _join(left: View, right: View) -> View:
    return tuple(max(a, b) for a, b in zip(left, right, strict=True))


def _publish(state: State, thread: int, slot: int) -> State:
    """The object's view joins the thread's (release/acquire only; elsewhere views are empty)."""
    joined = _join(state.views[slot], state.threads[thread].view)
    return state._replace(views=_put(state.views, slot, joined))


def _receive(state: State, thread: int, slot: int) -> State:
    """The thread's view joins the object's."""
    own = state.threads[thread]
    return _with_thread(state, thread, own._replace(view=_join(own.view, state.views[slot])))


def _fence(state: State, thread: int) -> State:
    """Join with the global view both ways."""
    slot = len(state.views) - 1
    return _publish(_receive(state, thread, slot), thread, slot)


def _with_thread(state: State, thread: int, new: ThreadState) -> State:
    return state._replace(threads=_put(state.threads, thread, new))


# -- steps ------------------------------------------------------------------------------------------------


def initial_state(program: ProgramCode, model: Model) -> State:
    """The state before the first step; static threads have run their leading local instructions."""
    words: list[Value] = [
        evaluate(location.initial, ()) for location in program.locations for _ in range(location.size)
    ]
    objects = len(program.mutexes) + len(program.semaphores) + len(program.promises) + len(program.threads)
    bottom: View = (0,) * len(words) if model == "ra" else ()
    threads = []
    for index, code in enumerate(program.threads):
        fresh = ThreadState("new", 0, code.initial, None, (), bottom)
        threads.append(_run_local(program, index, fresh._replace(status="ready")) if code.static else fresh)
    return State(
        threads=tuple(threads),
        memory=() if model == "ra" else tuple(words),
        history=tuple((Message(value, bottom, glued=False),) for value in words) if model == "ra" else (),
        mutexes=(-1,) * len(program.mutexes),
        semaphores=tuple(semaphore.initial for semaphore in program.semaphores),
        promises=(None,) * len(program.promises),
        now=0,
        timers=(),
        decisions=frozenset(),
        views=(bottom,) * (objects + 1),
    )


def steps(program: ProgramCode, model: Model, state: State, buffer_limit: int) -> Iterator[Step]:
    """Every possible step of a state: instructions, flushes of store buffers, and the timer that is due
    first."""
    for thread, own in enumerate(state.threads):
        if own.status == "ready":
            yield from _instruction_steps(program, model, state, thread, buffer_limit)
        for entry in _oldest(model, own.buffer):
            after = state._replace(memory=_put(state.memory, *entry))
            remaining = list(own.buffer)
            remaining.remove(entry)
            after = _with_thread(after, thread, own._replace(buffer=tuple(remaining)))
            written = _with_invariants(program, (Access(("word", entry[0]), writes=True),))
            yield Step(thread, 0, entry[0], written, -1, after)
    if state.timers:
        (due, thread), *later = state.timers
        after = state._replace(now=max(state.now, due), timers=tuple(later))
        own = after.threads[thread]
        after = _with_thread(after, thread, own._replace(status="ready", pc=own.pc + 1))
        yield Step(thread, 0, -1, (_clock(writes=True),), -1, _continue(program, after, thread))


def _oldest(model: Model, buffer: tuple[tuple[int, Value], ...]) -> tuple[tuple[int, Value], ...]:
    """The entries of a store buffer that may reach memory next."""
    if model != "pso":
        return buffer[:1]
    return tuple(entry for at, entry in enumerate(buffer) if at == 0 or buffer[at - 1][0] != entry[0])


def _clock(*, writes: bool) -> Access:
    return Access(("clock", 0), writes)


def _instruction_steps(
    program: ProgramCode, model: Model, state: State, thread: int, buffer_limit: int
) -> Iterator[Step]:
    own = state.threads[thread]
    instruction = program.threads[thread].code[own.pc]
    if own.buffer and instruction.op in _NEEDS_EMPTY_BUFFER:
        return
    if instruction.op is Op.STORE and len(own.buffer) >= buffer_limit:
        return
    try:
        effects = list(_effects(program, model, state, thread, instruction))
    except _Fails as failure:
        effects = [Effect(_failed(state, thread, own.pc, failure.kind), failure.accesses)]
    for effect in effects:
        after = effect.after
        if effect.moves and after.threads[thread].status == "ready":
            after = _with_thread(after, thread, after.threads[thread]._replace(pc=after.threads[thread].pc + 1))
        after = _continue(program, after, thread)
        accesses = _with_invariants(program, effect.accesses)
        yield Step(thread, effect.alternative, -1, accesses, effect.buffered, after)


def _failed(state: State, thread: int, pc: int, kind: FailureKind) -> State:
    return _with_thread(state, thread, state.threads[thread]._replace(status="failed", pc=pc, failure=kind))


def _continue(program: ProgramCode, state: State, thread: int) -> State:
    """Run the local instructions that follow a visible one; a thread that ends publishes its view."""
    own = state.threads[thread]
    if own.status == "ready":
        own = _run_local(program, thread, own)
        state = _with_thread(state, thread, own)
    if own.status in ("completed", "failed"):
        state = _publish(state, thread, _thread_slot(program, thread))
    return state


def _thread_slot(program: ProgramCode, thread: int) -> int:
    return len(program.mutexes) + len(program.semaphores) + len(program.promises) + thread


def _with_invariants(program: ProgramCode, accesses: tuple[Access, ...]) -> tuple[Access, ...]:
    """A step that writes what an invariant reads writes the invariant too, so that its order matters."""
    written = {access.object[1] for access in accesses if access.object[0] == "word" and access.writes}
    touched = []
    for index, invariant in enumerate(program.invariants):
        read = {location.offset + at for location in _locations_of(invariant.condition) for at in range(location.size)}
        if read & written:
            touched.append(Access(("invariant", index), writes=True))
    return (*accesses, *touched)


def _locations_of(expression: Expr) -> Iterator[Location]:
    match expression:
        case Shared(location=location, index=index):
            yield location
            yield from _locations_of(index)
        case Apply(arguments=parts):
            pass
        case Select(source=source, key=key):
            parts = (source, key)
        case Update(source=source, key=key, value=value):
            parts = (source, key, value)
        case Binary(left=left, right=right):
            parts = (left, right)
        case _:
            return
    if not isinstance(expression, Shared):
        for part in parts:
            yield from _locations_of(part)


# -- what each visible instruction does -------------------------------------------------------------------


def _effects(
    program: ProgramCode, model: Model, state: State, thread: int, instruction: Instruction
) -> Iterator[Effect]:
    """The alternatives of a visible instruction; none while it is blocked. Raises `_Fails`."""
    match instruction.op:
        case Op.BRANCH | Op.CHECK:
            return _term_effects(state, thread, instruction)
        case Op.LOAD | Op.STORE | Op.FETCH_ADD | Op.EXCHANGE | Op.CAS:
            return _memory_effects(program, model, state, thread, instruction)
        case Op.ATOMIC:
            return _atomic_effects(program, model, state, thread)
        case Op.LOCK | Op.UNLOCK | Op.ACQUIRE | Op.RELEASE | Op.RESOLVE | Op.AWAIT:
            return _synchronisation_effects(program, state, thread, instruction)
        case Op.SPAWN | Op.JOIN:
            return _thread_effects(program, state, thread, instruction)
        case _:
            return _other_effects(state, thread, instruction)


def _term_effects(state: State, thread: int, instruction: Instruction) -> Iterator[Effect]:
    own = state.threads[thread]
    assert instruction.a is not None
    condition = evaluate(instruction.a, own.registers)
    assert isinstance(condition, Term)
    for alternative, holds in enumerate((True, False)):
        if (condition, not holds) in state.decisions:
            continue
        after = state._replace(decisions=state.decisions | {(condition, holds)})
        try:
            moved = own._replace(pc=_decide(instruction, own.pc, holds))
            after = _with_thread(after, thread, moved)
        except _Fails as failure:
            after = _failed(after, thread, own.pc, failure.kind)
        yield Effect(after, alternative=alternative, moves=False)


def _operands(instruction: Instruction, registers: tuple[Value, ...]) -> tuple[Value, Value, Value]:
    """The values of index, a and b, in this order; 0 for an absent one."""
    index, a, b = (
        0 if operand is None else evaluate(operand, registers)
        for operand in (instruction.index, instruction.a, instruction.b)
    )
    return index, a, b


def _change(op: Op, a: Value, b: Value) -> Callable[[Value], Value | None]:
    """The new value that a read-modify-write gives for the old one; None: leave it."""
    match op:
        case Op.FETCH_ADD:
            return lambda old: _binary(BinaryOp.ADD, old, a)
        case Op.EXCHANGE:
            return lambda _: a
        case _:
            return lambda old: b if old == a else None


def _memory_effects(
    program: ProgramCode, model: Model, state: State, thread: int, instruction: Instruction
) -> Iterator[Effect]:
    index, a, b = _operands(instruction, state.threads[thread].registers)
    word = _word(program, instruction.obj, index)
    if instruction.op is Op.STORE:
        at_once = (Access(("word", word), writes=True),) if model == "sc" else ()
        buffered = word if model in ("tso", "pso") else -1
        stored = _store(model, state, thread, word, a, instruction.order)
        for alternative, after in enumerate(stored):
            yield Effect(after, at_once, alternative, buffered)
        return
    reads = (
        _load(model, state, thread, word, instruction.order)
        if instruction.op is Op.LOAD
        else _update(model, state, thread, word, _change(instruction.op, a, b))
    )
    for alternative, read in enumerate(reads):
        yield Effect(_assign(read.after, thread, instruction.dst, read.value), read.accesses, alternative)


def _assign(state: State, thread: int, register: int, value: Value) -> State:
    own = state.threads[thread]
    return _with_thread(state, thread, own._replace(registers=_put(own.registers, register, value)))


def _atomic_effects(program: ProgramCode, model: Model, state: State, thread: int) -> Iterator[Effect]:
    """The whole block on the newest values; nothing when a `require` does not hold."""
    if model == "ra":
        state = _fence(state, thread)
    code = program.threads[thread].code
    accesses: dict[Access, None] = {}
    own = state.threads[thread]
    pc, before = own.pc + 1, state
    for _ in range(LOCAL_STEPS):
        instruction, registers = code[pc], state.threads[thread].registers
        try:
            if instruction.op is Op.ATOMIC_END:
                state = _with_thread(state, thread, state.threads[thread]._replace(pc=pc))
                yield Effect(_fence(state, thread) if model == "ra" else state, tuple(accesses))
                return
            if instruction.op is Op.REQUIRE:
                assert instruction.a is not None
                if _integer(evaluate(instruction.a, registers)) == 0:
                    return
                pc += 1
                continue
            if instruction.op in (Op.BRANCH, Op.CHECK):
                assert instruction.a is not None
                _integer(evaluate(instruction.a, registers))
            local = _local(instruction, pc, registers)
            if local is not None:
                pc, registers = local
                state = _with_thread(state, thread, state.threads[thread]._replace(registers=registers))
                continue
            state, touched = _atomic_access(program, model, state, thread, instruction)
            accesses[touched] = None
            pc += 1
        except _Fails as failure:
            registers = state.threads[thread].registers
            failed = _with_thread(before, thread, before.threads[thread]._replace(registers=registers))
            read = tuple({access._replace(writes=False): None for access in accesses})
            yield Effect(_failed(failed, thread, pc, failure.kind), read)
            return
    yield Effect(_failed(before, thread, pc, FailureKind.LOCAL_LOOP))


def _atomic_access(
    program: ProgramCode, model: Model, state: State, thread: int, instruction: Instruction
) -> tuple[State, Access]:
    """A memory instruction inside `atomic`: it reads the newest value and writes to memory at once."""
    index, a, b = _operands(instruction, state.threads[thread].registers)
    word = _word(program, instruction.obj, index)
    old = state.history[word][-1].value if model == "ra" else state.memory[word]
    new: Value | None
    match instruction.op:
        case Op.LOAD:
            new = None
        case Op.STORE:
            new = a
        case _:
            new = _change(instruction.op, a, b)(old)
    if model == "ra":
        newest = len(state.history[word]) - 1
        state = _see(state, thread, word, newest, "ra")
        if new is not None:
            state = _insert(state, thread, word, newest + 1, new, glued=True, order="ra")
    elif new is not None:
        state = state._replace(memory=_put(state.memory, word, new))
    if instruction.op is not Op.STORE:
        state = _assign(state, thread, instruction.dst, old)
    return state, Access(("word", word), writes=new is not None)


def _synchronisation_effects(
    program: ProgramCode, state: State, thread: int, instruction: Instruction
) -> Iterator[Effect]:
    obj = instruction.obj
    semaphore_slot = len(program.mutexes) + obj
    promise_slot = len(program.mutexes) + len(program.semaphores) + obj
    match instruction.op:
        case Op.LOCK:
            if state.mutexes[obj] < 0:
                after = state._replace(mutexes=_put(state.mutexes, obj, thread))
                yield Effect(_receive(after, thread, obj), (Access(("mutex", obj), writes=True),))
        case Op.UNLOCK:
            if state.mutexes[obj] != thread:
                raise _Fails(FailureKind.UNLOCK)
            after = state._replace(mutexes=_put(state.mutexes, obj, -1))
            yield Effect(_publish(after, thread, obj), (Access(("mutex", obj), writes=True),))
        case Op.ACQUIRE:
            if state.semaphores[obj] > 0:
                after = state._replace(semaphores=_put(state.semaphores, obj, state.semaphores[obj] - 1))
                after = _receive(after, thread, semaphore_slot)
                yield Effect(after, (Access(("semaphore", obj), writes=True),))
        case Op.RELEASE:
            after = state._replace(semaphores=_put(state.semaphores, obj, state.semaphores[obj] + 1))
            after = _publish(after, thread, semaphore_slot)
            yield Effect(after, (Access(("semaphore", obj), writes=True),))
        case Op.RESOLVE:
            assert instruction.a is not None
            value = evaluate(instruction.a, state.threads[thread].registers)
            if state.promises[obj] is not None:
                yield Effect(state, (Access(("promise", obj), writes=False),))
            else:
                after = state._replace(promises=_put(state.promises, obj, value))
                yield Effect(_publish(after, thread, promise_slot), (Access(("promise", obj), writes=True),))
        case _:
            resolved = state.promises[obj]
            if resolved is not None:
                after = _assign(_receive(state, thread, promise_slot), thread, instruction.dst, resolved)
                yield Effect(after, (Access(("promise", obj), writes=False),))


def _thread_effects(program: ProgramCode, state: State, thread: int, instruction: Instruction) -> Iterator[Effect]:
    other = instruction.obj
    target = state.threads[other]
    if instruction.op is Op.JOIN:
        if target.status in ("completed", "failed"):
            after = _receive(state, thread, _thread_slot(program, other))
            yield Effect(after, (Access(("thread", other), writes=False),))
        return
    if target.status != "new":
        raise _Fails(FailureKind.SPAWN, (Access(("thread", other), writes=False),))
    started = target._replace(status="ready", view=state.threads[thread].view)
    after = _with_thread(state, other, started)
    yield Effect(_continue(program, after, other), (Access(("thread", other), writes=True),))


def _other_effects(state: State, thread: int, instruction: Instruction) -> Iterator[Effect]:
    own = state.threads[thread]
    match instruction.op:
        case Op.FENCE:
            yield Effect(_fence(state, thread) if own.view else state)
        case Op.SLEEP:
            assert instruction.a is not None
            duration = _integer(evaluate(instruction.a, own.registers))
            if duration < 0 or state.now + duration >= LIMIT:
                raise _Fails(FailureKind.OVERFLOW)
            timers = [*state.timers, (state.now + duration, thread)]
            after = state._replace(timers=tuple(sorted(timers, key=lambda timer: timer[0])))
            after = _with_thread(after, thread, own._replace(status="sleeping"))
            yield Effect(after, (_clock(writes=True),), moves=False)
        case Op.NOW:
            yield Effect(_assign(state, thread, instruction.dst, state.now), (_clock(writes=False),))
        case Op.CHOOSE:
            assert isinstance(instruction.a, Const)
            for alternative in range(instruction.a.value):
                after = _assign(state, thread, instruction.dst, alternative)
                yield Effect(after, alternative=alternative)
        case _:
            assert instruction.op is Op.STEP
            yield Effect(state)


# -- exploration ------------------------------------------------------------------------------------------


def outcome(state: State) -> Outcome:
    """What is observed of a state."""
    return Outcome(
        tuple(thread.registers for thread in state.threads),
        tuple(messages[-1].value for messages in state.history) or state.memory,
    )


def is_complete(state: State) -> bool:
    """Whether a state without steps is the end of a complete run and not a deadlock."""
    return all(thread.status in ("completed", "failed", "new") for thread in state.threads)


def explore(
    program: ProgramCode, model: Model = "sc", *, buffer_limit: int = 8, max_states: int = 1_000_000
) -> Exploration:
    """All reachable states. Raises OverflowError when there are more than `max_states`, or infinitely many
    schedules (a cycle)."""
    start = initial_state(program, model)
    successors: dict[State, tuple[State, ...]] = {}
    work = [start]
    bounded = False
    while work:
        state = work.pop()
        if state in successors:
            continue
        successors[state] = tuple(step.after for step in steps(program, model, state, buffer_limit))
        bounded = bounded or any(len(thread.buffer) >= buffer_limit for thread in state.threads)
        work.extend(successors[state])
        if len(successors) > max_states:
            raise OverflowError(f"more than {max_states} states")
    final = [state for state, after in successors.items() if not after]
    schedules = _count_paths(start, successors, final)
    deadlocked = [state for state in final if not is_complete(state)]
    return Exploration(
        states=len(successors),
        transitions=sum(len(after) for after in successors.values()),
        schedules=schedules,
        deadlocked_schedules=_count_paths(start, successors, deadlocked),
        complete=frozenset(outcome(state) for state in final if is_complete(state)),
        deadlocked=frozenset(outcome(state) for state in deadlocked),
        failures=frozenset(failure for state in successors for failure in _failures(state)),
        violated=frozenset(name for state in successors for name in _violated(program, state)),
        leaked=frozenset(leak for state in successors for leak in _leaked(state)),
        bounded=bounded,
    )


def _count_paths(start: State, successors: dict[State, tuple[State, ...]], ends: list[State]) -> int:
    """Number of paths from `start` to any of `ends`. Raises OverflowError when the graph has a cycle."""
    waiting = dict.fromkeys(successors, 0)
    for after in successors.values():
        for state in after:
            waiting[state] += 1
    paths = dict.fromkeys(successors, 0)
    paths[start] = 1
    ready, done = [start], 0
    while ready:
        state = ready.pop()
        done += 1
        for after_state in successors[state]:
            paths[after_state] += paths[state]
            waiting[after_state] -= 1
            if waiting[after_state] == 0:
                ready.append(after_state)
    if done < len(successors):
        raise OverflowError("the states form a cycle, so there are infinitely many schedules")
    return sum(paths[state] for state in ends)


def _failures(state: State) -> Iterator[Failure]:
    for index, thread in enumerate(state.threads):
        if thread.failure is not None:
            yield Failure(index, thread.pc, thread.failure)


def _violated(program: ProgramCode, state: State) -> Iterator[str]:
    """Names of the invariants that are 0 in the state, or that cannot be evaluated."""
    words = tuple(messages[-1].value for messages in state.history) or state.memory
    for invariant in program.invariants:
        try:
            if evaluate(invariant.condition, (), lambda location, at: words[_word(program, location, at)]) == 0:
                yield invariant.name
        except _Fails:
            yield invariant.name


def _leaked(state: State) -> Iterator[tuple[int, int]]:
    """Mutexes whose owner has ended, as (mutex, thread)."""
    for mutex, owner in enumerate(state.mutexes):
        if owner >= 0 and state.threads[owner].status in ("completed", "failed"):
            yield mutex, owner


# -- execution graphs -------------------------------------------------------------------------------------


class Event(NamedTuple):
    """A step of a thread in an execution graph.

    `sources` are the writes that its reads took their values from, as (object, thread, index of the event),
    or (object, -1, -1) for the initial value. `buffered` is the word of a buffered store, or -1.
    """

    pc: int
    alternative: int
    sources: tuple[tuple[tuple[str, int], int, int], ...]
    buffered: int


class Graph(NamedTuple):
    """The events of each thread, and the writes of each object in their order, as (thread, index of
    event)."""

    events: tuple[tuple[Event, ...], ...]
    writes: frozenset[tuple[tuple[str, int], tuple[tuple[int, int], ...]]]


def traces(program: ProgramCode, model: Model = "sc", *, buffer_limit: int = 8, max_graphs: int = 1_000_000) -> Traces:
    """Number of classes of schedules up to swapping adjacent independent steps. Raises OverflowError when
    more than `max_graphs` graphs of runs and their beginnings exist, ValueError for release/acquire."""
    if model == "ra":
        raise ValueError("execution graphs are not defined for release/acquire here")
    work = [(initial_state(program, model), Graph(((),) * len(program.threads), frozenset()))]
    seen = set(work)
    complete: set[Graph] = set()
    deadlocked: set[Graph] = set()
    while work:
        state, graph = work.pop()
        possible = list(steps(program, model, state, buffer_limit))
        if not possible:
            (complete if is_complete(state) else deadlocked).add(graph)
        for step in possible:
            longer = (step.after, _extend(graph, state, step))
            if longer not in seen:
                seen.add(longer)
                work.append(longer)
        if len(seen) > max_graphs:
            raise OverflowError(f"more than {max_graphs} execution graphs")
    return Traces(len(complete), len(deadlocked))


def _extend(graph: Graph, state: State, step: Step) -> Graph:
    """The graph with one step more. A flush is no event of its own: it puts its store into the word's
    order."""
    own = graph.events[step.thread]
    writes = dict(graph.writes)
    if step.word < 0:
        sources = []
        for access in step.accesses:
            if access.forwarded:
                newest = max(at for at, event in enumerate(own) if event.buffered == access.object[1])
                sources.append((access.object, step.thread, newest))
            elif not access.writes:
                sources.append((access.object, *writes.get(access.object, ((-1, -1),))[-1]))
        event = Event(state.threads[step.thread].pc, step.alternative, tuple(sources), step.buffered)
        identity = (step.thread, len(own))
        events = _put(graph.events, step.thread, (*own, event))
    else:
        pending = [entry for entry in state.threads[step.thread].buffer if entry[0] == step.word]
        stores = [at for at, event in enumerate(own) if event.buffered == step.word]
        identity = (step.thread, stores[-len(pending)])
        events = graph.events
    for access in step.accesses:
        if access.writes:
            writes[access.object] = (*writes.get(access.object, ()), identity)
    return Graph(events, frozenset(writes.items()))
