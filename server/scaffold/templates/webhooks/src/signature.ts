/** Signatures as payment providers make them: HMAC-SHA256 over the time and the body, in hexadecimal. */

import { createHmac, timingSafeEqual } from 'node:crypto';

export const AGE_MAX_S = 300;

export function sign(secret: string, seconds: number, body: string): string {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
}

/** Whether `header`, as in `t=1700000000,v1=5f...`, signs the body, and did so lately. */
export function isSigned(secret: string, header: string, body: string, now: number): boolean {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header);
  if (!match) return false;
  const seconds = Number(match[1]);
  if (Math.abs(now - seconds) > AGE_MAX_S) return false;
  return timingSafeEqual(Buffer.from(sign(secret, seconds, body)), Buffer.from(match[2] as string));
}
