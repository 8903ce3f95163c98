// pattern: leader election in memory: an expired lease is found, the candidate announced, then the lease taken
import { cluster } from './cluster';

export namespace Leases {
  interface Lease {
    owner: string;
    until: number;
  }

  const leases: { [resource: string]: Lease | undefined } = {};

  const live = (lease: Lease | undefined): lease is Lease => lease !== undefined && lease.until > Date.now();

  export async function acquire(resource: string, node: string, ms: number): Promise<boolean> {
    if (live(leases[resource])) return false;
    await cluster.announceLeader(resource, node);
    leases[resource] = { owner: node, until: Date.now() + ms }; // RACE: check-then-act
    return true;
  }

  export const ownerOf = (resource: string) => leases[resource]?.owner;
}
