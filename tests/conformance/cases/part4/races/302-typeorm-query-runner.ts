// pattern: query runner transaction at the default level: loaded, changed, saved
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Voucher } from './voucher.entity';

@Injectable()
export class VoucherService {
  constructor(private readonly dataSource: DataSource) {}

  async spend(code: string, cents: number): Promise<number> {
    const runner = this.dataSource.createQueryRunner();
    await runner.connect();
    await runner.startTransaction();
    try {
      const voucher = await runner.manager.findOneByOrFail(Voucher, { code });
      if (voucher.balance < cents) throw new Error('voucher is used up');
      voucher.balance -= cents;
      await runner.manager.save(voucher); // RACE: lost-update
      await runner.commitTransaction();
      return voucher.balance;
    } catch (err) {
      await runner.rollbackTransaction();
      throw err;
    } finally {
      await runner.release();
    }
  }
}
