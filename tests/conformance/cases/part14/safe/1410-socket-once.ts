import { WebSocket } from 'ws';
let socket: WebSocket | null = null;
let opening: Promise<WebSocket> | null = null;
export async function connect(url: string): Promise<WebSocket> {
  if (socket && socket.readyState === WebSocket.OPEN) return socket;
  opening ??= new Promise<WebSocket>((res, rej) => {
    const ws = new WebSocket(url);
    ws.once('open', () => { socket = ws; opening = null; res(ws); });
    ws.once('error', (e) => { opening = null; rej(e); });
  });
  return opening;
}
