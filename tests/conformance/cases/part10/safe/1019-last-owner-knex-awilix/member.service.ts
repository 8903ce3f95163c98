import type { MemberRepository } from './member.repository';

export class LastOwnerError extends Error {}

export class MemberService {
  private readonly members: MemberRepository;

  constructor({ memberRepository }: { memberRepository: MemberRepository }) {
    this.members = memberRepository;
  }

  async leave(workspaceId: string, memberId: string): Promise<void> {
    await this.members.transaction(async (trx) => {
      const owners = await this.members.owners(trx, workspaceId);
      const isOwner = owners.some((owner) => owner.id === memberId);
      if (isOwner && owners.length === 1) throw new LastOwnerError(workspaceId);
      await this.members.softDelete(trx, memberId);
    });
  }
}
