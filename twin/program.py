"""Programs for the Twin: a small concurrent language, its builder and its validation.

Strategy: a program is data.  ``Program`` is the builder; ``Program.build()`` checks everything that can be
checked without running and returns a frozen ``ProgramCode``, which the C engine and the reference
interpreter both execute.  Operands are expression trees, so no temporary registers exist and a state holds
nothing but what the author named.

Semantics (the reference interpreter and the C engine agree on every sentence)

* A *step* is the execution of one visible instruction of one thread, followed by every local instruction up
  to, not including, the next visible one (or the end of the thread).  Before the first step, each thread runs
  its leading local instructions: static threads at the start, spawned threads within the spawning step.
* Local instructions: ``set``, ``jump``, ``branch``, ``check`` (assert), ``halt``; all others are visible.
  One exception: ``branch`` and ``check`` whose condition evaluates to a *term* are visible steps, without any
  shared access, with one alternative per truth value that the path has not excluded (alternative 0 = true,
  1 = false); the decision is remembered for the rest of the path.
* Values are integers in [-2**62, 2**62) or terms.  Arithmetic that leaves the range fails the thread
  (OVERFLOW); ``//`` and ``%`` floor as in Python and fail the thread on zero (DIVISION).  Comparisons and
  logic give 0 or 1; ``&``, ``|``, ``^`` are bitwise.  Shifts take a count of 0..61, otherwise OVERFLOW.
* An operator with a term operand gives the term ``Apply("<op>", ...)``, with these simplifications:
  ``a == a`` is 1 and ``a != a`` is 0 for identical terms.  ``select(update(m, k, v), j)`` is ``v`` when j and
  k are identical and ``select(m, j)`` when they are different integers.  Terms are compared structurally.
* A *failure* (see ``FailureKind``) ends its thread (FAILED, at the failing instruction, with the registers
  as they are); the other threads go on.  A failing visible instruction is a step without access.
* Index out of bounds fails the thread (BOUNDS).  A term where an integer is needed (index, duration,
  semaphore, the condition of ``require``, a condition inside ``atomic``) fails it with TERM.  More than
  10,000 local instructions within one step fail it with LOCAL_LOOP.
* A run ends when no step is possible.  It is *complete* when every thread is COMPLETED, FAILED or NEW (never
  spawned) and *deadlocked* otherwise.

Memory models (chosen when exploring, not here)

* ``sc``: every access takes effect at once.
* ``tso``: one FIFO store buffer per thread with forwarding of its own newest store; flushing the oldest entry
  is a step of its own.  ``fence``, ``exchange``, ``fetch_add``, ``compare_and_swap``, ``atomic`` and every
  synchronisation instruction are enabled only while the thread's buffer is empty.  A ``store`` waits
  while the buffer holds ``buffer_limit`` entries (then the result says that it is bounded).
* ``pso``: the same with one FIFO per thread and location.
* ``ra``: release/acquire views.  Each location has a list of messages in modification order; a load reads
  any message not older than the thread's view and (order "ra") joins the view stored with it; a store
  inserts its message anywhere after the thread's view, never between a read-modify-write and the message
  that it read; a read-modify-write directly follows the message that it reads; a fence joins with one global
  view both ways.  Order "rlx" neither joins nor publishes views.  ``atomic`` blocks read and append the
  newest message and are fences.  Synchronisation objects carry views: unlock/release/resolve/spawn/end
  publish, lock/acquire/await/start/join receive.

Deliberately absent: pointers, call stacks, dynamically numbered threads (declare as many as can exist).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

MAX_THREADS = 64
MAX_REGISTERS = 64
MAX_WORDS = 4096
MAX_INSTRUCTIONS = 65_536
MAX_EXPRESSION = 256
MAX_CHOICES = 64
INTEGER_LIMIT = 1 << 62


class ProgramError(ValueError):
    """The program is malformed; the message names the thread and the instruction."""


class Op(IntEnum):
    """Instruction codes; the numbers are shared with the C engine."""

    HALT = 0
    SET = 1
    JUMP = 2
    BRANCH = 3
    CHECK = 4
    REQUIRE = 5
    LOAD = 6
    STORE = 7
    FETCH_ADD = 8
    EXCHANGE = 9
    CAS = 10
    FENCE = 11
    STEP = 12
    LOCK = 13
    UNLOCK = 14
    ACQUIRE = 15
    RELEASE = 16
    RESOLVE = 17
    AWAIT = 18
    SPAWN = 19
    JOIN = 20
    SLEEP = 21
    NOW = 22
    CHOOSE = 23
    ATOMIC = 24
    ATOMIC_END = 25


LOCAL_OPS = frozenset({Op.HALT, Op.SET, Op.JUMP, Op.BRANCH, Op.CHECK})
ATOMIC_OPS = LOCAL_OPS - {Op.HALT} | {Op.REQUIRE, Op.LOAD, Op.STORE, Op.FETCH_ADD, Op.EXCHANGE, Op.CAS}


class FailureKind(IntEnum):
    """Why a thread failed; the numbers are shared with the C engine."""

    ASSERTION = 1
    BOUNDS = 2
    OVERFLOW = 3
    DIVISION = 4
    UNLOCK = 5
    SPAWN = 6
    TERM = 7
    LOCAL_LOOP = 8
    INVARIANT = 9
    LIMIT = 10


class BinaryOp(IntEnum):
    """Binary operators of expressions; the numbers are shared with the C engine."""

    ADD = 16
    SUB = 17
    MUL = 18
    DIV = 19
    MOD = 20
    AND = 21
    OR = 22
    XOR = 23
    SHL = 24
    SHR = 25
    EQ = 26
    NE = 27
    LT = 28
    LE = 29
    GT = 30
    GE = 31


class Expr:
    """An expression over registers; Python operators build larger ones, ``equals``/``differs`` compare."""

    def __add__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.ADD, self, expression(other))

    def __radd__(self, other: int) -> Binary:
        return Binary(BinaryOp.ADD, expression(other), self)

    def __sub__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.SUB, self, expression(other))

    def __rsub__(self, other: int) -> Binary:
        return Binary(BinaryOp.SUB, expression(other), self)

    def __mul__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.MUL, self, expression(other))

    def __floordiv__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.DIV, self, expression(other))

    def __mod__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.MOD, self, expression(other))

    def __and__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.AND, self, expression(other))

    def __or__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.OR, self, expression(other))

    def __xor__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.XOR, self, expression(other))

    def __lshift__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.SHL, self, expression(other))

    def __rshift__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.SHR, self, expression(other))

    def __lt__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.LT, self, expression(other))

    def __le__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.LE, self, expression(other))

    def __gt__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.GT, self, expression(other))

    def __ge__(self, other: Operand) -> Binary:
        return Binary(BinaryOp.GE, self, expression(other))

    def equals(self, other: Operand) -> Binary:
        """1 when both values are the same integer or the same term, else 0 (a term when undecided)."""
        return Binary(BinaryOp.EQ, self, expression(other))

    def differs(self, other: Operand) -> Binary:
        """The opposite of ``equals``."""
        return Binary(BinaryOp.NE, self, expression(other))


@dataclass(frozen=True)
class Const(Expr):
    """An integer in [-2**62, 2**62)."""

    value: int


@dataclass(frozen=True)
class Reg(Expr):
    """Register ``index`` of the thread that evaluates the expression."""

    index: int
    name: str
    thread: str


@dataclass(frozen=True)
class Shared(Expr):
    """The current value of a location; allowed in invariants only (newest message under ``ra``)."""

    location: Location
    index: Expr


@dataclass(frozen=True)
class Symbol(Expr):
    """An unknown constant; equal names are the same unknown."""

    name: str


@dataclass(frozen=True)
class Apply(Expr):
    """The uninterpreted function ``function`` applied to one to three arguments."""

    function: str
    arguments: tuple[Expr, ...]


@dataclass(frozen=True)
class Select(Expr):
    """The value of map ``source`` at ``key``."""

    source: Expr
    key: Expr


@dataclass(frozen=True)
class Update(Expr):
    """Map ``source`` with ``key`` set to ``value`` (the ``store`` of the theory of arrays)."""

    source: Expr
    key: Expr
    value: Expr


@dataclass(frozen=True)
class Binary(Expr):
    """A binary operator; both operands are always evaluated."""

    op: BinaryOp
    left: Expr
    right: Expr


Operand = Expr | int


def expression(value: Operand) -> Expr:
    """``value`` as an expression."""
    return value if isinstance(value, Expr) else Const(int(value))


def apply(function: str, *arguments: Operand) -> Apply:
    """The uninterpreted function ``function`` of one to three arguments."""
    return Apply(function, tuple(expression(a) for a in arguments))


def select(source: Operand, key: Operand) -> Select:
    """The value of the map ``source`` at ``key``."""
    return Select(expression(source), expression(key))


def update(source: Operand, key: Operand, value: Operand) -> Update:
    """The map ``source`` with ``key`` set to ``value``."""
    return Update(expression(source), expression(key), expression(value))


@dataclass(frozen=True)
class Location:
    """``size`` consecutive shared words, all with the same initial value (an integer or a ``Symbol``)."""

    index: int
    name: str
    size: int
    initial: Expr
    offset: int

    def __getitem__(self, index: Operand) -> Element:
        """One element; the index is evaluated and checked when the instruction runs."""
        return Element(self, expression(index))


@dataclass(frozen=True)
class Element:
    """``location[index]``."""

    location: Location
    index: Expr


Place = Location | Element


@dataclass(frozen=True)
class Mutex:
    """A lock without owner recursion: locking it twice in one thread is a self-deadlock."""

    index: int
    name: str


@dataclass(frozen=True)
class Semaphore:
    """A counting semaphore."""

    index: int
    name: str
    initial: int


@dataclass(frozen=True)
class Promise:
    """Resolved at most once; a second ``resolve`` only reads."""

    index: int
    name: str


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    ``dst`` is a register or -1; ``obj`` the index of the location, mutex, semaphore, promise or thread, or
    -1; ``index`` the element; ``a`` and ``b`` the operands (``set``/``branch``/``check``/``store``:
    a; ``cas``: a expected, b new; ``choose``: a = Const(n)); ``target`` the instruction to go to; ``order``
    "ra" or "rlx"; ``note`` is for people.
    """

    op: Op
    dst: int = -1
    obj: int = -1
    index: Expr | None = None
    a: Expr | None = None
    b: Expr | None = None
    target: int = -1
    order: str = "ra"
    note: str = ""


