// pattern: Next.js route and Prisma: a refresh token is looked up, found unused, marked, and a new pair issued: two requests both get one
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
  if (!stored || stored.usedAt || stored.expiresAt < new Date()) {
    return NextResponse.json({ error: 'invalid' }, { status: 401 });
  }

  const next = newToken();
  await prisma.$transaction([
    prisma.refreshToken.update({ where: { id: stored.id }, data: { usedAt: new Date() } }),
    prisma.refreshToken.create({ // RACE: check-then-act
      data: { hash: hashOf(next), userId: stored.userId, expiresAt: new Date(Date.now() + 30 * 86_400_000) },
    }),
  ]);
  const access = await new SignJWT({ sub: stored.userId }).setProtectedHeader({ alg: 'HS256' }).sign(secret);
  const response = NextResponse.json({ access });
  response.cookies.set('refresh', next, { httpOnly: true, sameSite: 'strict' });
  return response;
}
