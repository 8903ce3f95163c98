"""A report as data for the renderers: one lost update over two files, one deadlock, one note of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from krepis.twin.findings import (
    EntryPoint,
    Finding,
    Fix,
    Note,
    Report,
    Step,
    Summary,
    Suppressed,
    fingerprint,
)

WALLET = """\
import { audit } from "./audit";

export class Wallet {
  private balances: Record<string, number> = {};

  async credit(id: string, amount: number): Promise<number> {
    const current = this.balances[id] ?? 0;
    await audit("credit", id, amount);
    // the 😀 above is one character and two UTF-16 units

    if (amount < 0) throw new RangeError("amount");
    this.balances[id] = current + amount;
    return this.balances[id];
  }
}
"""
TRANSFER = """\
export async function transfer(from: Account, to: Account) {
  const first = await from.mutex.acquire();
  const second = await to.mutex.acquire();
  move(from, to);
  second();
  first();
}
"""
FILES = {"src/wallet.ts": WALLET, "src/transfer.ts": TRANSFER}


def sources(file: str) -> Sequence[str]:
    return FILES[file].split("\n") if file in FILES else ()


def step(task: str, line: int, action: str, what: str, value: str = "", file: str = "src/wallet.ts") -> Step:
    call = "credit(id, amount)" if file == "src/wallet.ts" else "transfer(from, to)"
    return Step(task, call, file, line, action, what, value)  # type: ignore[arg-type]


LOST_UPDATE = Finding(
    rule="krepis/race/lost-update",
    kind="lost-update",
    severity="error",
    file="src/wallet.ts",
    line=12,
    column=5,
    end_line=12,
    end_column=42,
    function="Wallet.credit",
    message="Two concurrent calls of Wallet.credit lose an update of this.balances[id].",
    why="The balance is read before the await and written after it, so a credit that runs meanwhile is "
    "overwritten and the money is gone.",
    help="Read this.balances[id] after the await, or hold a lock from the read to the write.",
    steps=(
        step("A", 6, "call", "credit(id, amount)"),
        step("A", 7, "read", "this.balances[id]", "b0"),
        step("A", 8, "await", 'audit("credit", id, amount)'),
        step("B", 6, "call", "credit(id, amount)"),
        step("B", 7, "read", "this.balances[id]", "b0"),
        step("B", 8, "await", 'audit("credit", id, amount)'),
        step("B", 8, "resume", 'audit("credit", id, amount)'),
        step("B", 12, "write", "this.balances[id]", "b0 + amountB"),
        step("B", 13, "return", "", "b0 + amountB"),
        step("A", 8, "resume", 'audit("credit", id, amount)'),
        step("A", 12, "write", "this.balances[id]", "b0 + amountA"),
        step("A", 13, "return", "", "b0 + amountA"),
    ),
    states=1204,
    traces=20,
    schedule="v1:A3B6A3",
    fingerprint=fingerprint(
        "krepis/race/lost-update",
        "src/wallet.ts",
        "Wallet.credit",
        "this.balances[id] = current + amount;",
        "this.balances[id]",
    ),
    fixes=(
        Fix("Move the read of this.balances[id] after the await", verified=True),
        Fix("Store the balance in the database and update it atomically", verified=False),
    ),
)
DEADLOCK = Finding(
    rule="krepis/lock/deadlock",
    kind="deadlock",
    severity="error",
    file="src/transfer.ts",
    line=3,
    column=24,
    end_line=3,
    end_column=42,
    function="transfer",
    message="transfer(a, b) and transfer(b, a) wait for each other forever.",
    why="Each call holds the lock that the other one needs, so neither request is ever answered.",
    help="Take both locks in one global order, for example by account id.",
    steps=(
        step("A", 2, "lock", "from.mutex", file="src/transfer.ts"),
        step("B", 2, "lock", "from.mutex", file="src/transfer.ts"),
        step("A", 3, "await", "to.mutex", "held by B", file="src/transfer.ts"),
        step("B", 3, "await", "to.mutex", "held by A", file="src/transfer.ts"),
    ),
    states=88,
    traces=6,
    schedule="v1:ABAB",
    fingerprint=fingerprint("krepis/lock/deadlock", "src/transfer.ts", "transfer", "to.mutex.acquire()", "to.mutex"),
)
REPORT = Report(
    summary=Summary(
        files=3, functions=9, entry_points=4, scenarios=7, states=5210, traces=61, findings=2, seconds=0.42
    ),
    findings=(DEADLOCK, LOST_UPDATE),
    notes=(
        Note("src/queue.ts", 40, "bounded", "drain() loops without a bound; 3 rounds were explored."),
        Note("src/legacy.ts", 3, "unsupported", "with statements are not modelled."),
        Note("src/broken.ts", 9, "parse-error", "Expected an expression."),
    ),
    entry_points=(
        EntryPoint("src/wallet.ts", 6, "Wallet.credit"),
        EntryPoint("src/transfer.ts", 1, "transfer"),
        EntryPoint("src/queue.ts", 31, "drain"),
        EntryPoint("src/queue.ts", 12, "push"),
    ),
    suppressed=(
        Suppressed(
            replace(LOST_UPDATE, line=7, fingerprint="0" * 32),
            "in-source",
            "only one instance runs in production",
        ),
    ),
)
CLEAN = Report(
    summary=Summary(files=1, functions=2, entry_points=2, scenarios=3, states=120, traces=9, seconds=0.1),
    entry_points=(EntryPoint("src/wallet.ts", 6, "Wallet.credit"),),
)
HOSTILE = "</script><script>alert(1)</script>\x1b[31m\x00\x9b2J\u202e]]>\"'&`|\n# x\ud800"
HOSTILE_REPORT = Report(
    summary=Summary(files=1, functions=1, entry_points=1, scenarios=1, states=1, traces=1),
    findings=(
        replace(
            LOST_UPDATE,
            file=HOSTILE,
            function=HOSTILE,
            message=HOSTILE,
            why=HOSTILE,
            help=HOSTILE,
            schedule=HOSTILE,
            steps=tuple(replace(s, call=HOSTILE, what=HOSTILE, value=HOSTILE, file=HOSTILE) for s in LOST_UPDATE.steps),
            fixes=(Fix(HOSTILE, verified=True),),
        ),
    ),
    notes=(Note(HOSTILE, 1, "unsupported", HOSTILE),),
    entry_points=(EntryPoint(HOSTILE, 1, HOSTILE),),
    suppressed=(Suppressed(replace(LOST_UPDATE, file=HOSTILE), "in-source", HOSTILE),),
)
