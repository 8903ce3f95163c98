import { Server } from 'socket.io';
import { authorise } from './auth';

const seats = new Map<string, number>();

export function attach(io: Server): void {
  io.on('connection', (socket) => {
    socket.on('join', async (room: string, ack: (ok: boolean) => void) => {
      const taken = seats.get(room) ?? 0;
      if (taken >= 4) return ack(false);
      await authorise(socket.id, room);
      seats.set(room, taken + 1); // RACE: lost-update
      socket.join(room);
      ack(true);
    });
  });
}
