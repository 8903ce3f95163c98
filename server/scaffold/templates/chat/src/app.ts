import { HttpError, krepis } from 'krepis';
import { type Message, Rooms } from './rooms.ts';

const TEXT_MAX = 2000;

export function application() {
  const rooms = new Rooms();
  const app = krepis();

  app.get('/rooms/:room/messages', (request) => rooms.history(request.params.room));

  app.ws('/rooms/:room', {
    upgrade: (request) => {
      const name = request.query.get('name') ?? '';
      if (!/^[\w -]{1,40}$/.test(name)) throw new HttpError(400, 'name must have 1 to 40 letters or digits');
      return { room: request.params.room, name };
    },
    open: (socket) => {
      for (const message of rooms.history(socket.data.room)) socket.send(JSON.stringify(message));
      socket.subscribe(socket.data.room);
    },
    message: (socket, text) => {
      if (typeof text !== 'string' || text.length > TEXT_MAX) return socket.close(1008);
      const { room, name } = socket.data;
      const message: Message = { name, text, at: new Date().toISOString() };
      rooms.add(room, message);
      app.publish(room, JSON.stringify(message));
    },
  });

  app.fixed('GET', '/health', 'ok');
  return app;
}
