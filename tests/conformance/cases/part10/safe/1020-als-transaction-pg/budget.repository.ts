// pattern: find() takes the client of the transaction and locks the row
import { inject, injectable } from 'inversify';
import { Database } from './database';

export interface Budget {
  id: string;
  limit_cents: number;
  spent_cents: number;
}

@injectable()
export class BudgetRepository {
  constructor(@inject(Database) private readonly database: Database) {}

  async find(id: string): Promise<Budget | undefined> {
    const [budget] = await this.database.query<Budget>(
      'SELECT id, limit_cents, spent_cents FROM budgets WHERE id = $1 FOR UPDATE',
      [id],
    );
    return budget;
  }

  async save(budget: Budget): Promise<void> {
    await this.database.query('UPDATE budgets SET spent_cents = $2 WHERE id = $1', [budget.id, budget.spent_cents]);
  }

  async addExpense(budgetId: string, cents: number, memo: string): Promise<void> {
    await this.database.query('INSERT INTO expenses (budget_id, cents, memo) VALUES ($1, $2, $3)', [budgetId, cents, memo]);
  }
}
