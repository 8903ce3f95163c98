// pattern: the expiry timer is fetched, the touch is recorded remotely, then the fetched timer is replaced: another touch's timer is orphaned
import { activity, mailer } from './services';

const IDLE_MS = 15 * 60_000;

class Sessions {
  private readonly timers: { [id: string]: NodeJS.Timeout | undefined } = {};
  private readonly carts = new Map<string, string[]>();

  open = (id: string): void => {
    this.carts.set(id, []);
    this.arm(id);
  };

  touch = async (id: string): Promise<void> => {
    const timer = this.timers[id];
    await activity.record(id);
    clearTimeout(timer);
    this.arm(id); // RACE: order-violation
  };

  private arm(id: string): void {
    this.timers[id] = setTimeout(() => {
      this.carts.delete(id);
      void mailer.sendAbandoned(id).catch(() => undefined);
    }, IDLE_MS);
  }
}

export const { open, touch } = new Sessions();
