// pattern: topic loaded first, then the room is looked up or made and joined in one tick
import { WebSocketServer, type WebSocket } from 'ws';
import { topics } from './topics';

interface Room {
  topic: string;
  members: Set<WebSocket>;
}

const rooms = new Map<string, Room>();

function roomOf(name: string, topic: string): Room {
  const known = rooms.get(name);
  if (known) return known;
  const made: Room = { topic, members: new Set() };
  rooms.set(name, made);
  return made;
}

export function attach(wss: WebSocketServer): void {
  wss.on('connection', (socket) => {
    socket.on('message', async (raw) => {
      const message = JSON.parse(raw.toString()) as { type: string; room: string };
      if (message.type !== 'join') return;
      const topic = await topics.load(message.room);
      const room = roomOf(message.room, topic);
      room.members.add(socket);
      socket.send(JSON.stringify({ type: 'joined', topic: room.topic }));
    });
  });
}