@dataclass(frozen=True)
class ThreadCode:
    """A thread: register names with initial values, instructions, and whether it runs from the start."""

    name: str
    registers: tuple[str, ...]
    initial: tuple[int, ...]
    code: tuple[Instruction, ...]
    static: bool


@dataclass(frozen=True)
class Invariant:
    """Must be nonzero in every reachable state (a term counts as true); reads shared locations only."""

    name: str
    condition: Expr


@dataclass(frozen=True)
class ProgramCode:
    """A validated program."""

    name: str
    locations: tuple[Location, ...]
    mutexes: tuple[Mutex, ...]
    semaphores: tuple[Semaphore, ...]
    promises: tuple[Promise, ...]
    threads: tuple[ThreadCode, ...]
    invariants: tuple[Invariant, ...]

    @property
    def words(self) -> int:
        """Shared words of all locations together."""
        return sum(location.size for location in self.locations)


class Thread:
    """Builder of one thread: each method appends one instruction; registers come from ``register``."""

    def __init__(self, index: int, name: str, static: bool) -> None:
        self.index = index
        self.name = name
        self.static = static
        self._registers: list[str] = []
        self._initial: list[int] = []
        self._code: list[Instruction | tuple[Instruction, str]] = []
        self._labels: dict[str, int] = {}
        self._fresh = 0
        self._else: str | None = None

    # -- declarations -----------------------------------------------------------------------------------

    def register(self, name: str, initial: int = 0) -> Reg:
        """A new register of this thread, part of the state and of the outcome."""
        if name in self._registers:
            raise ProgramError(f"thread {self.name}: register {name!r} declared twice")
        self._registers.append(name)
        self._initial.append(initial)
        return Reg(len(self._registers) - 1, name, self.name)

    def label(self, name: str) -> None:
        """Name the next instruction as the target of jumps and branches."""
        if name in self._labels:
            raise ProgramError(f"thread {self.name}: label {name!r} declared twice")
        self._labels[name] = len(self._code)

    # -- local instructions -----------------------------------------------------------------------------

    def set(self, dst: Reg, value: Operand) -> None:
        """dst := value."""
        self._emit(Instruction(Op.SET, dst=self._dst(dst), a=expression(value)))

    def jump(self, label: str) -> None:
        """Continue at ``label``."""
        self._code.append((Instruction(Op.JUMP), label))

    def branch(self, condition: Operand, label: str) -> None:
        """Continue at ``label`` when the condition is not 0; visible when the condition is a term."""
        self._code.append((Instruction(Op.BRANCH, a=expression(condition)), label))

    def check(self, condition: Operand, note: str = "") -> None:
        """Assert: fail the thread (ASSERTION) when the condition is 0; visible when it is a term."""
        self._emit(Instruction(Op.CHECK, a=expression(condition), note=note))

    def halt(self) -> None:
        """End the thread (also implied after the last instruction)."""
        self._emit(Instruction(Op.HALT))

    @contextmanager
    def while_(self, condition: Operand) -> Iterator[None]:
        """Repeat the body while the condition is not 0."""
        top, body, end = self._label(), self._label(), self._label()
        self.label(top)
        self.branch(condition, body)
        self.jump(end)
        self.label(body)
        yield
        self.jump(top)
        self.label(end)

    @contextmanager
    def if_(self, condition: Operand) -> Iterator[None]:
        """Run the body when the condition is not 0; ``else_`` may follow at once."""
        body, end = self._label(), self._label()
        self.branch(condition, body)
        self.jump(end)
        self.label(body)
        yield
        self.label(end)
        self._else = end

    @contextmanager
    def else_(self) -> Iterator[None]:
        """The other branch of the ``if_`` that ended just here."""
        otherwise = self._else
        if otherwise is None or self._labels.get(otherwise) != len(self._code):
            raise ProgramError(f"thread {self.name}, instruction {len(self._code)}: else_ without if_")
        end = self._label()
        self.jump(end)
        self._labels[otherwise] = len(self._code)
        yield
        self.label(end)

    # -- memory -----------------------------------------------------------------------------------------

    def load(self, dst: Reg, place: Place, order: str = "ra") -> None:
        """dst := place."""
        self._memory(Op.LOAD, place, dst=dst, order=order)

    def store(self, place: Place, value: Operand, order: str = "ra") -> None:
        """place := value (into the store buffer under tso and pso)."""
        self._memory(Op.STORE, place, a=value, order=order)

    def fetch_add(self, dst: Reg, place: Place, value: Operand) -> None:
        """dst := place; place := place + value, in one step."""
        self._memory(Op.FETCH_ADD, place, dst=dst, a=value)

    def exchange(self, dst: Reg | None, place: Place, value: Operand) -> None:
        """dst := place; place := value, in one step."""
        self._memory(Op.EXCHANGE, place, dst=dst, a=value)

    def compare_and_swap(self, dst: Reg | None, place: Place, expected: Operand, value: Operand) -> None:
        """dst := place (the old value); if it was ``expected``, place := value.  A failed one only reads."""
        self._memory(Op.CAS, place, dst=dst, a=expected, b=value)

    def fence(self) -> None:
        """A full fence; a step under every model."""
        self._emit(Instruction(Op.FENCE))

    def step(self) -> None:
        """A step without any access."""
        self._emit(Instruction(Op.STEP))

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """The body is one step.

        Allowed inside: local instructions except ``halt``, ``load``, ``store``, ``fetch_add``, ``exchange``,
        ``compare_and_swap`` and ``require``; jumps stay inside.  Accesses go to memory at once.
        """
        self._emit(Instruction(Op.ATOMIC))
        yield
        self._emit(Instruction(Op.ATOMIC_END))

    def require(self, condition: Operand) -> None:
        """Inside ``atomic``: the whole step is possible only in states in which the condition is not 0."""
        self._emit(Instruction(Op.REQUIRE, a=expression(condition)))

    # -- synchronisation, time, choice ------------------------------------------------------------------

    def lock(self, mutex: Mutex) -> None:
        """Wait until the mutex is free and take it."""
        self._emit(Instruction(Op.LOCK, obj=mutex.index))

    def unlock(self, mutex: Mutex) -> None:
        """Give the mutex back; fails the thread (UNLOCK) when it does not hold it."""
        self._emit(Instruction(Op.UNLOCK, obj=mutex.index))

    def acquire(self, semaphore: Semaphore) -> None:
        """Wait until the count is positive and decrement it."""
        self._emit(Instruction(Op.ACQUIRE, obj=semaphore.index))

    def release(self, semaphore: Semaphore) -> None:
        """Increment the count."""
        self._emit(Instruction(Op.RELEASE, obj=semaphore.index))

    def resolve(self, promise: Promise, value: Operand = 0) -> None:
        """Resolve the promise with the value; only reads when it is resolved already."""
        self._emit(Instruction(Op.RESOLVE, obj=promise.index, a=expression(value)))

    def await_(self, dst: Reg | None, promise: Promise) -> None:
        """Wait until the promise is resolved; dst := its value."""
        self._emit(Instruction(Op.AWAIT, dst=self._dst(dst), obj=promise.index))

    def spawn(self, thread: Thread) -> None:
        """Start a thread declared with ``start=False``; fails this thread (SPAWN) when it was started."""
        self._emit(Instruction(Op.SPAWN, obj=thread.index))

    def join(self, thread: Thread) -> None:
        """Wait until the thread is COMPLETED or FAILED."""
        self._emit(Instruction(Op.JOIN, obj=thread.index))

    def sleep(self, nanoseconds: Operand) -> None:
        """Two steps: set a timer ``nanoseconds`` (at least 0) from now; wake when it is due.

        Timers fire in the order of (time, order of setting, thread); a due timer may fire arbitrarily late
        relative to the steps of running threads.
        """
        self._emit(Instruction(Op.SLEEP, a=expression(nanoseconds)))

    def now(self, dst: Reg) -> None:
        """dst := virtual time in nanoseconds since the start."""
        self._emit(Instruction(Op.NOW, dst=self._dst(dst)))

    def choose(self, dst: Reg, alternatives: int) -> None:
        """dst := any of 0 .. alternatives-1 (1..64 alternatives); all of them are explored."""
        self._emit(Instruction(Op.CHOOSE, dst=self._dst(dst), a=Const(alternatives)))

    # -- internals --------------------------------------------------------------------------------------

    def _dst(self, register: Reg | None) -> int:
        if register is None:
            return -1
        if register.thread != self.name:
            raise ProgramError(
                f"thread {self.name}, instruction {len(self._code)}: "
                f"register {register.name!r} belongs to thread {register.thread}"
            )
        return register.index

    def _emit(self, instruction: Instruction) -> None:
        self._code.append(instruction)

    def _label(self) -> str:
        self._fresh += 1
        return f".{self._fresh}"

    def _memory(
        self,
        op: Op,
        place: Place,
        *,
        dst: Reg | None = None,
        a: Operand | None = None,
        b: Operand | None = None,
        order: str = "ra",
    ) -> None:
        element = place if isinstance(place, Element) else Element(place, Const(0))
        self._emit(
            Instruction(
                op,
                dst=self._dst(dst),
                obj=element.location.index,
                index=element.index,
                a=None if a is None else expression(a),
                b=None if b is None else expression(b),
                order=order,
            )
        )

    def _build(self) -> ThreadCode:
        code: list[Instruction] = []
        for at, item in enumerate(self._code):
            if isinstance(item, Instruction):
                code.append(item)
                continue
            instruction, label = item
            if label not in self._labels:
                raise ProgramError(f"thread {self.name}, instruction {at}: unknown label {label!r}")
            code.append(Instruction(instruction.op, a=instruction.a, target=self._labels[label], note=instruction.note))
        return ThreadCode(self.name, tuple(self._registers), tuple(self._initial), tuple(code), self.static)


