import { Server, type Socket } from 'socket.io';
import { profiles } from './profiles';

interface Room {
  host: string | null;
  guests: string[];
}

const rooms = new Map<string, Room>();

export function attach(io: Server): void {
  io.on('connection', (socket: Socket) => {
    socket.on('join', async (code: string, userId: string) => {
      let room = rooms.get(code);
      if (!room) {
        room = { host: null, guests: [] };
        rooms.set(code, room);
      }
      if (room.host === null) {
        const profile = await profiles.load(userId);
        room.host = profile.id; // RACE: check-then-act
        io.to(code).emit('host', profile.id);
      } else {
        room.guests.push(userId);
      }
      await socket.join(code);
    });
  });
}
