import { inject, injectable } from 'inversify';
import { BudgetRepository } from './budget.repository';
import { Database } from './database';

export class OverBudget extends Error {}

@injectable()
export class BudgetService {
  constructor(
    @inject(Database) private readonly database: Database,
    @inject(BudgetRepository) private readonly budgets: BudgetRepository,
  ) {}

  spend(budgetId: string, cents: number, memo: string): Promise<number> {
    return this.database.transaction(async () => {
      const budget = await this.budgets.find(budgetId);
      if (!budget) throw new Error('unknown budget');
      const spent = budget.spent_cents + cents;
      if (spent > budget.limit_cents) throw new OverBudget(budgetId);
      await this.budgets.save({ ...budget, spent_cents: spent });
      await this.budgets.addExpense(budgetId, cents, memo);
      return budget.limit_cents - spent;
    });
  }
}