class Program:
    """Builder of a program: declare shared objects and threads, append instructions, then ``build``."""

    def __init__(self, name: str = "program") -> None:
        self.name = name
        self._locations: list[Location] = []
        self._mutexes: list[Mutex] = []
        self._semaphores: list[Semaphore] = []
        self._promises: list[Promise] = []
        self._threads: list[Thread] = []
        self._invariants: list[Invariant] = []

    def location(self, name: str, initial: int | Symbol = 0) -> Location:
        """One shared word."""
        return self.array(name, 1, initial)

    def array(self, name: str, size: int, initial: int | Symbol = 0) -> Location:
        """``size`` shared words, used as ``array[index]``."""
        location = Location(len(self._locations), name, size, expression(initial), self._words())
        self._locations.append(location)
        return location

    def mutex(self, name: str) -> Mutex:
        """A free mutex."""
        self._mutexes.append(Mutex(len(self._mutexes), name))
        return self._mutexes[-1]

    def semaphore(self, name: str, initial: int = 1) -> Semaphore:
        """A counting semaphore."""
        self._semaphores.append(Semaphore(len(self._semaphores), name, initial))
        return self._semaphores[-1]

    def promise(self, name: str) -> Promise:
        """An unresolved promise."""
        self._promises.append(Promise(len(self._promises), name))
        return self._promises[-1]

    def thread(self, name: str, *, start: bool = True) -> Thread:
        """A new thread; with ``start=False`` it stays NEW until a ``spawn``."""
        if any(thread.name == name for thread in self._threads):
            raise ProgramError(f"thread {name!r} declared twice")
        self._threads.append(Thread(len(self._threads), name, start))
        return self._threads[-1]

    def read(self, place: Place) -> Shared:
        """The current value of a location, for ``invariant``."""
        element = place if isinstance(place, Element) else Element(place, Const(0))
        return Shared(element.location, element.index)

    def invariant(self, name: str, condition: Operand) -> None:
        """State that the condition (over ``read`` values and constants) is nonzero in every state."""
        self._invariants.append(Invariant(name, expression(condition)))

    def build(self) -> ProgramCode:
        """The validated program; raises ``ProgramError`` naming thread and instruction."""
        code = ProgramCode(
            self.name,
            tuple(self._locations),
            tuple(self._mutexes),
            tuple(self._semaphores),
            tuple(self._promises),
            tuple(thread._build() for thread in self._threads),
            tuple(self._invariants),
        )
        validate(code)
        return code

    def _words(self) -> int:
        return sum(location.size for location in self._locations)


