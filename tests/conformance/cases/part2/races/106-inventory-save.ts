// pattern: entity loaded, changed in memory, saved
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

  findAll(): Promise<InventoryItem[]> {
    return this.items.find({ order: { sku: 'ASC' } });
  }

  async pick(sku: string, quantity: number): Promise<InventoryItem> {
    const item = await this.items.findOne({ where: { sku } });
    if (!item) throw new NotFoundException(sku);
    if (item.onHand < quantity) throw new ConflictException(`only ${item.onHand} of ${sku} left`);
    await this.warehouse.reserveBin(sku, quantity);
    item.onHand -= quantity;
    item.picked += quantity;
    return this.items.save(item); // RACE: lost-update
  }
}
