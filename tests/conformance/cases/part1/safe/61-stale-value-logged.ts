// pattern: value read before the await is only logged; the write reads again; last-seen time is a whole value
import { logger } from './logger';
import type { Meter } from './meter';

interface Usage {
  kwh: number;
  lastSeen: number;
}

const usage = new Map<string, Usage>();

function usageOf(household: string): Usage {
  let entry = usage.get(household);
  if (!entry) usage.set(household, (entry = { kwh: 0, lastSeen: 0 }));
  return entry;
}

export async function readMeter(household: string, meter: Meter): Promise<void> {
  const before = usageOf(household).kwh;
  const delta = await meter.takeReading(household);
  const entry = usageOf(household);
  entry.kwh += delta;
  entry.lastSeen = Date.now();
  logger.debug(`household ${household}: was ${before} before the reading`);
}