# -- validation -------------------------------------------------------------------------------------------

_NEEDS_DST = frozenset({Op.SET, Op.LOAD, Op.FETCH_ADD, Op.NOW, Op.CHOOSE})
_NEEDS_A = frozenset(
    {
        Op.SET, Op.BRANCH, Op.CHECK, Op.REQUIRE, Op.STORE, Op.FETCH_ADD, Op.EXCHANGE, Op.CAS, Op.RESOLVE,
        Op.SLEEP, Op.CHOOSE,
    }
)  # fmt: skip
_MEMORY = frozenset({Op.LOAD, Op.STORE, Op.FETCH_ADD, Op.EXCHANGE, Op.CAS})


def validate(program: ProgramCode) -> None:
    """Raise ``ProgramError`` unless every engine may run ``program``."""
    if not 1 <= len(program.threads) <= MAX_THREADS:
        raise ProgramError(f"program {program.name}: {len(program.threads)} threads, allowed are 1..{MAX_THREADS}")
    offset = 0
    for location in program.locations:
        if location.size < 1 or location.offset != offset:
            raise ProgramError(f"location {location.name}: size {location.size} or offset is wrong")
        if not isinstance(location.initial, Const | Symbol):
            raise ProgramError(f"location {location.name}: the initial value must be an integer or a symbol")
        _check_expression(program, None, location.initial, f"location {location.name}")
        offset += location.size
    if offset > MAX_WORDS:
        raise ProgramError(f"program {program.name}: {offset} shared words, allowed are {MAX_WORDS}")
    for semaphore in program.semaphores:
        if not 0 <= semaphore.initial < 1 << 31:
            raise ProgramError(f"semaphore {semaphore.name}: initial count {semaphore.initial} is out of range")
    for invariant in program.invariants:
        _check_expression(program, None, invariant.condition, f"invariant {invariant.name}")
    for thread in program.threads:
        _check_thread(program, thread)


