// pattern: result of items.map(async ...) is dropped; the invoice is marked complete before its lines exist
import { Controller, Param, Post } from '@nestjs/common';
import { PrismaService } from './prisma.service';

@Controller('invoices')
export class InvoiceController {
  constructor(private readonly prisma: PrismaService) {}

  @Post(':id/complete')
  async complete(@Param('id') id: string) {
    const cart = await this.prisma.cart.findUniqueOrThrow({ where: { id }, include: { items: true } });
    cart.items.map(async (item) => { // RACE: floating-promise
      const price = await this.prisma.price.findFirstOrThrow({ where: { sku: item.sku } });
      await this.prisma.invoiceLine.create({ data: { invoiceId: id, sku: item.sku, cents: price.cents * item.quantity } });
    });
    await this.prisma.invoice.update({ where: { id }, data: { status: 'COMPLETE' } });
    return { id, status: 'COMPLETE' };
  }
}
