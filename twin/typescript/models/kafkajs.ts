// kafkajs: the messages of a partition come one at a time, those of several only if the consumer says so.
import { effect, fresh, handler, io } from 'krepis:model';

const connected = () => io('kafka.connect', () => effect('connect to Kafka', fresh('connection')));

class Consumer {
  constructor({ groupId }) {
    this.groupId = groupId;
  }

  connect() {
    return connected();
  }

  async disconnect() {}

  async stop() {}

  async subscribe(topics) {}

  async commitOffsets(offsets) {}

  async run({ eachMessage, eachBatch, partitionsConsumedConcurrently }) {
    const alone = (partitionsConsumedConcurrently ?? 1) === 1 ? ', one at a time' : '';
    if (eachMessage !== undefined) handler(`message of ${this.groupId}`, eachMessage, alone);
    if (eachBatch !== undefined) handler(`batch of ${this.groupId}`, eachBatch, alone);
  }

  seek() {}

  pause() {}

  resume() {}

  on() {
    return () => {};
  }
}

class Producer {
  connect() {
    return connected();
  }

  async disconnect() {}

  send(record) {
    return io('kafka.send', () => {
      effect('kafka.send', record);
      return [{ baseOffset: fresh('offset') }];
    });
  }

  sendBatch(batch) {
    return this.send(batch);
  }

  async transaction() {
    return new Transaction();
  }
}

class Transaction extends Producer {
  async sendOffsets(offsets) {}

  async commit() {}

  async abort() {}
}

export class Kafka {
  constructor(config) {}

  consumer(options) {
    return new Consumer(options);
  }

  producer() {
    return new Producer();
  }
}

export const logLevel = { NOTHING: 0, ERROR: 1, WARN: 2, INFO: 4, DEBUG: 5 };
export const CompressionTypes = { None: 0, GZIP: 1 };
