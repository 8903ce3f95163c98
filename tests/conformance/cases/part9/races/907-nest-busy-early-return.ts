// pattern: busy flag of a scheduled Nest service: one early return leaves it set, and no sync runs ever again
import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { LedgerClient } from './ledger.client';
import { StatementStore } from './statement.store';

@Injectable()
export class StatementSync {
  private readonly logger = new Logger(StatementSync.name);
  private running = false;

  constructor(
    private readonly ledger: LedgerClient,
    private readonly statements: StatementStore,
  ) {}

  @Interval(30_000)
  async sync(): Promise<void> {
    if (this.running) return;
    this.running = true; // RACE: lock-leak
    const since = await this.statements.latest().catch(() => null);
    if (since === null) {
      this.logger.warn('no statement yet');
      return; // RACE: lock-leak
    }
    try {
      for (const entry of await this.ledger.entriesAfter(since)) {
        await this.statements.append(entry);
      }
    } catch (error) {
      this.logger.error(error);
    } finally {
      this.running = false;
    }
  }
}
