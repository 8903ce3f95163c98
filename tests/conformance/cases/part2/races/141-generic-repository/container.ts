import { DocumentRepository } from '@acme/persistence';
import type { Account } from './account';
import { LedgerService } from './ledger.service';
import type { Repository } from './repository';

const accounts: Repository<Account> = new DocumentRepository<Account>('accounts');

export const ledger = new LedgerService(accounts);
