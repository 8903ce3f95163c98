import { ConflictException, Injectable } from '@nestjs/common';
import { Database } from './database';

@Injectable()
export class StockService {
  constructor(private readonly database: Database) {}

  async take(sku: string, quantity: number): Promise<void> {
    const [item] = await this.database.query<{ left: number }>(
      'UPDATE stock SET left = left - $1 WHERE sku = $2 AND left >= $1 RETURNING left',
      [quantity, sku],
    );
    if (!item) throw new ConflictException('sold out');
  }
}
