// pattern: the replica is marked before anything is awaited, and unmarked when too few would be left
import { orchestrator } from './orchestrator';

export interface Replica {
  readonly name: string;
  serving: boolean;
}

const a: Replica = { name: 'a', serving: true };
const b: Replica = { name: 'b', serving: true };

async function drain(own: Replica, other: Replica): Promise<boolean> {
  if (!other.serving) return false;
  own.serving = false;
  await orchestrator.moveTraffic(own.name);
  return true;
}

export const drainA = (): Promise<boolean> => drain(a, b);
export const drainB = (): Promise<boolean> => drain(b, a);
