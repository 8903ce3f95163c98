import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Order } from './order.entity';
import { ORDER_PLACED, OrderPlaced } from './order.events';

@Injectable()
export class OrdersService {
  constructor(
    @InjectRepository(Order) private readonly orders: Repository<Order>,
    private readonly events: EventEmitter2,
  ) {}

  async place(customerId: string, totalCents: number): Promise<Order> {
    const order = await this.orders.save(this.orders.create({ customerId, totalCents }));
    this.events.emit(ORDER_PLACED, new OrderPlaced(order.id, customerId, totalCents));
    return order;
  }
}
