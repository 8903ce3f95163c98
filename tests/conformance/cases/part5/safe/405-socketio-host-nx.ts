import Redis from 'ioredis';
import { Server, type Socket } from 'socket.io';

const redis = new Redis();

export function attach(io: Server): void {
  io.on('connection', (socket: Socket) => {
    socket.on('join', async (code: string, userId: string) => {
      const won = await redis.set(`room:${code}:host`, userId, 'EX', 3600, 'NX');
      await socket.join(code);
      if (won === 'OK') io.to(code).emit('host', userId);
    });
    socket.on('disconnecting', () => {
      for (const room of socket.rooms) socket.to(room).emit('left', socket.id);
    });
  });
}
