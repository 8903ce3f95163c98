// pattern: two replicas are drained at once: each sees the other one serving, and none is left
import { orchestrator } from './orchestrator';

export interface Replica {
  readonly name: string;
  serving: boolean;
}

const a: Replica = { name: 'a', serving: true };
const b: Replica = { name: 'b', serving: true };

async function drain(own: Replica, other: Replica): Promise<boolean> {
  if (!other.serving) return false;
  await orchestrator.moveTraffic(own.name);
  own.serving = false; // RACE: write-skew
  return true;
}

export const drainA = (): Promise<boolean> => drain(a, b);
export const drainB = (): Promise<boolean> => drain(b, a);
