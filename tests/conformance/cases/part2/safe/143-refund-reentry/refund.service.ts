import { Order } from './order.model';
import { withOrderLock } from './order.locks';

export interface RefundGateway {
  refund(orderId: string, cents: number): Promise<void>;
}

export class RefundService {
  constructor(private readonly gateway: RefundGateway) {}

  async refund(orderId: string, cents: number): Promise<boolean> {
    return withOrderLock(orderId, () => this.refundLocked(orderId, cents));
  }

  /** The caller holds the order's lock. */
  async refundLocked(orderId: string, cents: number): Promise<boolean> {
    const order = await Order.findById(orderId).orFail();
    if (order.refundedCents + cents > order.paidCents) return false;
    await this.gateway.refund(orderId, cents);
    await Order.updateOne({ _id: orderId }, { $inc: { refundedCents: cents } });
    return true;
  }
}
