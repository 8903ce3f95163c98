// pattern: moderated first; the history is read and stored in one tick
import { WebSocketServer, type WebSocket } from 'ws';
import { moderate } from './moderation';

const history: Record<string, string[]> = {};

export function serve(port: number): WebSocketServer {
  const wss = new WebSocketServer({ port });
  wss.on('connection', (ws: WebSocket) => {
    ws.on('message', async (data) => {
      const { room, text } = JSON.parse(data.toString());
      const clean = await moderate(text);
      history[room] = [...(history[room] ?? []), clean].slice(-50);
      for (const client of wss.clients) client.send(clean);
    });
  });
  return wss;
}
