// pattern: WeakMap keyed by the request: read, awaited and written by the one request that owns the entry
import type { FastifyReply, FastifyRequest } from 'fastify';
import { accounts, type Account } from './accounts';

interface Timing {
  queries: number;
  account?: Account;
}

const timings = new WeakMap<FastifyRequest, Timing>();

export async function onRequest(request: FastifyRequest): Promise<void> {
  timings.set(request, { queries: 0 });
}

export async function preHandler(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const timing = timings.get(request) ?? { queries: 0 };
  const account = await accounts.byToken(request.headers.authorization ?? '');
  timings.set(request, { ...timing, account, queries: timing.queries + 1 });
  if (!account) await reply.code(401).send();
}

export async function onResponse(request: FastifyRequest): Promise<void> {
  request.log.info({ queries: timings.get(request)?.queries }, 'done');
}
