import { PrismaClient } from '@prisma/client';
const prisma = new PrismaClient();
export async function claim(userId: string, name: string) {
    const clash = await prisma.user.findUnique({ where: { username: name } });
    if (clash) throw new Error('taken');
    return prisma.user.update({ where: { id: userId }, data: { username: name } });
}
