import { Body, Controller, Param, Post } from '@nestjs/common';
import { StockService } from './stock.service';

@Controller('stock')
export class StockController {
  constructor(private readonly stock: StockService) {}

  @Post(':sku/picks')
  async pick(@Param('sku') sku: string, @Body('quantity') quantity: number) {
    return { left: await this.stock.pick(sku, quantity) };
  }
}
