/** Ports that something listens on already. */

import { readFileSync } from 'node:fs';

/** Whether a socket listens at a port, on an address that would get the same connections. */
export function taken(port: number, address: string): boolean {
  const wildcard = address === '0.0.0.0' || address === '::';
  const own = hexOf(address);
  return ['/proc/net/tcp', '/proc/net/tcp6'].some((table) => {
    let text = '';
    try {
      text = readFileSync(table, 'utf8');
    } catch {
      return false; // not Linux, or no IPv6: the system's own check has to do
    }
    return text.split('\n').some((row) => {
      const [, local, , state] = row.trim().split(/\s+/);
      const [host, at] = local?.split(':') ?? [];
      if (state !== '0A' || host === undefined || Number.parseInt(at ?? '', 16) !== port) return false;
      return wildcard || /^0+$/.test(host) || own === undefined || host === own;
    });
  });
}

/** An IPv4 address as the tables have it. */
function hexOf(address: string): string | undefined {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4) return undefined;
  return parts
    .reverse()
    .map((part) => part.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}
