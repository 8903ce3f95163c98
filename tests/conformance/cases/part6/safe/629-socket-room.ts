import { Server } from 'socket.io';
import { authorise } from './auth';

const seats = new Map<string, number>();

export function attach(io: Server): void {
  io.on('connection', (socket) => {
    socket.on('join', async (room: string, ack: (ok: boolean) => void) => {
      await authorise(socket.id, room);
      const taken = seats.get(room) ?? 0;
      if (taken >= 4) return ack(false);
      seats.set(room, taken + 1);
      socket.join(room);
      ack(true);
    });
  });
}
