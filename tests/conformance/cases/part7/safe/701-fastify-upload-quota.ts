// pattern: reserved in the tick of the check, given back when the scan refuses or fails
import type { FastifyPluginAsync } from 'fastify';
import fp from 'fastify-plugin';

interface UploadOptions {
  maxBytes: number;
  scan: (file: Buffer) => Promise<{ clean: boolean }>;
}

const uploads: FastifyPluginAsync<UploadOptions> = async (app, { maxBytes, scan }) => {
  const used = new Map<string, number>();
  const change = (tenant: string, by: number) => used.set(tenant, (used.get(tenant) ?? 0) + by);

  app.get('/usage/:tenant', async (request) => {
    const { tenant } = request.params as { tenant: string };
    return { bytes: used.get(tenant) ?? 0 };
  });

  app.post('/upload/:tenant', async (request, reply) => {
    const { tenant } = request.params as { tenant: string };
    const body = request.body as Buffer;
    if ((used.get(tenant) ?? 0) + body.length > maxBytes) return reply.code(413).send({ error: 'quota' });
    change(tenant, body.length);
    let kept = false;
    try {
      kept = (await scan(body)).clean;
    } finally {
      if (!kept) change(tenant, -body.length);
    }
    return kept ? reply.code(201).send({ stored: true }) : reply.code(422).send({ error: 'infected' });
  });
};

export default fp(uploads, { name: 'uploads' });
