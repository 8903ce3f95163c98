// pattern: the timer is cleared and replaced in one tick, after the record
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
    await activity.record(id);
    clearTimeout(this.timers[id]);
    this.arm(id);
  };

  private arm(id: string): void {
    this.timers[id] = setTimeout(() => {
      this.carts.delete(id);
      void mailer.sendAbandoned(id).catch(() => undefined);
    }, IDLE_MS);
  }
}

export const { open, touch } = new Sessions();
