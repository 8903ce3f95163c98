export const ORDER_PLACED = 'order.placed';

export class OrderPlaced {
  constructor(
    readonly orderId: string,
    readonly customerId: string,
    readonly totalCents: number,
  ) {}
}
