"""The tasks: what is asked for, in English and Korean, the hidden tests that decide, and an answer that passes them.

They are in `tasks/*.md`, one heading each. Hidden tests are of two kinds: what the code does, and what it does when calls
overlap. The Twin is asked besides. No model sees tests or answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent / "tasks"
SHARED = {
    "clock": (
        "src/clock.ts",
        "export interface Clock { now(): number }\nexport const system: Clock = { now: () => Date.now() };\n",
    ),
    "audit": (
        "src/audit.ts",
        "export interface Audit {\n  /** Writes a line to the audit log. */\n  record(line: string): Promise<void>;\n}\n",
    ),
    "store": (
        "src/store.ts",
        "export interface Store {\n  get(key: string): Promise<string | undefined>;\n"
        "  set(key: string, value: string): Promise<void>;\n  delete(key: string): Promise<void>;\n}\n",
    ),
    "mailer": (
        "src/mailer.ts",
        "export interface Mailer { send(to: string, subject: string): Promise<void> }\n",
    ),
    "hasher": (
        "src/hasher.ts",
        "export interface Hasher {\n  hash(password: string): Promise<string>;\n"
        "  matches(password: string, hash: string): Promise<boolean>;\n}\n",
    ),
    "bank": (
        "src/bank.ts",
        "export interface Bank {\n  /** False when the bank says no. */\n"
        "  charge(account: string, cents: number): Promise<boolean>;\n}\n",
    ),
    "krepis": ("src/app.ts", "import { krepis } from 'krepis';\nexport const app = krepis();\n"),
}
SERVED = """\
import { krepis } from 'krepis';
function served(routes) {
  const app = krepis();
  routes(app);
  const url = `http://127.0.0.1:${app.listen(0).port}`;
  return async (method, path, body, headers = {}) => {
    const sent = { 'content-type': 'application/json', ...headers };
    const answer = await fetch(url + path, { method, body: body && JSON.stringify(body), headers: sent });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : undefined };
  };
}
"""
"""What the tests of handlers begin with."""


@dataclass(frozen=True, slots=True)
class Task:
    """`tests` and `overlapping` are modules for the sandbox; `files` is the program that is there already."""

    name: str
    kind: str
    path: str
    english: str
    korean: str
    solution: str
    tests: str
    overlapping: str
    files: Mapping[str, str] = field(default_factory=dict)


def _read(file: Path) -> Iterator[Task]:
    for part in re.split(r"^# ", file.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name = part.split("\n", 1)[0]
        said = dict(re.findall(r"^- (\w+): (.*)$", part, re.MULTILINE))
        code = dict(re.findall(r"^```ts (\w+)\n(.*?)^```$", part, re.MULTILINE | re.DOTALL))
        uses = said.get("uses", "").split()
        head = SERVED if "krepis" in uses else ""
        yield Task(
            name, file.stem, said["path"], said["en"], said["ko"], code["solution"], head + code["tests"],
            head + code["overlapping"], dict(SHARED[one] for one in uses),
        )  # fmt: skip


TASKS: tuple[Task, ...] = tuple(task for file in sorted(FOLDER.glob("*.md")) for task in _read(file))