def _check_thread(program: ProgramCode, thread: ThreadCode) -> None:
    if len(thread.registers) > MAX_REGISTERS or len(thread.registers) != len(thread.initial):
        raise ProgramError(f"thread {thread.name}: {len(thread.registers)} registers, allowed are {MAX_REGISTERS}")
    if len(thread.code) > MAX_INSTRUCTIONS:
        raise ProgramError(f"thread {thread.name}: more than {MAX_INSTRUCTIONS} instructions")
    if any(not -INTEGER_LIMIT <= value < INTEGER_LIMIT for value in thread.initial):
        raise ProgramError(f"thread {thread.name}: an initial value is out of range")
    opened = -1
    blocks: list[int] = []
    for at, instruction in enumerate(thread.code):
        if instruction.op == Op.ATOMIC:
            if opened >= 0:
                raise ProgramError(f"thread {thread.name}, instruction {at} (ATOMIC): atomic inside atomic")
            opened = at
        blocks.append(opened)
        if instruction.op == Op.ATOMIC_END:
            if opened < 0:
                raise ProgramError(f"thread {thread.name}, instruction {at} (ATOMIC_END): nothing to end")
            opened = -1
    if opened >= 0:
        raise ProgramError(f"thread {thread.name}, instruction {opened} (ATOMIC): the block is never ended")
    blocks.append(-1)
    for at, instruction in enumerate(thread.code):
        _check_instruction(program, thread, at, instruction, blocks)


