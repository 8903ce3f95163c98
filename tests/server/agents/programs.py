"""Small programs for tests of the gate, and how one is made from texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from krepis.twin.options import Options, SourceFile

ROOT = Path("/project")
OPTIONS = Options(root=ROOT, jobs=1)

LEDGER = """\
export interface Ledger { note(id: string, cents: number): Promise<void> }
export type Entry = { id: string; cents: number };
export const EMPTY: Entry = { id: '', cents: 0 };
"""
WALLET = """\
import { randomUUID } from 'node:crypto';
import type { Ledger } from './ledger';

export class Wallet {
  private balances = new Map<string, number>();
  constructor(private readonly ledger: Ledger) {}

  balance(id: string): number {
    return this.balances.get(id) ?? 0;
  }

  async open(): Promise<string> {
    const id = randomUUID();
    this.balances.set(id, 0);
    await this.ledger.note(id, 0);
    return id;
  }
}
"""
PROGRAM: Mapping[str, str] = {"src/wallet.ts": WALLET, "src/ledger.ts": LEDGER}

SAFE_CREDIT = """
  async credit(id: string, cents: number): Promise<void> {
    await this.ledger.note(id, cents);
    this.balances.set(id, this.balance(id) + cents);
  }
}
"""
RACY_CREDIT = """
  async credit(id: string, cents: number): Promise<void> {
    const balance = this.balance(id);
    await this.ledger.note(id, cents);
    this.balances.set(id, balance + cents);
  }
}
"""


def files(texts: Mapping[str, str], root: Path = ROOT) -> tuple[SourceFile, ...]:
    return tuple(SourceFile(path, root / path, text) for path, text in texts.items())


def with_method(method: str) -> str:
    """The wallet with one more method; `method` ends with the class's brace."""
    return WALLET.rstrip().removesuffix("}") + method
