// pattern: same handler, points changed with an atomic increment; the read only answers 404
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
      points: { increment: earned },
      lastEarnedAt: new Date(),
    },
  });
  return NextResponse.json({ points: updated.points });
}
