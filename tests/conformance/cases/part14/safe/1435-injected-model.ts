import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/sequelize';
import { Op } from 'sequelize';
import { Product } from './product.model';
@Injectable()
export class OrdersService {
  constructor(@InjectModel(Product) private products: typeof Product) {}
  async place(productId: number, qty: number) {
    const [n] = await this.products.decrement('stock', { by: qty, where: { id: productId, stock: { [Op.gte]: qty } } });
    if (!n) throw new Error('no stock');
  }
}
