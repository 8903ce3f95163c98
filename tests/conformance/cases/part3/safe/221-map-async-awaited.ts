// pattern: Promise.all awaited before the invoice is marked
import { Controller, Param, Post } from '@nestjs/common';
import { PrismaService } from './prisma.service';

@Controller('invoices')
export class InvoiceController {
  constructor(private readonly prisma: PrismaService) {}

  @Post(':id/complete')
  async complete(@Param('id') id: string) {
    const cart = await this.prisma.cart.findUniqueOrThrow({ where: { id }, include: { items: true } });
    const claimed = await this.prisma.invoice.updateMany({ where: { id, status: 'DRAFT' }, data: { status: 'COMPLETE' } });
    if (claimed.count === 0) return { id, status: 'COMPLETE' };
    await Promise.all(
      cart.items.map(async (item) => {
        const price = await this.prisma.price.findFirstOrThrow({ where: { sku: item.sku } });
        await this.prisma.invoiceLine.create({ data: { invoiceId: id, sku: item.sku, cents: price.cents * item.quantity } });
      }),
    );
    return { id, status: 'COMPLETE' };
  }
}
