"""`krepis docs`: the document is valid and true, the client works, the site is served, other frameworks are read."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import openapi_spec_validator
import pytest
from krepis.server.config import find_settings
from krepis.server.docs.client import type_of
from krepis.server.docs.openapi import document
from krepis.server.docs.pages import markdown, site
from krepis.server.docs.reader import Answer, Api, Route, read
from krepis.server.run import selected
from krepis.server.scaffold.catalogue import templates
from workshop import COMMAND, Workshop

NAMES = [template.name for template in templates()]
SOAK = int(os.environ.get("KREPIS_SOAK") or 0)
ASKED = NAMES if SOAK else ["crud"]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
FRAMEWORK = {
    "express.ts": """
import express, { Router, type Request, type Response } from 'express';
interface NewOrder { item: string; count: number }
export interface Order extends NewOrder { id: string; placed: Date; note?: string }
const orders = new Map<string, Order>();
function ordersRouter() {
  const router = Router();
  /** An order by its id. */
  router.get('/:id', (req: Request<{ id: string }>, res: Response) => {
    const order = orders.get(req.params.id);
    if (!order) return void res.status(404).json({ error: 'no such order' });
    res.json(order);
  });
  router.post('/', async (req, res) => {
    const body = req.body as NewOrder;
    const order: Order = { ...body, id: '1', placed: new Date() };
    orders.set(order.id, order);
    res.status(201).json(order);
  });
  return router;
}
const app = express();
app.use('/orders', ordersRouter());
""",
    "fastify.ts": """
import fastify from 'fastify';
const app = fastify();
interface Item { id: number; name: string }
app.get<{ Params: { id: string }; Querystring: { page?: number }; Reply: Item }>('/items/:id', async (request) =>
  ({ id: Number(request.params.id), name: 'x' }));
const schema = { body: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] } };
app.post('/items', { schema }, async (_request, reply) => reply.code(201).send({ ok: true }));
""",
    "hono.ts": """
import { Hono } from 'hono';
const [app, api] = [new Hono(), new Hono()];
const users = new Hono();
users.get('/users/:id', (c) =>
  c.req.param('id') === '1' ? c.json({ id: 1, role: 'admin' as 'admin' | 'user' }) : c.json({ error: 'none' }, 404));
const whole = new Hono();
whole.route('/api', users);
export { api, app, whole };
""",
    "nest.ts": """
