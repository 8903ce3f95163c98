import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { PrismaService } from './prisma.service';

@Resolver()
export class PollResolver {
  constructor(private readonly prisma: PrismaService) {}

  @Mutation(() => Number)
  async vote(@Args('optionId') optionId: string): Promise<number> {
    const option = await this.prisma.option.findUnique({ where: { id: optionId }, select: { votes: true } });
    const votes = (option?.votes ?? 0) + 1;
    await this.prisma.option.update({ where: { id: optionId }, data: { votes } }); // RACE: lost-update
    return votes;
  }
}