def _check_instruction(
    program: ProgramCode, thread: ThreadCode, at: int, instruction: Instruction, blocks: Sequence[int]
) -> None:
    op = instruction.op
    where = f"thread {thread.name}, instruction {at} ({op.name})"
    inside = blocks[at] >= 0 and op not in (Op.ATOMIC, Op.ATOMIC_END)
    if inside and op not in ATOMIC_OPS:
        raise ProgramError(f"{where}: not allowed inside atomic")
    if op == Op.REQUIRE and not inside:
        raise ProgramError(f"{where}: only allowed inside atomic")
    if instruction.dst < -1 or instruction.dst >= len(thread.registers):
        raise ProgramError(f"{where}: no register {instruction.dst}")
    if op in _NEEDS_DST and instruction.dst < 0:
        raise ProgramError(f"{where}: needs a destination register")
    if op in _NEEDS_A and instruction.a is None:
        raise ProgramError(f"{where}: needs an operand")
    if op == Op.CAS and instruction.b is None:
        raise ProgramError(f"{where}: needs a new value")
    if op in _MEMORY and instruction.index is None:
        raise ProgramError(f"{where}: needs an index")
    if instruction.order not in ("ra", "rlx"):
        raise ProgramError(f"{where}: memory order {instruction.order!r} is neither 'ra' nor 'rlx'")
    if op in (Op.JUMP, Op.BRANCH):
        _check_target(thread, at, instruction, blocks, where)
    counts = {
        **dict.fromkeys(_MEMORY, len(program.locations)),
        Op.LOCK: len(program.mutexes),
        Op.UNLOCK: len(program.mutexes),
        Op.ACQUIRE: len(program.semaphores),
        Op.RELEASE: len(program.semaphores),
        Op.RESOLVE: len(program.promises),
        Op.AWAIT: len(program.promises),
        Op.SPAWN: len(program.threads),
        Op.JOIN: len(program.threads),
    }
    if op in counts and not 0 <= instruction.obj < counts[op]:
        raise ProgramError(f"{where}: no such object {instruction.obj}")
    if op == Op.CHOOSE and not (isinstance(instruction.a, Const) and 1 <= instruction.a.value <= MAX_CHOICES):
        raise ProgramError(f"{where}: alternatives must be a constant in 1..{MAX_CHOICES}")
    for operand in (instruction.index, instruction.a, instruction.b):
        if operand is not None:
            _check_expression(program, thread, operand, where)


