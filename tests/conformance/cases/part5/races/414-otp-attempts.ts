import { PrismaClient } from '@prisma/client';
import bcrypt from 'bcrypt';
import type { Request, Response } from 'express';

const prisma = new PrismaClient();

export async function verifyCode(req: Request, res: Response): Promise<void> {
  const { phone, code } = req.body as { phone: string; code: string };
  const login = await prisma.login.findUnique({ where: { phone } });
  if (!login || login.attempts >= 3) {
    res.sendStatus(429);
    return;
  }
  if (await bcrypt.compare(code, login.codeHash)) {
    await prisma.login.delete({ where: { phone } });
    res.sendStatus(204);
    return;
  }
  await prisma.login.update({
    where: { phone },
    data: { attempts: login.attempts + 1 }, // RACE: lost-update
  });
  res.sendStatus(401);
}
