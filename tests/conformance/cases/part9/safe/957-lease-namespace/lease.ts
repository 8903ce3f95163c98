// pattern: the lease is taken in the tick that finds it expired, then announced
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
    leases[resource] = { owner: node, until: Date.now() + ms };
    await cluster.announceLeader(resource, node);
    return true;
  }

  export const ownerOf = (resource: string) => leases[resource]?.owner;
}
