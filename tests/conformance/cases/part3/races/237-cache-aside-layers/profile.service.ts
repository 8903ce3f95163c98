import { PrismaClient, type Profile } from '@prisma/client';
import { cacheDrop, cacheGet, cacheSet } from './profile.cache';

const prisma = new PrismaClient();

export async function getProfile(id: string): Promise<Profile> {
  const key = `profile:${id}`;
  const hit = await cacheGet<Profile>(key);
  if (hit) return hit;
  const profile = await prisma.profile.findUniqueOrThrow({ where: { id } });
  await cacheSet(key, profile); // RACE: stale-read
  return profile;
}

export async function renameProfile(id: string, name: string): Promise<Profile> {
  const profile = await prisma.profile.update({ where: { id }, data: { name } });
  await cacheDrop(`profile:${id}`);
  return profile;
}
