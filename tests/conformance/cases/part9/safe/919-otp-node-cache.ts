// pattern: take() removes the code in the tick that looks it up
import NodeCache from 'node-cache';
import { randomInt } from 'node:crypto';
import { devices, sessions, sms } from './backend';

enum Outcome {
  Granted = 'granted',
  Refused = 'refused',
}

namespace Codes {
  const codes = new NodeCache({ stdTTL: 300 });

  export async function send(phone: string): Promise<void> {
    const code = String(randomInt(100_000, 999_999));
    codes.set(phone, code);
    await sms.send(phone, code);
  }

  export async function redeem(phone: string, code: string, device: string): Promise<Outcome> {
    const expected = codes.take<string>(phone);
    if (expected === undefined || expected !== code) return Outcome.Refused;
    if (!(await devices.trusted(phone, device))) return Outcome.Refused;
    await sessions.create(phone, device);
    return Outcome.Granted;
  }
}

export { Codes, Outcome };
