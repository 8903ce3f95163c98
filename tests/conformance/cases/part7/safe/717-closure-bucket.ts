// pattern: the plan first, then everything in one tick
interface Plan {
  perSecond: number;
  burst: number;
}

export const createBucket = (planOf: (client: string) => Promise<Plan>, now: () => number = Date.now) => {
  const state: { [client: string]: { tokens: number; at: number } } = {};

  return async (client: string): Promise<boolean> => {
    const plan = await planOf(client);
    const t = now();
    const { tokens, at } = state[client] ?? { tokens: plan.burst, at: t };
    const filled = Math.min(plan.burst, tokens + ((t - at) / 1000) * plan.perSecond);
    if (filled < 1) return false;
    state[client] = { tokens: filled - 1, at: t };
    return true;
  };
};
