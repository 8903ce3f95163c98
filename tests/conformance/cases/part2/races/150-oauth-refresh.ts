// pattern: expired token refreshed by two calls; the provider rotates refresh tokens, so the second one is refused
import { prisma } from './prisma';
import { oauth } from './oauth-client';

const SKEW_MS = 30_000;

export class ConnectionTokens {
  async accessToken(connectionId: string): Promise<string> {
    const connection = await prisma.connection.findUniqueOrThrow({ where: { id: connectionId } });
    if (connection.expiresAt.getTime() - SKEW_MS > Date.now()) {
      return connection.accessToken;
    }
    const fresh = await oauth.refresh(connection.refreshToken); // RACE: check-then-act
    await prisma.connection.update({ // RACE: check-then-act
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
