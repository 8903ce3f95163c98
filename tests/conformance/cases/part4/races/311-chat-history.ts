// pattern: ws message handler awaits moderation between copying the history and storing it
import { WebSocketServer, type WebSocket } from 'ws';
import { moderate } from './moderation';

const history: Record<string, string[]> = {};

export function serve(port: number): WebSocketServer {
  const wss = new WebSocketServer({ port });
  wss.on('connection', (ws: WebSocket) => {
    ws.on('message', async (data) => {
      const { room, text } = JSON.parse(data.toString());
      const before = history[room] ?? [];
      const clean = await moderate(text);
      history[room] = [...before, clean].slice(-50); // RACE: lost-update
      for (const client of wss.clients) client.send(clean);
    });
  });
  return wss;
}
