// pattern: the row is read with LOCK.UPDATE in the same transaction
import { Sequelize } from 'sequelize';
import { Product, OrderLine } from './models';

export class OutOfStock extends Error {}

export const makeReserve = (sequelize: Sequelize) =>
  async function reserve(orderId: number, sku: string, quantity: number): Promise<OrderLine> {
    return sequelize.transaction(async (transaction) => {
      const product = await Product.findOne({
        where: { sku },
        lock: transaction.LOCK.UPDATE,
        transaction,
        rejectOnEmpty: true,
      });
      if (product.stock < quantity) throw new OutOfStock(sku);
      product.stock -= quantity;
      await product.save({ transaction });
      return OrderLine.create({ orderId, sku, quantity, cents: product.cents * quantity }, { transaction });
    });
  };
