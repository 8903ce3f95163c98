// pattern: NestJS interceptor against replays: membership asked, audit awaited, added afterwards
import { CallHandler, ConflictException, ExecutionContext, Injectable, NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { AuditService } from './audit.service';
import { PaymentGateway } from './payment.gateway';

@Injectable()
export class ReplayInterceptor implements NestInterceptor {
  readonly #seen = new Set<string>();

  constructor(
    private readonly audit: AuditService,
    private readonly gateway: PaymentGateway,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest();
    const nonce: string = request.headers['x-nonce'];
    if (this.#seen.has(nonce)) throw new ConflictException('replayed');
    await this.audit.record(nonce, request.path);
    this.#seen.add(nonce); // RACE: check-then-act
    await this.gateway.capture(nonce, request.body.amount); // RACE: check-then-act
    return next.handle();
  }
}
