// pattern: the order is moved to refunding by a conditional update first; put back when Stripe refuses
import { Injectable, ConflictException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import Stripe from 'stripe';
import { Order } from './order.entity';

@Injectable()
export class RefundService {
  private readonly stripe = new Stripe(process.env.STRIPE_KEY!);

  constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}

  async refund(orderId: string): Promise<void> {
    const claim = await this.orders.update({ id: orderId, status: 'paid' }, { status: 'refunding' });
    if (claim.affected === 0) throw new ConflictException('not refundable');
    const order = await this.orders.findOneOrFail({ where: { id: orderId } });
    try {
      const refund = await this.stripe.refunds.create({ payment_intent: order.paymentIntent, amount: order.cents });
      await this.orders.update({ id: orderId }, { status: 'refunded', refundId: refund.id });
    } catch (error) {
      await this.orders.update({ id: orderId, status: 'refunding' }, { status: 'paid' });
      throw error;
    }
  }
}
