// pattern: same look-up, but the schema says @unique and the violation is answered like the look-up
import type { Request, Response } from 'express';
import { Prisma, PrismaClient } from '@prisma/client';
import { hash } from 'bcrypt';

const prisma = new PrismaClient();

const isDuplicate = (e: unknown): boolean =>
  e instanceof Prisma.PrismaClientKnownRequestError && e.code === 'P2002';

export async function register(req: Request, res: Response): Promise<void> {
  const { handle, password } = req.body as { handle: string; password: string };
  const taken = await prisma.account.findFirst({ where: { handle } });
  if (taken) {
    res.status(409).json({ error: 'handle is taken' });
    return;
  }
  const passwordHash = await hash(password, 12);
  try {
    const account = await prisma.account.create({ data: { handle, passwordHash } });
    res.status(201).json({ id: account.id, handle: account.handle });
  } catch (e) {
    if (!isDuplicate(e)) throw e;
    res.status(409).json({ error: 'handle is taken' });
  }
}
