"""Ways of handing a function to a framework: each makes it an entry point."""

from __future__ import annotations

from pathlib import Path

import pytest
from krepis.twin.typescript.entries import discover
from krepis.twin.typescript.program import Program

HANDLER = "async () => { await fetch('mark'); }"
FORMS = {
    "a route of a chain": "import e from 'express'; const a = e(); a.route('/x').get(() => {}).post(HANDLER);",
    "a route of a chain of what is made": "import { Hono } from 'hono';"
    "new Hono().get('/a', () => {}).post('/b', HANDLER);",
    "a route of a plugin": "import f from 'fastify'; f().register(async (app) => { app.post('/x', HANDLER); });",
    "a route in a table": "import f from 'fastify'; const a = f(); [{ handler: HANDLER }].forEach((r) => a.route(r));",
    "an asynchronous main": "import e from 'express'; import db from './db';"
    "async function main() { await db.connect(); e().post('/x', HANDLER); } main();",
    "a function that is called at once": "import e from 'express'; import db from './db';"
    "(async () => { await db.connect(); e().post('/x', HANDLER); })();",
    "what follows a connection": "import e from 'express'; import db from './db';"
    "db.connect().then(() => { e().post('/x', HANDLER); });",
    "an exported start": "import { connect } from './mq';"
    "export async function start() { const c = await connect(); await c.consume('q', HANDLER); }",
    "resolvers of a server": "import { Server } from 'graphql-server';"
    "new Server({ resolvers: { Mutation: { x: HANDLER } } });",
    "exported resolvers": "export const resolvers = { Mutation: { x: HANDLER } };",
    "a server of Bun": "Bun.serve({ fetch: HANDLER });",
    "a server of Deno": "Deno.serve(HANDLER);",
    "a service of gRPC": "import { Server } from 'grpc'; new Server().addService({}, { x: HANDLER });",
    "messages of Kafka": "import { Kafka } from 'kafkajs';"
    "new Kafka({}).consumer({ groupId: 'g' }).run({ eachMessage: HANDLER });",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_function_that_is_handed_over_is_an_entry_point(form: str, tmp_path: Path) -> None:
    file = tmp_path / "a.ts"
    file.write_text(FORMS[form].replace("HANDLER", HANDLER), encoding="utf-8")
    program = Program([str(file)], tmp_path)
    found = [e.code for e in discover(program, str(file))]
    innermost = [c for c in found if c.module.text[c.start : c.end].decode() == HANDLER]
    assert innermost, [c.name for c in found]
