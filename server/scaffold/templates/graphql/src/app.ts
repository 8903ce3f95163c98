import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { buildSchema, graphql } from 'graphql';
import { HttpError, krepis, t } from 'krepis';
import { Resolvers } from './resolvers.ts';

const DEPTH_MAX = 6;
const Query = t.object({ query: t.string({ max: 10_000 }), variables: t.optional(t.any()) });

/** How deep braces are nested: books of authors of books of authors are many. */
function depth(query: string): number {
  let deepest = 0;
  let now = 0;
  for (const character of query) {
    if (character === '{') now += 1;
    if (character === '}') now -= 1;
    deepest = Math.max(deepest, now);
  }
  return deepest;
}

export function application(db: DatabaseSync) {
  const file = join(import.meta.dirname, 'schema.graphql');
  const schema = buildSchema(readFileSync(file, 'utf8'));
  const app = krepis().provide('resolvers', () => new Resolvers(db));

  app.post('/graphql', { body: Query }, async (request, { resolvers }) => {
    const { query, variables } = request.valid.body;
    if (depth(query) > DEPTH_MAX) throw new HttpError(400, `nested deeper than ${DEPTH_MAX}`);
    const variableValues = typeof variables === 'object' ? (variables as Record<string, unknown> | null) : null;
    return graphql({ schema, source: query, rootValue: resolvers, variableValues });
  });

  app.get('/schema.graphql', () => readFileSync(file, 'utf8'));

  app.fixed('GET', '/health', 'ok');
  return app;
}
