import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/sequelize';
import { Product } from './product.model';
import { Order } from './order.model';
@Injectable()
export class OrdersService {
  constructor(@InjectModel(Product) private products: typeof Product, @InjectModel(Order) private orders: typeof Order) {}
  async place(productId: number, qty: number) {
    const p = await this.products.findByPk(productId);
    if (!p || p.stock < qty) throw new Error('no stock');
    await this.orders.create({ productId, qty });
    await p.update({ stock: p.stock - qty }); // RACE: lost-update
  }
}
