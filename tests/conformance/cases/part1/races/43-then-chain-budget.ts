// pattern: no async function at all: the balance captured before the call is written in the then callback
export interface Approvals {
  lookup(team: string, cents: number): Promise<boolean>;
}

const budgets: Record<string, number> = {};

export function setBudget(team: string, cents: number): void {
  budgets[team] = cents;
}

export function spend(team: string, cents: number, approvals: Approvals): Promise<number> {
  const left = budgets[team] ?? 0;
  if (left < cents) {
    return Promise.reject(new Error(`team ${team} is over budget`));
  }
  return approvals.lookup(team, cents).then((approved) => {
    if (!approved) return left;
    budgets[team] = left - cents; // RACE: lost-update
    return budgets[team];
  });
}
