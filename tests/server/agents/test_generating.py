"""A file from a description: drafts are judged, run against tests in the sandbox, and only what passes is proposed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from krepis.server.agents.generate import code_of, generate, signatures
from krepis.server.agents.journal import Journal
from krepis.server.agents.sandbox import run_tests
from krepis.server.run import text_of
from krepis.twin.options import SourceFile
from programs import OPTIONS, PROGRAM, files
from recorded import Recorded

RIGHT = """\
export class Counter {
  private counts = new Map<string, number>();
  async hit(key: string, log: (key: string) => Promise<void>): Promise<number> {
    const n = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, n);
    await log(key);
    return n;
  }
}
```
It counts."""
RACY = RIGHT.replace("    await log(key);\n", "").replace(
    "    this.counts.set", "    await log(key);\n    this.counts.set"
)
WRONG = RIGHT.replace("+ 1", "+ 2")
TESTS = """
import { Counter } from './src/counter';
test('counts', async () => {
  const counter = new Counter();
  await Promise.all([counter.hit('a', () => sleep(1)), counter.hit('a', () => sleep(1))]);
  assert.equal(await counter.hit('a', async () => {}), 3);
});
"""


def failures_of(program: Sequence[SourceFile]) -> list[str]:
    ran = run_tests({file.path: text_of(file) for file in program}, TESTS)
    return [problem for problem in (ran.error, *(why for _, why in ran.tests)) if problem]


def test_what_races_and_what_fails_its_tests_goes_back_and_what_passes_is_proposed() -> None:
    source = Recorded([RACY, WRONG, RIGHT])
    done = generate("a counter", "src/counter.ts", files(PROGRAM), OPTIONS, source, 3, tests=failures_of)

    assert done.files is not None and len(done.files) == 3
    first, second, third = done.drafts
    assert [reason.step for reason in first.verdict.reasons] == ["verify"]
    assert second.verdict.accepted and second.failures == ("not equal: 6 is not 3",)
    assert third.accepted and "It counts" not in third.text
    assert "lost-update" in source.prompt(1) and "6 is not 3" in source.prompt(2)
    assert len(source.asked) == 3 and "async credit" not in source.prompt(0)


def test_what_a_draft_forgot_to_import_is_imported_where_there_is_one_home_for_it() -> None:
    program = {
        "src/domain/hasher.ts": "export interface Hasher { hash(text: string): string }\n",
        "src/domain/clock.ts": "import type { Hasher } from './hasher.js';\n"
        "export class Clock { constructor(readonly h: Hasher) {}\n  now(): number { return 1; } }\n",
        "src/a.ts": "export const twice = 1;\n",
        "src/b.ts": "export const twice = 2;\n",
    }
    draft = (
        "import { Clock } from './clock';\nimport { twice, other } from './gone';\n"
        "export function id(h: Hasher, clock: Clock) { return h.hash(`${clock.now()}${randomUUID()}${twice}`); }\n"
    )
    source = Recorded([draft + "```"])
    (done,) = generate("an id", "src/api/id.ts", files(program), OPTIONS, source, 1).drafts
    assert done.text.splitlines() == [
        "import { Clock } from '../domain/clock.js';",
        "import { type Hasher } from '../domain/hasher.js';",
        "import { randomUUID } from 'node:crypto';",
        *draft.splitlines()[1:],
    ]
    assert [reason.message for reason in done.verdict.reasons] == ["no file './gone'"]


def test_what_is_left_to_be_written_is_not_proposed() -> None:
    stub = """\
export class Roles {
  constructor(private readonly name: string) {}
  of(user: string): string[];
  of(user: string, role?: string): string[] { return [user, this.name]; }
  has(user: string): boolean {
    // Implement logic to check the role
    return false;
  }
  async load(): Promise<void>;
  grant(user: string): void { throw new Error('Not implemented'); }
  log(): void {}
}
```"""
    done = generate("roles", "src/roles.ts", files(PROGRAM), OPTIONS, Recorded([stub]), 1)
    said = {reason.message for reason in done.drafts[0].verdict.reasons}
    assert said == {f"{name!r} is left to be written" for name in ("has", "load", "grant")} and done.files is None


def test_what_was_asked_answered_and_said_of_it_is_noted_and_nowhere_else(tmp_path: Path) -> None:
    journal = Journal(Recorded([RACY, RIGHT]), tmp_path)
    said: list[str] = []
    generate("a counter", "src/counter.ts", files(PROGRAM), OPTIONS, journal, 2, log=journal.telling(said.append))
    notes = [json.loads(line) for line in (tmp_path / ".krepis/ai.jsonl").read_text("utf-8").splitlines()]
    assert [note["said"] for note in notes if "said" in note] == said
    asked = [note for note in notes if "answer" in note]
    assert [note["answer"] for note in asked] == [RACY, RIGHT]
    assert "lost-update" in asked[1]["prompt"][-1]["content"]
    assert (tmp_path / ".krepis/.gitignore").read_text() == "*\n"

    (tmp_path / "hostile").mkdir()
    (tmp_path / "hostile/.krepis").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    generate("a", "src/a.ts", (), OPTIONS, Journal(Recorded([RIGHT]), tmp_path / "hostile"), 1)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_model_is_shown_signatures_and_no_bodies() -> None:
    shown = signatures(files(PROGRAM), "src/shop/cart.ts")
    assert "// ../wallet" in shown and "balance(id: string): number" in shown
    assert "this.balances.get" not in shown


def test_the_code_of_an_answer() -> None:
    assert code_of("a();\n```\nSo.") == "a();\n"
    assert code_of("```ts\na();\n```") == "a();\n"
