import type { CourierClient } from '../clients/courier.js';
import { pool } from '../db/pool.js';
import { withTransaction } from '../db/tx.js';
import { KeyedMutex } from '../lib/keyed-mutex.js';
import { ConflictError } from '../middleware/errors.js';

const SLOT_CAPACITY = 20;

export class WarehouseService {
  private readonly docks = new KeyedMutex();
  private readonly slotLocks = new KeyedMutex();
  private readonly slots = new Map<string, Set<string>>();

  constructor(private readonly courier: CourierClient) {}

  async receive(warehouseId: string, productId: string, quantity: number): Promise<void> {
    await pool.query(
      `INSERT INTO warehouse_stock (warehouse_id, product_id, quantity) VALUES ($1, $2, $3)
       ON CONFLICT (warehouse_id, product_id)
       DO UPDATE SET quantity = warehouse_stock.quantity + excluded.quantity`,
      [warehouseId, productId, quantity],
    );
  }

  async transfer(from: string, to: string, productId: string, quantity: number): Promise<void> {
    if (from === to) {
      return;
    }
    const releaseFrom = await this.docks.acquire(from);
    try {
      const releaseTo = await this.docks.acquire(to);
      try {
        await this.courier.requestVan(from, to);
        await this.moveStock(from, to, productId, quantity);
      } finally {
        releaseTo();
      }
    } finally {
      releaseFrom();
    }
  }

  async bookSlot(orderId: string, slot: string): Promise<void> {
    await this.slotLocks.runExclusive(slot, () => this.fill(orderId, slot));
  }

  async moveSlot(orderId: string, from: string, to: string): Promise<void> {
    if (from === to) {
      return;
    }
    const [first, second] = from < to ? [from, to] : [to, from];
    await this.slotLocks.runExclusive(first, () =>
      this.slotLocks.runExclusive(second, async () => {
        if (!this.slots.get(from)?.has(orderId)) {
          throw new ConflictError('this order has no such delivery slot');
        }
        await this.fill(orderId, to);
        this.slots.get(from)?.delete(orderId);
      }),
    );
  }

  private async fill(orderId: string, slot: string): Promise<void> {
    const booked = this.slots.get(slot) ?? new Set<string>();
    if (booked.size >= SLOT_CAPACITY) {
      throw new ConflictError('this delivery slot is full');
    }
    await this.courier.confirmSlot(orderId, slot);
    booked.add(orderId);
    this.slots.set(slot, booked);
  }

  private async moveStock(from: string, to: string, productId: string, quantity: number): Promise<void> {
    await withTransaction(async (tx) => {
      const { rowCount } = await tx.query(
        `UPDATE warehouse_stock SET quantity = quantity - $3
         WHERE warehouse_id = $1 AND product_id = $2 AND quantity >= $3`,
        [from, productId, quantity],
      );
      if (rowCount !== 1) {
        throw new ConflictError('not enough stock in the warehouse');
      }
      await tx.query(
        `INSERT INTO warehouse_stock (warehouse_id, product_id, quantity) VALUES ($1, $2, $3)
         ON CONFLICT (warehouse_id, product_id)
         DO UPDATE SET quantity = warehouse_stock.quantity + excluded.quantity`,
        [to, productId, quantity],
      );
    });
  }
}
