// pattern: the board row is locked for update before the positions are looked at
import { NextResponse, type NextRequest } from 'next/server';
import { db } from '@/lib/db';

export async function POST(request: NextRequest, { params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  const { title } = (await request.json()) as { title: string };
  const card = await db.transaction().execute(async (trx) => {
    await trx.selectFrom('board').select('id').where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
    const last = await trx
      .selectFrom('card')
      .select(({ fn }) => fn.max('position').as('position'))
      .where('board_id', '=', id)
      .executeTakeFirst();
    return trx
      .insertInto('card')
      .values({ board_id: id, title, position: Number(last?.position ?? 0) + 1 })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
  return NextResponse.json(card, { status: 201 });
}
