// pattern: read inside the transaction with a pessimistic write lock
import { ConflictException, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Department } from './department.entity';
import { Expense } from './expense.entity';

@Injectable()
export class BudgetService {
  constructor(private readonly dataSource: DataSource) {}

  charge(id: string, cents: number, memo: string): Promise<Expense> {
    return this.dataSource.transaction(async (manager) => {
      const department = await manager.findOneOrFail(Department, { where: { id }, lock: { mode: 'pessimistic_write' } });
      const spent = department.spentCents + cents;
      if (spent > department.budgetCents) throw new ConflictException('over budget');
      const expense = await manager.save(Expense, manager.create(Expense, { departmentId: id, cents, memo }));
      await manager.update(Department, { id }, { spentCents: spent });
      return expense;
    });
  }
}
