"""A `ProgramCode` as the flat list of integers that the C engine decodes (layout: `engine/program.c`).

Equal expressions share one place in the pool, so that threads with equal code are equal in the engine, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from krepis.twin.program import (
    Apply,
    Binary,
    Const,
    Expr,
    Instruction,
    Op,
    ProgramCode,
    Reg,
    Select,
    Shared,
    Symbol,
    Update,
)

_MAGIC = 0x4B52
_WITH_OBJECT = frozenset(
    {
        Op.LOAD, Op.STORE, Op.FETCH_ADD, Op.EXCHANGE, Op.CAS, Op.LOCK, Op.UNLOCK, Op.ACQUIRE, Op.RELEASE,
        Op.RESOLVE, Op.AWAIT, Op.SPAWN, Op.JOIN,
    }
)  # fmt: skip
_END, _CONST, _REG, _SHARED, _SYMBOL, _APPLY, _SELECT, _UPDATE = range(8)


@dataclass
class Names:
    """Numbers of the symbols and functions of a program, in order of appearance."""

    symbols: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Encoded:
    """The words for `kr_program_new`, and what the numbers of symbols and functions stand for."""

    words: list[int]
    names: Names


@dataclass
class _Pool:
    names: Names
    words: list[int] = field(default_factory=list)
    known: dict[tuple[int, ...], int] = field(default_factory=dict)

    def offset(self, expression: Expr | None) -> int:
        if expression is None:
            return -1
        code: list[int] = []
        _postfix(expression, self.names, code)
        key = (*code, _END)
        if key not in self.known:
            self.known[key] = len(self.words)
            self.words += key
        return self.known[key]


def encode(program: ProgramCode) -> Encoded:
    """The words of a validated program."""
    names = Names()
    pool = _Pool(names)
    body: list[int] = []
    for location in program.locations:
        match location.initial:
            case Symbol(name=name):
                body += [location.size, 1, _number(names.symbols, name)]
            case Const(value=value):
                body += [location.size, 0, value]
    body += [semaphore.initial for semaphore in program.semaphores]
    for thread in program.threads:
        body += [int(thread.static), len(thread.registers), len(thread.code), *thread.initial]
        for instruction in thread.code:
            body += _instruction(instruction, pool)
    body += [pool.offset(invariant.condition) for invariant in program.invariants]
    header = [
        _MAGIC,
        len(program.locations),
        len(program.mutexes),
        len(program.semaphores),
        len(program.promises),
        len(program.threads),
        len(program.invariants),
        len(pool.words),
    ]
    return Encoded([*header, *body, *pool.words], names)


def _instruction(instruction: Instruction, pool: _Pool) -> list[int]:
    """Fields that the instruction does not use are -1, whatever they were."""
    op = instruction.op
    return [
        int(op),
        instruction.dst,
        instruction.obj if op in _WITH_OBJECT else -1,
        int(instruction.order == "rlx"),
        instruction.target if op in (Op.JUMP, Op.BRANCH) else -1,
        pool.offset(instruction.index),
        pool.offset(instruction.a),
        pool.offset(instruction.b),
    ]


def _number(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)


def _postfix(root: Expr, names: Names, code: list[int]) -> None:
    """Appends the postfix code of an expression; iterative, because expressions may be deep."""
    work: list[Expr | list[int]] = [root]
    while work:
        item = work.pop()
        if isinstance(item, list):
            code += item
            continue
        match item:
            case Const(value=value):
                code += [_CONST, value]
            case Reg(index=index):
                code += [_REG, index]
            case Symbol(name=name):
                code += [_SYMBOL, _number(names.symbols, name)]
            case Shared(location=location, index=where):
                work += [[_SHARED, location.index], where]
            case Apply(function=function, arguments=arguments):
                work += [[_APPLY, _number(names.functions, function), len(arguments)], *reversed(arguments)]
            case Select(source=source, key=key):
                work += [[_SELECT], key, source]
            case Update(source=source, key=key, value=new):
                work += [[_UPDATE], new, key, source]
            case Binary(op=op, left=left, right=right):
                work += [[int(op)], right, left]
            case _:
                raise AssertionError(f"validation lets no {type(item).__name__} through here")
