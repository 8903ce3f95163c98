// pattern: handle looked up, then created; the schema has no unique constraint on it
import type { Request, Response } from 'express';
import { PrismaClient } from '@prisma/client';
import { hash } from 'bcrypt';

const prisma = new PrismaClient();

export async function register(req: Request, res: Response): Promise<void> {
  const { handle, password } = req.body as { handle: string; password: string };
  const taken = await prisma.account.findFirst({ where: { handle } });
  if (taken) {
    res.status(409).json({ error: 'handle is taken' });
    return;
  }
  const passwordHash = await hash(password, 12);
  const account = await prisma.account.create({ data: { handle, passwordHash } }); // RACE: check-then-act
  res.status(201).json({ id: account.id, handle: account.handle });
}
