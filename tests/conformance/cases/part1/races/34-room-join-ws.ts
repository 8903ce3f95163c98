// pattern: two first members both miss the room, load its topic, and the second room replaces the first
import { WebSocketServer, type WebSocket } from 'ws';
import { topics } from './topics';

interface Room {
  topic: string;
  members: Set<WebSocket>;
}

const rooms = new Map<string, Room>();

export function attach(wss: WebSocketServer): void {
  wss.on('connection', (socket) => {
    socket.on('message', async (raw) => {
      const message = JSON.parse(raw.toString()) as { type: string; room: string };
      if (message.type !== 'join') return;
      let room = rooms.get(message.room);
      if (!room) {
        const topic = await topics.load(message.room);
        room = { topic, members: new Set() };
        rooms.set(message.room, room); // RACE: check-then-act
      }
      room.members.add(socket);
      socket.send(JSON.stringify({ type: 'joined', topic: room.topic }));
    });
  });
}

export const broadcast = (name: string, text: string) =>
  rooms.get(name)?.members.forEach((member) => member.send(text));
