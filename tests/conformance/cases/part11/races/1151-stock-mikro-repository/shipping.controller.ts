import { Body, Controller, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ShipCommand, ShipHandler } from './commands/ship.handler';

@Controller('shipments')
export class ShippingController {
  constructor(
    private readonly bus: CommandBus,
    private readonly handler: ShipHandler,
  ) {}

  @Post()
  ship(@Body() body: { itemId: number; quantity: number }) {
    return this.handler.execute(new ShipCommand(body.itemId, body.quantity));
  }
}
