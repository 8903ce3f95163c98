// pattern: Next.js route handler and Kysely: largest position read, next one inserted
import { NextResponse, type NextRequest } from 'next/server';
import { db } from '@/lib/db';

export async function POST(request: NextRequest, { params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const { title } = (await request.json()) as { title: string };
  const last = await db
    .selectFrom('card')
    .select(({ fn }) => fn.max('position').as('position'))
    .where('board_id', '=', id)
    .executeTakeFirst();
  const position = Number(last?.position ?? 0) + 1;
  const card = await db
    .insertInto('card')
    .values({ board_id: id, title, position }) // RACE: check-then-act
    .returningAll()
    .executeTakeFirstOrThrow();
  return NextResponse.json(card, { status: 201 });
}
