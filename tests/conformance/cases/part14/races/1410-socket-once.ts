import { Server } from 'http';
import { WebSocket } from 'ws';
let socket: WebSocket | null = null;
export async function connect(url: string): Promise<WebSocket> {
  if (socket && socket.readyState === WebSocket.OPEN) return socket;
  const ws = new WebSocket(url);
  await new Promise((res, rej) => { ws.once('open', res); ws.once('error', rej); });
  socket = ws; // RACE: init-race
  return ws;
}
