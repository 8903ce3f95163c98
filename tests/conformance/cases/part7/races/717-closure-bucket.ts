// pattern: closure: tokens copied, plan awaited, copy minus one stored
interface Plan {
  perSecond: number;
  burst: number;
}

export const createBucket = (planOf: (client: string) => Promise<Plan>, now: () => number = Date.now) => {
  const state: { [client: string]: { tokens: number; at: number } } = {};

  return async (client: string): Promise<boolean> => {
    const { tokens, at } = state[client] ?? { tokens: 1, at: now() };
    const plan = await planOf(client);
    const t = now();
    const filled = Math.min(plan.burst, tokens + ((t - at) / 1000) * plan.perSecond);
    if (filled < 1) return false;
    state[client] = { tokens: filled - 1, at: t }; // RACE: lost-update
    return true;
  };
};
