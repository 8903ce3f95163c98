// pattern: no async function at all: balance read, tested and written inside one then callback
export interface Approvals {
  lookup(team: string, cents: number): Promise<boolean>;
}

const budgets: Record<string, number> = {};

export function setBudget(team: string, cents: number): void {
  budgets[team] = cents;
}

export function spend(team: string, cents: number, approvals: Approvals): Promise<void> {
  return approvals.lookup(team, cents).then((approved) => {
    if (!approved) throw new Error(`not approved for ${team}`);
    const left = budgets[team] ?? 0;
    if (left < cents) throw new Error(`team ${team} is over budget`);
    budgets[team] = left - cents;
  });
}
