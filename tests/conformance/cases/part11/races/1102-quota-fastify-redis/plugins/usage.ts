// pattern: Fastify plugin and node-redis: the month's usage is read as JSON, added to, and stored again
import fp from 'fastify-plugin';
import { createClient } from 'redis';

interface Usage {
  tokens: number;
  calls: number;
}

declare module 'fastify' {
  interface FastifyInstance {
    usage: UsageMeter;
  }
}

export class UsageMeter {
  constructor(private readonly client: ReturnType<typeof createClient>) {}

  private key(org: string) {
    const now = new Date();
    return `usage:${org}:${now.getUTCFullYear()}-${now.getUTCMonth() + 1}`;
  }

  async charge(org: string, tokens: number, limit: number): Promise<boolean> {
    const key = this.key(org);
    const raw = await this.client.get(key);
    const usage: Usage = raw ? JSON.parse(raw) : { tokens: 0, calls: 0 };
    if (usage.tokens + tokens > limit) return false;
    usage.tokens += tokens;
    usage.calls += 1;
    await this.client.set(key, JSON.stringify(usage), { EX: 40 * 86400 }); // RACE: lost-update
    return true;
  }
}

export default fp(async (app) => {
  const client = createClient({ url: process.env.REDIS_URL });
  await client.connect();
  app.decorate('usage', new UsageMeter(client));
  app.addHook('onClose', async () => client.quit());
});
