// socket.io: connections and their events are entry points; emitting is an effect.
import { effect, handler } from 'krepis:model';

class Emitter {
  emit(event, ...data) {
    effect(`emit ${event}`, ...data);
    return true;
  }

  to() {
    return this;
  }

  in() {
    return this;
  }

  except() {
    return this;
  }

  async fetchSockets() {
    return [];
  }
}

export class Socket extends Emitter {
  constructor(data) {
    super();
    this.broadcast = new Emitter();
    this.data = undefined;
    this.id = undefined;
    this.handshake = undefined;
    this.request = undefined;
    this.rooms = undefined;
    this.connected = undefined;
  }

  on(event, listener) {
    handler(`socket ${event}`, listener);
    return this;
  }

  once(event, listener) {
    return this.on(event, listener);
  }

  use() {
    return this;
  }

  join() {}

  leave() {}

  disconnect() {}
}

export class Namespace extends Emitter {
  on(event, listener) {
    handler(`socket ${event}`, listener);
    return this;
  }

  use() {
    return this;
  }
}

export class Server extends Namespace {
  constructor(...options) {
    super();
    this.sockets = new Namespace();
  }

  of() {
    return new Namespace();
  }

  listen() {
    return this;
  }

  attach() {
    return this;
  }

  close() {}
}

export default Server;
