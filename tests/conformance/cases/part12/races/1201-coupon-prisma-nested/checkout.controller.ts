import { Body, Controller, Post } from '@nestjs/common';
import { CheckoutInput, CheckoutService } from './checkout.service';

@Controller('checkout')
export class CheckoutController {
  constructor(private readonly service: CheckoutService) {}

  @Post()
  create(@Body() body: CheckoutInput) {
    return this.service.checkout(body);
  }
}
