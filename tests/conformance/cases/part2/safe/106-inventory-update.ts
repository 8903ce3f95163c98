// pattern: the difference and its condition are in one UPDATE; affected decides
import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { InventoryItem } from './inventory-item.entity';
import { WarehouseClient } from './warehouse.client';

@Injectable()
export class InventoryService {
  constructor(
    @InjectRepository(InventoryItem) private readonly items: Repository<InventoryItem>,
    private readonly warehouse: WarehouseClient,
  ) {}

  async pick(sku: string, quantity: number): Promise<void> {
    const known = await this.items.exists({ where: { sku } });
    if (!known) throw new NotFoundException(sku);
    const { affected } = await this.items
      .createQueryBuilder()
      .update(InventoryItem)
      .set({ onHand: () => 'on_hand - :quantity', picked: () => 'picked + :quantity' })
      .where('sku = :sku AND on_hand >= :quantity', { sku, quantity })
      .execute();
    if (affected === 0) throw new ConflictException(`not enough of ${sku} left`);
    await this.warehouse.reserveBin(sku, quantity);
  }
}