def _check_target(thread: ThreadCode, at: int, instruction: Instruction, blocks: Sequence[int], where: str) -> None:
    target = instruction.target
    if not 0 <= target <= len(thread.code):
        raise ProgramError(f"{where}: target {target} is outside the thread")
    enters = target < len(thread.code) and thread.code[target].op == Op.ATOMIC
    if blocks[at] != (-1 if enters else blocks[target]):
        raise ProgramError(f"{where}: jumps into or out of an atomic block")


def _check_expression(program: ProgramCode, thread: ThreadCode | None, root: Expr, where: str) -> None:
    stack, seen = [root], 0
    while stack:
        node = stack.pop()
        seen += 1
        if seen > MAX_EXPRESSION:
            raise ProgramError(f"{where}: expression with more than {MAX_EXPRESSION} nodes")
        match node:
            case Const(value=value):
                if not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
                    raise ProgramError(f"{where}: constant {value} is out of range")
            case Reg(index=index, name=name, thread=owner):
                if thread is None or owner != thread.name or not 0 <= index < len(thread.registers):
                    raise ProgramError(f"{where}: register {name!r} of thread {owner} cannot be used here")
            case Shared(location=location, index=index_expression):
                if thread is not None:
                    raise ProgramError(f"{where}: shared memory can be read in invariants only")
                if location not in program.locations:
                    raise ProgramError(f"{where}: location {location.name!r} is of another program")
                stack.append(index_expression)
            case Symbol():
                pass
            case Apply(arguments=arguments):
                if not 1 <= len(arguments) <= 3:
                    raise ProgramError(f"{where}: a function takes one to three arguments")
                stack.extend(arguments)
            case Select(source=source, key=key):
                stack += [source, key]
            case Update(source=source, key=key, value=new):
                stack += [source, key, new]
            case Binary(left=left, right=right):
                stack += [left, right]
            case _:
                raise ProgramError(f"{where}: {type(node).__name__} is not an expression")
