// bullmq: adding a job is an effect, a job id makes it one; a worker's processor is an entry point.
import { effect, fresh, handler, io, kv } from 'krepis:model';

const jobs = kv('bullmq');

export class Job {
  constructor(name, data, id) {
    this.name = name;
    this.data = data;
    this.id = id;
  }

  async updateProgress() {}

  async log() {}

  async remove() {}
}

export class Queue {
  constructor(name, options) {
    this.name = name;
  }

  add(name, data, options) {
    return io('queue.add', () => {
      const id = options?.jobId;
      if (id === undefined || jobs.setIf([this.name, id], name, false)) effect(`add a job to ${this.name}`, name, data);
      return new Job(name, data, id ?? fresh('job'));
    });
  }

  addBulk(entries) {
    return Promise.all(entries.map(({ name, data, opts }) => this.add(name, data, opts)));
  }

  async close() {}

  async obliterate() {}

  on() {
    return this;
  }
}

export class Worker {
  constructor(name, processor, options) {
    this.name = name;
    const several = (options?.concurrency ?? 1) !== 1;
    if (typeof processor === 'function') handler(`job of ${name}`, processor, several ? '' : ', one at a time');
  }

  on(event, listener) {
    return this;
  }

  async close() {}

  async run() {}
}

export class QueueEvents {
  constructor(name) {}

  on(event, listener) {
    return this;
  }

  async close() {}
}

export class FlowProducer {
  add(flow) {
    return io('flow.add', () => {
      effect(`add a job to ${flow.queueName}`, flow.name, flow.data);
      return { job: new Job(flow.name, flow.data, fresh('job')) };
    });
  }
}

export default Queue;
