// pattern: template method in a base class adds the fetched delta in one step
abstract class Poller {
  protected total = 0;

  protected abstract fetchDelta(): Promise<number>;

  async poll(): Promise<void> {
    const delta = await this.fetchDelta();
    this.total += delta;
  }

  every(ms: number): NodeJS.Timeout {
    return setInterval(() => void this.poll().catch(console.error), ms);
  }
}

class VisitorPoller extends Poller {
  protected async fetchDelta(): Promise<number> {
    const response = await fetch('http://gate.local/visitors/new');
    const { count } = (await response.json()) as { count: number };
    return count;
  }

  get visitors(): number {
    return this.total;
  }
}

const poller = new VisitorPoller();
poller.every(1000);

export const pollNow = () => poller.poll();
export const visitors = () => poller.visitors;
