// pattern: Fastify plugin, plugin-scoped Map: usage read, scan awaited, sum written back
import type { FastifyPluginAsync } from 'fastify';
import fp from 'fastify-plugin';

interface UploadOptions {
  maxBytes: number;
  scan: (file: Buffer) => Promise<{ clean: boolean }>;
}

const uploads: FastifyPluginAsync<UploadOptions> = async (app, { maxBytes, scan }) => {
  const used = new Map<string, number>();

  app.get('/usage/:tenant', async (request) => {
    const { tenant } = request.params as { tenant: string };
    return { bytes: used.get(tenant) ?? 0 };
  });

  app.post('/upload/:tenant', async (request, reply) => {
    const { tenant } = request.params as { tenant: string };
    const body = request.body as Buffer;
    const before = used.get(tenant) ?? 0;
    if (before + body.length > maxBytes) return reply.code(413).send({ error: 'quota' });
    const { clean } = await scan(body);
    if (!clean) return reply.code(422).send({ error: 'infected' });
    used.set(tenant, before + body.length); // RACE: lost-update
    return reply.code(201).send({ bytes: before + body.length });
  });
};

export default fp(uploads, { name: 'uploads' });