import { Body, Controller, Get, HttpCode, NotFoundException, Param, Post, Query } from '@nestjs/common';
class NewCat { name!: string; age?: number }
interface Cat { id: string; tags: string[] }
@Controller('cats')
export class CatsController {
  readonly #cats = new Map<string, Cat>();
  /** One cat. */
  @Get(':id')
  async find(@Param('id') id: string, @Query('verbose') verbose?: string): Promise<Cat> {
    const cat = this.#cats.get(id);
    if (!cat || verbose) throw new NotFoundException('no such cat');
    return cat;
  }
  @Post() @HttpCode(202)
  async add(@Body() cat: NewCat): Promise<void> { this.#cats.set(cat.name, { id: cat.name, tags: [] }); }
}
""",
}
READ = """\
GET /api/users/{id} | 200 { id: number; role: "admin" | "user" } | 404 { error: string }
POST /cats < NewCat | 202
GET /cats/{id} One cat. ?verbose | 200 Cat | 404 { statusCode?: number; message?: unknown; error?: string }
POST /items < { name: string } | 201 { ok: boolean } | 400 unknown
GET /items/{id} ?page | 200 { id: number; name: string }
POST /orders < NewOrder | 201 Order
GET /orders/{id} An order by its id. | 200 Order | 404 { error: string }"""
USE = """
import { client, RequestFailed } from './client.ts';
const api = client(process.argv[2] as string, { headers: { 'x-test': '1' } });
const { id, version } = await api.postTasks({ body: { title: 'one & two' } });
const changed = await api.putTasksById({ path: { id }, body: { title: 'two', done: true, version } });
const page = await api.getTasks({ query: { after: id - 1, limit: 1 } });
await api.deleteTasksById({ path: { id } });
const failed: unknown = await api.getTasksById({ path: { id } }).catch((error: unknown) => error);
const status = failed instanceof RequestFailed ? [failed.status, failed.body] : failed;
// @ts-expect-error: the title is a text
const wrong = api.postTasks({ body: { title: 1 } }).catch((error: unknown) => (error as RequestFailed).status);
console.log(JSON.stringify([changed.title, page.map((task) => task.done), status, await wrong, await api.getHealth()]));
"""


def krepis(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True)


def described(folder: Path, *options: str) -> dict[str, Any]:
    done = krepis("docs", "--format", "openapi", *options, cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    made: dict[str, Any] = json.loads(done.stdout)
    openapi_spec_validator.validate(made)
    return made


def test_the_document_of_every_template_is_valid_and_says_what_is_answered(workshop: Workshop) -> None:
    for name in NAMES:
        folder = workshop.folder / name
        found = selected(find_settings(folder), (), folder)
        made = document(read(folder, found.files, workshop.node), name, "1", {})
        openapi_spec_validator.validate(made)
        assert made["paths"]["/health"]["get"]["responses"].keys() == {"200"} and len(made["paths"]) >= 2
        operations = [operation for path in made["paths"].values() for operation in path.values()]
        assert [one["operationId"] for one in operations if "default" in one["responses"]] == []
        if name == "upload":  # a file of any type, JSON too, is whatever it is
            assert made["paths"]["/files/{name}"]["get"]["responses"]["200"]["content"] == {"*/*": {"schema": {}}}


@pytest.mark.parametrize("name", ASKED)
def test_nothing_is_answered_that_is_not_documented(workshop: Workshop, name: str) -> None:
    folder = workshop.folder / name
    with workshop.serving(folder, "--log", "none") as address:
        deadline = time.monotonic() + 240
        while True:  # the first request begins to make it
            status, text = _asked(f"{address}/docs/openapi.json")
            if status != 503 or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        assert status == 200, text
        made = json.loads(text)
        operations = [operation for path in made["paths"].values() for operation in path.values()]
        verdicts = {operation.get("x-krepis-verification", {}).get("status") for operation in operations}
        assert "verified" in verdicts and verdicts <= {"verified", "bounded", None}
        assert "<h1>" in _asked(f"{address}/docs")[1]
        phases, most = ("coverage,fuzzing", SOAK) if SOAK else ("fuzzing", 8)
        command = [
            str(Path(COMMAND[0]).with_name("schemathesis")), "run", ".krepis/docs/openapi.json", "--url", address,
            "--checks", CHECKS, "--phases", phases, "--max-examples", str(most), "--no-color",
            "--generation-database", "none", "--exclude-path-regex", "^/events$" if name == "sse" else "^$",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
        if name == "crud":
            _use_client(workshop, folder, address)


def _asked(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def _use_client(workshop: Workshop, folder: Path, address: str) -> None:
    assert krepis("docs", "--client", "typescript", "--output", "test/client.ts", cwd=folder).returncode == 0
    use = folder / "test/use.ts"
    use.write_text(USE)
    try:
        assert workshop.types(folder) == ""
        done = workshop.run(str(use), address, cwd=folder)
        assert json.loads(done.stdout or done.stderr) == ["two", [True], [404, "no such task"], 422, "ok"]
    finally:
        use.unlink()
        (folder / "test/client.ts").unlink()


def test_a_race_is_told_where_the_operation_is(workshop: Workshop) -> None:
    race = {
        "    this.#last += 1;\n": "    const last = this.#last;\n    await fetch('https://log.example/');\n"
        "    this.#last = last + 1;\n",
        "  add(title: string, text: string): Note {": "  async add(title: string, text: string) {",
    }
    with workshop.copy("rest", "src/notes.ts", race) as folder:
        verdicts = {
            f"{method} {path}": operation.get("x-krepis-verification")
            for path, operations in described(folder)["paths"].items()
            for method, operation in operations.items()
        }
    assert verdicts["post /notes"]["status"] == "failed" and verdicts["get /notes"]["status"] == "verified"
    assert verdicts["post /notes"]["findings"][0]["file"] == "src/notes.ts" and verdicts["get /health"] is None


@pytest.mark.parametrize("compiler", ["typescript", "typescript5"])
def test_other_frameworks_are_read_with_either_compiler(workshop: Workshop, compiler: str) -> None:
    folder = workshop.folder / f"frameworks-{compiler}"
    for name, text in FRAMEWORK.items():
        (folder / "src").mkdir(parents=True, exist_ok=True)
        (folder / "src" / name).write_text(text)
    settings = {
        "strict": True,
        "module": "nodenext",
        "target": "es2023",
        "experimentalDecorators": True,
        "skipLibCheck": True,
    }
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": settings, "include": ["src"]}))
    (folder / "package.json").write_text('{"name": "frameworks", "type": "module"}')
    (folder / "node_modules").mkdir(exist_ok=True)
    if not (folder / "node_modules/typescript").exists():
        (folder / "node_modules/typescript").symlink_to(workshop.folder / "node_modules" / compiler)
    lines = []
    for path, operations in described(folder, "--no-verify")["paths"].items():
        for method, one in operations.items():
            head = [f"{method.upper()} {path}", one.get("summary", "")]
            head += [f"?{parameter['name']}" for parameter in one.get("parameters", ()) if parameter["in"] == "query"]
            if "requestBody" in one:
                head.append("< " + type_of(one["requestBody"]["content"]["application/json"]["schema"]))
            answers = [
                " ".join([status, *(type_of(content["schema"]) for content in response.get("content", {}).values())])
                for status, response in one["responses"].items()
            ]
            lines.append(" | ".join([" ".join(part for part in head if part), *answers]))
    assert "\n".join(lines) == READ


def test_texts_of_a_program_never_become_markup() -> None:
    hostile = "</script><img src=x onerror=alert(1)>|`*/"
    route = Route(
        "krepis", "post", f"/{hostile}", hostile, 1, hostile, hostile, hostile, False, (hostile,), {},
        (Answer("200", (hostile,), (), (("application/json", ({"enum": [hostile]},)),)),),
        {"properties": {hostile: {"description": hostile}}}, {"properties": {hostile: {}}},
    )  # fmt: skip
    made = document(Api((route,), {}), hostile, hostile, {})
    page = site(made, {}, "1")
    assert page.count("<script>") == 1 and page.count("</script>") == 1 and "<img" not in page
    assert markdown(made).startswith("# ")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--format", "html", "--client", "typescript"), 2, "--format prints"),
        ((), 3, "TypeScript is not installed"),
    ],
)
def test_a_mistake_is_told_without_a_trace(tmp_path: Path, arguments: tuple[str, ...], status: int, said: str) -> None:
    (tmp_path / "app.ts").write_text("export const a = 1;\n")
    done = krepis("docs", *arguments, cwd=tmp_path)
    assert done.returncode == status and said in done.stderr and "Traceback" not in done.stderr


def test_a_program_without_routes_is_none_to_document(workshop: Workshop) -> None:
    folder = workshop.folder / "nothing"
    (folder / "src").mkdir(parents=True, exist_ok=True)
    (folder / "src/a.ts").write_text("export const a = 1;\n")
    (folder / "tsconfig.json").write_text("{}")
    done = krepis("docs", cwd=folder)
    assert done.returncode == 1 and "no route of the" in done.stderr
