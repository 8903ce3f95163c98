// pattern: disconnect: last seen is stored first, then the user is taken off line although a newer socket has taken over
import type { Server, Socket } from 'socket.io';
import { profiles } from './profiles';

type UserId = string;

const online = new Map<UserId, { socket: string; since: number }>();

export function presence(io: Server): void {
  io.on('connection', (socket: Socket) => {
    const user: UserId = socket.handshake.auth.user;

    socket.on('hello', () => {
      online.set(user, { socket: socket.id, since: Date.now() });
      io.emit('online', user);
    });

    socket.on('disconnect', async () => {
      if (online.get(user)?.socket !== socket.id) return;
      await profiles.lastSeen(user, new Date());
      online.delete(user); // RACE: order-violation
      io.emit('offline', user);
    });
  });
}

export const isOnline = (user: UserId): boolean => online.has(user);
