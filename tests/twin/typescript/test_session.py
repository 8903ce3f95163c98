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
from krepis.twin.typescript import results
from krepis.twin.typescript import session as session_module
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


def test_after_a_comment_nothing_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = project(tmp_path, {"a.ts": RACY, "util.ts": UTIL})
    session = Session(Options(tmp_path))
    session.verify(files)
    now = [replace(f, text="// prose\n" + RACY) if f.path == "a.ts" else f for f in files]
    fresh = verify(now, Options(tmp_path))
    monkeypatch.setattr(session_module, "_Run", None)
    monkeypatch.setattr(results, "_covering", None)
    assert timeless(session.verify(now)) == timeless(fresh) != timeless(session.verify(files))


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


def test_what_does_not_change_what_is_declared_concerns_nobody_else(tmp_path: Path) -> None:
    migration = """export async function up(db: any): Promise<void> {
  await db.query('CREATE TABLE users (id int PRIMARY KEY)');
}
"""
    files = project(tmp_path, {"a.ts": RACY, "migration.ts": migration, "util.ts": UTIL})
    (tmp_path / "schema.sql").write_text("CREATE TABLE logs (id int PRIMARY KEY);")
    options = Options(tmp_path, jobs=1, cache_dir=tmp_path / "cache")
    session = Session(options)
    session.verify(files)
    (tmp_path / "schema.sql").write_text("-- What was done.\nCREATE TABLE logs (id int PRIMARY KEY);")
    for added in ("// Users.\n", "const n = 1;\n", "// Users.\nconst m = 2;\n"):
        (tmp_path / "migration.ts").write_text(migration.replace("  await", f"{added}  await"))
        assert looked_at(Session(options), files)[1] <= {"migration.ts"}, "another run"
        report, seen = looked_at(session, files)
        assert seen <= {"migration.ts"} and timeless(report) == timeless(verify(files, Options(tmp_path, jobs=1)))
    for of_users in ("name text, id int PRIMARY", "id int UNIQUE, name text PRIMARY"):
        (tmp_path / "migration.ts").write_text(migration.replace("id int PRIMARY", of_users))
        assert looked_at(session, files)[1] == (
            {"migration.ts"} if "UNIQUE" not in of_users else {f.path for f in files}
        )


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


IMPORTING = [
    RACY,
    RACY.replace("'./util'", "'./util.js'"),
    RACY.replace("'./util'", "'./deep'"),
    RACY.replace("'./util'", "'.'"),
]


@pytest.mark.parametrize("unsaved", [False, True])
def test_files_come_and_go_and_the_report_is_that_of_a_fresh_run(tmp_path: Path, unsaved: bool) -> None:
    (tmp_path / "deep").mkdir()
    chance = random.Random(3)
    texts = {f"f{i}.ts": text for i, text in enumerate(IMPORTING)} | {"lone.ts": ALONE}
    there = project(tmp_path, texts)
    session = Session(Options(tmp_path, jobs=1))
    found = set()
    for _ in range(12):
        name = chance.choice(("util.ts", "deep/index.ts", "index.ts", "f1.ts"))
        old = next((f for f in there if f.path == name), None)
        if old is None:
            text = texts.get(name) or chance.choice((UTIL, QUIET))
            new = SourceFile(name, tmp_path / name, text if unsaved else None)
            if not unsaved:
                new.absolute.write_text(text)
            there = sorted([*there, new], key=lambda f: f.path)
        else:
            old.absolute.unlink(missing_ok=True)
            there.remove(old)
        report, seen = looked_at(session, there)
        assert timeless(report) == timeless(verify(there, Options(tmp_path, jobs=1)))
        assert "lone.ts" not in seen or not found  # nothing that it could import has come or gone
        found.add(len(report.findings))
    assert len(found) > 1


def test_an_entry_point_says_what_was_explored_for_it(tmp_path: Path) -> None:
    files = project(tmp_path, {"a.ts": RACY, "lone.ts": ALONE, "util.ts": UTIL})
    report = verify(files, Options(tmp_path, jobs=1))
    racy, alone, util = report.entry_points
    assert (racy.name, alone.name, util.name) == ("credit", "credit", "settle")
    assert racy.traces > alone.traces > 0 and racy.states > 0 and racy.milliseconds > 0
    assert sum(e.states for e in report.entry_points) == report.summary.states  # no pair of two different ones
    assert sum(e.traces for e in report.entry_points) == report.summary.traces


def test_what_is_known_meanwhile_is_never_less_than_before(tmp_path: Path) -> None:
    files = project(tmp_path, {"a.ts": RACY, "b.ts": RACY, "lone.ts": ALONE, "util.ts": UTIL})
    session = Session(Options(tmp_path, jobs=1))
    seen: list[tuple[int, set[str], set[str]]] = []

    def look(_progress: Progress) -> None:
        entries = len(session.so_far().entry_points)
        seen.append((entries, names(session.waiting), names(session.running)))

    names = lambda paths: {Path(p).name for p in paths}  # noqa: E731
    report = session.verify(files, look)
    assert [entries for entries, _, _ in seen] == sorted(entries for entries, _, _ in seen)
    assert seen[0] == (0, {"a.ts", "b.ts", "lone.ts", "util.ts"}, set())
    assert (1, {"a.ts", "b.ts", "lone.ts", "util.ts"}, {"a.ts"}) in seen
    assert (4, {"b.ts"}, {"a.ts"}) in seen and seen[-1] == (4, set(), set())
    assert timeless(session.so_far()) == timeless(report)
    seen.clear()
    report = session.verify([replace(f, text=SAFE) if f.path == "a.ts" else f for f in files], look)
    assert all(entries == 4 for entries, _, _ in seen)
    assert seen[0][1] == {"a.ts"} and seen[-1][1] == set()
    assert [f.file for f in session.so_far().findings] == ["b.ts"]


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


def test_what_meets_nothing_is_known_before_the_others(tmp_path: Path) -> None:
    files = project(tmp_path, {"a.ts": RACY, "b.ts": RACY, "util.ts": UTIL})
    session = Session(Options(tmp_path, jobs=1))
    waiting: dict[str, set[str]] = {}

    def look(progress: Progress) -> None:
        waiting.setdefault(progress.what, {Path(p).name for p in session.waiting})

    session.verify(files, look, first=["util.ts"])
    assert waiting["util.ts"] == {"a.ts", "b.ts"} == waiting["a.ts"]


def test_what_is_shown_after_cancelled_runs_is_what_a_fresh_run_says(tmp_path: Path) -> None:
    chance = random.Random(11)
    files = project(tmp_path, {f"f{i}.ts": RACY for i in range(4)} | {"util.ts": UTIL})
    session = Session(Options(tmp_path, jobs=1))
    for _ in range(8):
        for left in (chance.randrange(6), 1 << 30):
            victim = chance.choice(files)
            text = chance.choice((UTIL, QUIET) if victim.path == "util.ts" else (RACY, SAFE, ""))
            files = [replace(f, text=text) if f is victim else f for f in files]
            looks: list[Progress] = []
            report = session.verify(files, looks.append, cancelled=lambda n=left, seen=looks: len(seen) > n)
        assert timeless(report) == timeless(verify(files, Options(tmp_path, jobs=1)))
        assert timeless(session.so_far()) == timeless(report) and not session.waiting


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
