import { PrismaClient } from '@prisma/client';
import bcrypt from 'bcrypt';
import type { Request, Response } from 'express';

const prisma = new PrismaClient();

export async function verifyCode(req: Request, res: Response): Promise<void> {
  const { phone, code } = req.body as { phone: string; code: string };
  const reserved = await prisma.login.updateMany({
    where: { phone, attempts: { lt: 3 } },
    data: { attempts: { increment: 1 } },
  });
  if (reserved.count === 0) {
    res.sendStatus(429);
    return;
  }
  const login = await prisma.login.findUnique({ where: { phone }, select: { codeHash: true } });
  const good = login !== null && (await bcrypt.compare(code, login.codeHash));
  res.sendStatus(good ? 204 : 401);
}
