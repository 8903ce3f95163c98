import { ConflictException, Injectable } from '@nestjs/common';
import { Database } from './database';

@Injectable()
export class StockService {
  constructor(private readonly database: Database) {}

  async take(sku: string, quantity: number): Promise<void> {
    const [item] = await this.database.query<{ left: number }>('SELECT left FROM stock WHERE sku = $1', [sku]);
    if (!item || item.left < quantity) throw new ConflictException('sold out');
    await this.database.query('UPDATE stock SET left = left - $1 WHERE sku = $2', [quantity, sku]);
  }
}
