import { Controller, Get, UseGuards } from '@nestjs/common';
import { QuotaGuard } from './quota.guard';

@Controller('reports')
@UseGuards(QuotaGuard)
export class ReportsController {
  @Get()
  list() {
    return { reports: [] };
  }
}
