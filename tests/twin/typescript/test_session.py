"""A session says what a fresh verification says, and looks only at what a change can affect."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from krepis.twin.findings import Report
from krepis.twin.options import Options, Progress, SourceFile
from krepis.twin.typescript.session import Session
from krepis.twin.typescript.verify import verify
from krepis.twin.typescript.workers import Workers

RACY = """import { settle } from './util';
const balances = new Map<string, number>();
export async function credit(id: string, amount: number): Promise<void> {
  const before = balances.get(id) ?? 0;
  await settle();
  balances.set(id, before + amount);
}
"""
SAFE = RACY.replace("  await settle();\n", "")
ALONE = SAFE.replace("import { settle } from './util';\n", "")
UTIL = "export async function settle(): Promise<void> { await fetch('https://bank.test/settle'); }\n"
QUIET = "export function settle(): void {}\n"


def project(folder: Path, texts: dict[str, str]) -> list[SourceFile]:
    for name, text in texts.items():
        (folder / name).write_text(text)
    return [SourceFile(name, folder / name) for name in sorted(texts)]


def timeless(report: Report) -> Report:
    return replace(report, summary=replace(report.summary, seconds=0.0))


def looked_at(session: Session, files: list[SourceFile]) -> tuple[Report, set[str]]:
    seen: list[Progress] = []
    report = session.verify(files, seen.append)
    return report, {p.what for p in seen} & {f.path for f in files}


def test_only_what_a_change_can_affect_is_looked_at(tmp_path: Path) -> None:
    texts = {
        "a.ts": RACY,
        "b.ts": SAFE,
        "lone.ts": SAFE.replace("import { settle } from './util';\n", ""),
        "util.ts": UTIL,
    }
    files = project(tmp_path, texts)
    session = Session(Options(tmp_path))
    report, _ = looked_at(session, files)
    assert [f.file for f in report.findings] == ["a.ts"]
    again, seen = looked_at(session, files)
    assert timeless(again) == timeless(report) and not seen
    unsaved = [replace(f, text=RACY) if f.path == "lone.ts" else f for f in files]
    report, seen = looked_at(session, unsaved)
    assert [f.file for f in report.findings] == ["a.ts", "lone.ts"] and seen == {"lone.ts"}
    (tmp_path / "util.ts").write_text(QUIET)
    report, seen = looked_at(session, unsaved)
    assert not report.findings and "a.ts" in seen and "util.ts" in seen
    (tmp_path / "a.ts").unlink()
    report, _ = looked_at(session, unsaved)
    assert [(n.file, n.kind) for n in report.notes] == [("a.ts", "skipped")]


def test_a_constraint_that_is_declared_counts_at_once(tmp_path: Path) -> None:
    texts = {
        "sign-up.ts": """import { Pool } from 'pg';
const pool = new Pool();
export async function signUp(email: string): Promise<void> {
  const found = await pool.query('SELECT id FROM users WHERE email = $1', [email]);
  if (found.rows.length === 0) {
    await pool.query('INSERT INTO users (email) VALUES ($1)', [email]);
  }
}
"""
    }
    files = project(tmp_path, texts)
    (tmp_path / "schema.sql").write_text("CREATE TABLE users (id serial PRIMARY KEY, email text);")
    session = Session(Options(tmp_path))
    assert [f.line for f in session.verify(files).findings] == [6]
    (tmp_path / "schema.sql").write_text("CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE);")
    assert not session.verify(files).findings


@pytest.mark.parametrize("jobs", [1, 2])
def test_after_any_edits_the_report_is_that_of_a_fresh_run(tmp_path: Path, jobs: int) -> None:
    chance = random.Random(7 + jobs)
    files = project(tmp_path, {f"f{i}.ts": chance.choice((RACY, SAFE)) for i in range(6)} | {"util.ts": UTIL})
    session = Session(Options(tmp_path, jobs=jobs))
    for _ in range(8):
        victim = chance.choice(files)
        text = chance.choice((UTIL, QUIET) if victim.path == "util.ts" else (RACY, SAFE, "export const x = ;", ""))
        if chance.random() < 0.5:
            victim.absolute.write_text(text)
        files = [replace(f, text=text if f is victim and chance.random() < 0.5 else None) for f in files]
        assert timeless(session.verify(files)) == timeless(verify(files, Options(tmp_path, jobs=jobs)))


def test_a_cancelled_verification_goes_on_where_it_stopped(tmp_path: Path) -> None:
    files = project(tmp_path, {f"f{i}.ts": RACY for i in range(3)} | {"util.ts": UTIL})
    session = Session(Options(tmp_path, jobs=1))
    seen: list[Progress] = []
    part = session.verify(files, seen.append, cancelled=lambda: len(seen) > 2)
    assert [p.what for p in seen] == ["entry points", "f0.ts", "f1.ts"] and part.summary.entry_points == 2
    seen.clear()
    report = session.verify(files, seen.append)
    assert [p.what for p in seen if p.what == "f0.ts"] == ["f0.ts"] and seen[0].done == 2  # its pairs only
    assert timeless(report) == timeless(verify(files, Options(tmp_path, jobs=1)))


def test_a_worker_that_dies_fails_one_piece_of_work() -> None:
    def work(key: int, phase: int) -> int:
        if key == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return key * phase

    workers: Workers[int] = Workers(2, work)
    done = dict(workers.run(dict.fromkeys(range(8), 10), lambda key: -1, lambda: False))
    workers.close()
    assert done == {k: -1 if k == 3 else 10 * k for k in range(8)}


def test_a_file_goes_to_the_worker_that_knows_it() -> None:
    def work(key: int, phase: int) -> int:
        time.sleep(0.005)
        return os.getpid()

    workers: Workers[int] = Workers(2, work)
    run: Callable[[], dict[int, int]] = lambda: dict(  # noqa: E731
        workers.run(dict.fromkeys(range(20), 0), lambda key: -1, lambda: False)
    )
    first, second = run(), run()
    workers.close()
    assert len(set(first.values())) == 2 and sum(first[k] == second[k] for k in first) >= 16


def test_cancelled_work_ends_at_once() -> None:
    def work(key: int, phase: int) -> int:
        if key:
            time.sleep(600)
        return key

    workers: Workers[int] = Workers(2, work)
    done: list[int] = []
    for key, _ in workers.run(dict.fromkeys(range(4), 0), lambda key: -1, lambda: bool(done)):
        done.append(key)
    assert done == [0]
