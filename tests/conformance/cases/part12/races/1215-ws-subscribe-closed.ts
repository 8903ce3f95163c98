import { WebSocketServer, WebSocket } from 'ws';
import { authorize } from './auth';

const topics = new Map<string, Set<WebSocket>>();

function leaveAll(socket: WebSocket): void {
  for (const [name, members] of topics) {
    members.delete(socket);
    if (members.size === 0) topics.delete(name);
  }
}

export function publish(topic: string, message: unknown): void {
  const text = JSON.stringify(message);
  for (const socket of topics.get(topic) ?? []) socket.send(text);
}

export function listen(port: number): WebSocketServer {
  const wss = new WebSocketServer({ port });
  wss.on('connection', (socket) => {
    socket.on('message', async (data) => {
      const { topic, token } = JSON.parse(data.toString());
      if (!(await authorize(token, topic))) {
        socket.close(4403, 'forbidden');
        return;
      }
      const members = topics.get(topic) ?? new Set<WebSocket>();
      members.add(socket); // RACE: order-violation
      topics.set(topic, members); // RACE: order-violation
    });
    socket.on('close', () => leaveAll(socket));
  });
  return wss;
}
