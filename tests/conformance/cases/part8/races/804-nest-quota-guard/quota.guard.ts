import { CanActivate, ExecutionContext, HttpException, Injectable } from '@nestjs/common';
import { QuotaService } from './quota.service';

@Injectable()
export class QuotaGuard implements CanActivate {
  constructor(private readonly quota: QuotaService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { apiKey } = context.switchToHttp().getRequest();
    if (!(await this.quota.tryConsume(apiKey))) throw new HttpException('quota exceeded', 429);
    return true;
  }
}
