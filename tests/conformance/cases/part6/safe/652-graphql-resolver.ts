import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { PrismaService } from './prisma.service';

@Resolver()
export class PollResolver {
  constructor(private readonly prisma: PrismaService) {}

  @Mutation(() => Number)
  async vote(@Args('optionId') optionId: string): Promise<number> {
    const { votes } = await this.prisma.option.update({
      where: { id: optionId },
      data: { votes: { increment: 1 } },
      select: { votes: true },
    });
    return votes;
  }
}
