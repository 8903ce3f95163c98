// pattern: inversify and pg: the transaction's client is in AsyncLocalStorage, but the base repository's find() asks the pool
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
    const [budget] = await this.database.read<Budget>('SELECT id, limit_cents, spent_cents FROM budgets WHERE id = $1', [id]);
    return budget;
  }

  async save(budget: Budget): Promise<void> {
    await this.database.query('UPDATE budgets SET spent_cents = $2 WHERE id = $1', [budget.id, budget.spent_cents]); // RACE: lost-update
  }

  async addExpense(budgetId: string, cents: number, memo: string): Promise<void> {
    await this.database.query('INSERT INTO expenses (budget_id, cents, memo) VALUES ($1, $2, $3)', [budgetId, cents, memo]); // RACE: check-then-act
  }
}
