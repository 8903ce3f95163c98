import { asClass, asFunction, createContainer, InjectionMode } from 'awilix';
import knex, { type Knex } from 'knex';
import { MemberRepository } from './member.repository';
import { MemberService } from './member.service';

export interface Cradle {
  db: Knex;
  memberRepository: MemberRepository;
  memberService: MemberService;
}

export const container = createContainer<Cradle>({ injectionMode: InjectionMode.PROXY });

container.register({
  db: asFunction(() => knex({ client: 'pg', connection: process.env.DATABASE_URL })).singleton(),
  memberRepository: asClass(MemberRepository).singleton(),
  memberService: asClass(MemberService).singleton(),
});
