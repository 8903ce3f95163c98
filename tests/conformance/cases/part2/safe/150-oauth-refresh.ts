// pattern: one refresh in flight per connection: the promise is stored in the tick of the look-up
import { prisma } from './prisma';
import { oauth } from './oauth-client';

const SKEW_MS = 30_000;

export class ConnectionTokens {
  private readonly pending = new Map<string, Promise<string>>();

  accessToken(connectionId: string): Promise<string> {
    const running = this.pending.get(connectionId);
    if (running) return running;
    const started = this.load(connectionId).finally(() => this.pending.delete(connectionId));
    this.pending.set(connectionId, started);
    return started;
  }

  private async load(connectionId: string): Promise<string> {
    const connection = await prisma.connection.findUniqueOrThrow({ where: { id: connectionId } });
    if (connection.expiresAt.getTime() - SKEW_MS > Date.now()) {
      return connection.accessToken;
    }
    const fresh = await oauth.refresh(connection.refreshToken);
    await prisma.connection.update({
      where: { id: connectionId },
      data: {
        accessToken: fresh.access_token,
        refreshToken: fresh.refresh_token,
        expiresAt: new Date(Date.now() + fresh.expires_in * 1000),
      },
    });
    return fresh.access_token;
  }
}
