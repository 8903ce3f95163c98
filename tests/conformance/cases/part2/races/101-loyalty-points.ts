// pattern: points read with findUnique, the sum written back as an absolute value
import { NextRequest, NextResponse } from 'next/server';
import { prisma } from '@/lib/prisma';

interface EarnBody {
  memberId: string;
  orderTotal: number;
}

const POINTS_PER_EURO = 2;

export async function POST(request: NextRequest) {
  const { memberId, orderTotal } = (await request.json()) as EarnBody;
  const member = await prisma.member.findUnique({ where: { id: memberId } });
  if (!member) {
    return NextResponse.json({ error: 'unknown member' }, { status: 404 });
  }
  const earned = Math.floor(orderTotal * POINTS_PER_EURO);
  const updated = await prisma.member.update({
    where: { id: memberId },
    data: {
      points: member.points + earned, // RACE: lost-update
      lastEarnedAt: new Date(),
    },
  });
  return NextResponse.json({ points: updated.points });
}
