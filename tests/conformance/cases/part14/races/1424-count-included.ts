import { Controller, Post, Param, Body } from '@nestjs/common';
import { PrismaService } from '../prisma.service';
@Controller('raffles')
export class RaffleController {
  constructor(private readonly prisma: PrismaService) {}
  @Post(':id/enter')
  async enter(@Param('id') id: string, @Body() dto: { email: string }) {
    const raffle = await this.prisma.raffle.findUnique({ where: { id }, include: { _count: { select: { entries: true } } } });
    if (raffle!._count.entries >= raffle!.maxEntries) return { ok: false };
    await this.prisma.entry.create({ data: { raffleId: id, email: dto.email } }); // RACE: check-then-act
    return { ok: true };
  }
}
