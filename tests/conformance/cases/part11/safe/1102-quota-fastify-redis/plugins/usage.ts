// pattern: HINCRBY on a hash, the answer decides, and what was too much is given back
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
    const total = await this.client.hIncrBy(key, 'tokens', tokens);
    if (total > limit) {
      await this.client.hIncrBy(key, 'tokens', -tokens);
      return false;
    }
    await this.client.hIncrBy(key, 'calls', 1);
    return true;
  }
}

export default fp(async (app) => {
  const client = createClient({ url: process.env.REDIS_URL });
  await client.connect();
  app.decorate('usage', new UsageMeter(client));
  app.addHook('onClose', async () => client.quit());
});
