// ws: messages and connections are entry points; sending, and connecting to a server, is an effect.
import { effect, handler, io } from 'krepis:model';

export class WebSocket {
  constructor(url, options) {
    this.readyState = url === undefined ? 1 : 0;
    if (url === undefined) return;
    effect('socket.open', url);
    this.opened = io('socket open', () => {
      this.readyState = 1;
    });
  }

  on(event, listener) {
    if (event === 'open' && this.opened !== undefined) this.opened.then(listener, () => {});
    else handler(`socket ${event}`, listener);
    return this;
  }

  once(event, listener) {
    return this.on(event, listener);
  }

  addEventListener(event, listener) {
    return this.on(event, listener);
  }

  send(data, done) {
    effect('socket.send', data);
    if (typeof done === 'function') done();
  }

  close() {}

  terminate() {}

  ping() {}
}

WebSocket.CONNECTING = 0;
WebSocket.OPEN = 1;
WebSocket.CLOSING = 2;
WebSocket.CLOSED = 3;

export class WebSocketServer {
  constructor(options, done) {
    this.clients = new Set<WebSocket>();
  }

  on(event, listener) {
    handler(`socket server ${event}`, listener);
    return this;
  }

  handleUpgrade() {}

  emit() {}

  close() {}
}

WebSocket.Server = WebSocketServer;

export const Server = WebSocketServer;

export default WebSocket;
