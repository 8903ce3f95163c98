// pattern: idle timer ends a call session although the caller resumed it while the recording was being stopped
interface Call {
  id: string;
  active: boolean;
  lastSeen: number;
}

export class CallCenter {
  private readonly calls = new Map<string, Call>();

  constructor(private readonly recorder: { stop(id: string): Promise<void> }) {}

  start(id: string): void {
    this.calls.set(id, { id, active: true, lastSeen: Date.now() });
  }

  resume(id: string): boolean {
    const call = this.calls.get(id);
    if (!call) return false;
    call.active = true;
    call.lastSeen = Date.now();
    return true;
  }

  hold(id: string): void {
    const call = this.calls.get(id);
    if (call) call.active = false;
  }

  async reap(id: string): Promise<void> {
    const call = this.calls.get(id);
    if (!call || call.active) return;
    await this.recorder.stop(id);
    this.calls.delete(id); // RACE: order-violation
  }
}
