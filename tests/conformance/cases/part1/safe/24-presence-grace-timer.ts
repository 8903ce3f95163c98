// pattern: grace timer tests again that the session is still the same one and still empty
import type { EventEmitter } from 'node:events';

interface Session {
  sockets: Set<string>;
}

const GRACE_MS = 5_000;

export class Presence {
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly bus: EventEmitter) {}

  connected(userId: string, socketId: string): void {
    let session = this.sessions.get(userId);
    if (!session) {
      session = { sockets: new Set() };
      this.sessions.set(userId, session);
    }
    session.sockets.add(socketId);
  }

  disconnected(userId: string, socketId: string): void {
    const session = this.sessions.get(userId);
    if (!session?.sockets.delete(socketId)) return;
    if (session.sockets.size > 0) return;
    setTimeout(() => {
      if (session.sockets.size > 0 || this.sessions.get(userId) !== session) return;
      this.sessions.delete(userId);
      this.bus.emit('offline', userId);
    }, GRACE_MS);
  }
}
