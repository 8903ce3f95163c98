import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Model } from 'mongoose';
import { Cart, CartDocument } from './cart.schema';
@Injectable()
export class CartService {
  constructor(@InjectModel(Cart.name) private cartModel: Model<CartDocument>) {}
  async addItem(userId: string, productId: string, qty: number) {
    const cart = await this.cartModel.findOne({ userId });
    if (!cart) throw new Error('none');
    const item = cart.items.find((i) => i.productId === productId);
    if (item) item.qty += qty;
    else cart.items.push({ productId, qty });
    cart.total = cart.items.reduce((s, i) => s + i.qty, 0);
    await cart.save();
    return cart;
  }
}
