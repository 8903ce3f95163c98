// pattern: the token is used up by a conditional updateMany inside the transaction
import { cookies } from 'next/headers';
import { NextResponse } from 'next/server';
import { SignJWT } from 'jose';
import { prisma } from '../../../../lib/prisma';
import { hashOf, newToken } from '../../../../lib/tokens';

const secret = new TextEncoder().encode(process.env.JWT_SECRET);

export async function POST(): Promise<NextResponse> {
  const jar = await cookies();
  const presented = jar.get('refresh')?.value;
  if (!presented) return NextResponse.json({ error: 'missing' }, { status: 401 });

  const stored = await prisma.refreshToken.findUnique({ where: { hash: hashOf(presented) } });
  if (!stored) return NextResponse.json({ error: 'invalid' }, { status: 401 });

  const next = newToken();
  const rotated = await prisma.$transaction(async (tx) => {
    const used = await tx.refreshToken.updateMany({
      where: { id: stored.id, usedAt: null, expiresAt: { gt: new Date() } },
      data: { usedAt: new Date() },
    });
    if (used.count === 0) return false;
    await tx.refreshToken.create({
      data: { hash: hashOf(next), userId: stored.userId, expiresAt: new Date(Date.now() + 30 * 86_400_000) },
    });
    return true;
  });
  if (!rotated) return NextResponse.json({ error: 'invalid' }, { status: 401 });

  const access = await new SignJWT({ sub: stored.userId }).setProtectedHeader({ alg: 'HS256' }).sign(secret);
  const response = NextResponse.json({ access });
  response.cookies.set('refresh', next, { httpOnly: true, sameSite: 'strict' });
  return response;
}
