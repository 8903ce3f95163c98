import { Body, Controller, Param, Post } from '@nestjs/common';
import { BudgetService } from './budget.service';

@Controller('departments/:id/expenses')
export class BudgetController {
  constructor(private readonly budgets: BudgetService) {}

  @Post()
  create(@Param('id') id: string, @Body() body: { cents: number; memo: string }) {
    return this.budgets.charge(id, body.cents, body.memo);
  }
}
