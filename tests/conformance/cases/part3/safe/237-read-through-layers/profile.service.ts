import { PrismaClient, type Profile } from '@prisma/client';
import Redis from 'ioredis';
import { exclusively } from './profile.locks';

const prisma = new PrismaClient();
const redis = new Redis();

export async function getProfile(id: string): Promise<Profile> {
  return exclusively(id, async () => {
    const hit = await redis.get(`profile:${id}`);
    if (hit) return JSON.parse(hit) as Profile;
    const profile = await prisma.profile.findUniqueOrThrow({ where: { id } });
    await redis.set(`profile:${id}`, JSON.stringify(profile));
    return profile;
  });
}

export async function renameProfile(id: string, name: string): Promise<Profile> {
  return exclusively(id, async () => {
    const profile = await prisma.profile.update({ where: { id }, data: { name } });
    await redis.del(`profile:${id}`);
    return profile;
  });
}
