// pattern: Sequelize managed transaction without a row lock: instance changed and saved
import { Sequelize } from 'sequelize';
import { Product, OrderLine } from './models';

export class OutOfStock extends Error {}

export const makeReserve = (sequelize: Sequelize) =>
  async function reserve(orderId: number, sku: string, quantity: number): Promise<OrderLine> {
    return sequelize.transaction(async (transaction) => {
      const product = await Product.findOne({ where: { sku }, transaction, rejectOnEmpty: true });
      if (product.stock < quantity) throw new OutOfStock(sku);
      product.stock -= quantity;
      await product.save({ transaction }); // RACE: lost-update
      return OrderLine.create({ orderId, sku, quantity, cents: product.cents * quantity }, { transaction });
    });
  };
