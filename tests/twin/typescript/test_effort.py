"""What the front end does not do twice, or in vain: counted in executions, never in seconds."""

from __future__ import annotations

from pathlib import Path

from krepis.twin.typescript.analysis import UnitResult, explore_hanging, profile_all
from krepis.twin.typescript.entries import discover
from krepis.twin.typescript.program import Program

ENDLESS = """
export class Queue {
  private items: number[] = []
  private done: (() => void) | null = null
  async drain() { let n = 0; while (true) { n += 1; if (n < 0) break } await this.add(n) }
  async add(n: number) { this.items.push(n); await save(this.items) }
  async clear() { this.items = []; await save(this.items) }
}
declare function save(items: number[]): Promise<void>
"""
WAITING = ENDLESS.replace(
    "let n = 0; while (true) { n += 1; if (n < 0) break } await this.add(n)",
    "await new Promise<void>(r => { this.done = r })",
)


def counted(tmp_path: Path, text: str) -> tuple[list[bool], int]:
    """Which entry points do not end alone, and how many executions looking at those against the others takes."""
    source = tmp_path / "queue.ts"
    source.write_text(text, encoding="utf-8")
    program = Program([str(source)], tmp_path)
    profiles = profile_all(program, discover(program, str(source)), UnitResult(), 30, 40)
    executions: list[bool] = []
    program.cancelled = lambda: bool(executions.append(False))
    explore_hanging(program, profiles, UnitResult())
    return [p.hangs for p in profiles], len(executions)


def test_what_waits_for_others_is_run_with_them(tmp_path: Path) -> None:
    assert counted(tmp_path, WAITING) == ([True, False, False], 4)


def test_what_only_met_its_limit_is_not_run_with_others(tmp_path: Path) -> None:
    assert counted(tmp_path, ENDLESS) == ([True, False, False], 0)
