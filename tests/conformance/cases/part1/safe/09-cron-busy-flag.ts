// pattern: busy flag set in the tick of the check and cleared in finally
import { Injectable } from '@nestjs/common';
import { Cron, CronExpression } from '@nestjs/schedule';
import { SmtpFactory } from './smtp.factory';

interface Mail {
  to: string;
  body: string;
}

@Injectable()
export class OutboxService {
  private readonly outbox: Mail[] = [];
  private draining = false;

  constructor(private readonly smtp: SmtpFactory) {}

  enqueue(mail: Mail): void {
    this.outbox.push(mail);
  }

  @Cron(CronExpression.EVERY_10_SECONDS)
  async drain(): Promise<void> {
    if (this.draining || this.outbox.length === 0) return;
    this.draining = true;
    try {
      const session = await this.smtp.login();
      while (this.outbox.length > 0) {
        await session.send(this.outbox[0]);
        this.outbox.shift();
      }
    } finally {
      this.draining = false;
    }
  }
}
