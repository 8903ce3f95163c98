// pattern: cross-file: the async listener adds with atomic increments
import { Injectable } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Customer } from './customer.entity';
import { ORDER_PLACED, OrderPlaced } from './order.events';

@Injectable()
export class LoyaltyListener {
  constructor(@InjectRepository(Customer) private readonly customers: Repository<Customer>) {}

  @OnEvent(ORDER_PLACED, { async: true })
  async onOrderPlaced(event: OrderPlaced): Promise<void> {
    const customer = await this.customers.findOneBy({ id: event.customerId });
    if (!customer) return;
    await this.customers.increment({ id: customer.id }, 'lifetimeCents', event.totalCents);
    await this.customers.increment({ id: customer.id }, 'orders', 1);
  }
}
