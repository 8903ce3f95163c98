// pattern: order read as paid, refunded at Stripe, saved as refunded: a double click refunds twice
import { Injectable, ConflictException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import Stripe from 'stripe';
import { Order } from './order.entity';

@Injectable()
export class RefundService {
  private readonly stripe = new Stripe(process.env.STRIPE_KEY!);

  constructor(@InjectRepository(Order) private readonly orders: Repository<Order>) {}

  async refund(orderId: string): Promise<Order> {
    const order = await this.orders.findOneOrFail({ where: { id: orderId } });
    if (order.status !== 'paid') throw new ConflictException('not refundable');
    const refund = await this.stripe.refunds.create({ payment_intent: order.paymentIntent, amount: order.cents }); // RACE: check-then-act
    order.status = 'refunded';
    order.refundId = refund.id;
    return this.orders.save(order);
  }
}
