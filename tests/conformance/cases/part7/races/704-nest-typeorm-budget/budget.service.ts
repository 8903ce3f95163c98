// pattern: NestJS: decided on a row read through the injected repository, written inside the transaction
import { ConflictException, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { DataSource, Repository } from 'typeorm';
import { Department } from './department.entity';
import { Expense } from './expense.entity';

@Injectable()
export class BudgetService {
  constructor(
    @InjectRepository(Department) private readonly departments: Repository<Department>,
    private readonly dataSource: DataSource,
  ) {}

  async charge(id: string, cents: number, memo: string): Promise<Expense> {
    const department = await this.departments.findOneOrFail({ where: { id } });
    const spent = department.spentCents + cents;
    if (spent > department.budgetCents) throw new ConflictException('over budget');
    return this.dataSource.transaction(async (manager) => {
      const expense = await manager.save(Expense, manager.create(Expense, { departmentId: id, cents, memo }));
      await manager.update(Department, { id }, { spentCents: spent }); // RACE: lost-update
      return expense;
    });
  }
}
