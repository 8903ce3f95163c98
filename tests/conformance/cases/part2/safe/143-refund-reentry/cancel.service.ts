// pattern: cross-file: cancel() holds the order's mutex and calls the part of refund() that expects it to be held
import { Order } from './order.model';
import { withOrderLock } from './order.locks';
import { RefundService } from './refund.service';

export class CancelService {
  constructor(private readonly refunds: RefundService) {}

  async cancel(orderId: string, reason: string): Promise<void> {
    await withOrderLock(orderId, async () => {
      const order = await Order.findById(orderId).orFail();
      if (order.status === 'cancelled') return;
      if (order.paidCents > order.refundedCents) {
        await this.refunds.refundLocked(orderId, order.paidCents - order.refundedCents);
      }
      await Order.updateOne({ _id: orderId }, { $set: { status: 'cancelled', reason } });
    });
  }
}
