/** Passwords, as scrypt (RFC 7914) with a salt each. */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt);
const COST = { N: 2 ** 14, r: 8, p: 5 };
const BYTES = 32;

export async function hashed(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, BYTES, COST);
  return `${salt.toString('base64url')}.${key.toString('base64url')}`;
}

export async function matches(password: string, stored: string): Promise<boolean> {
  const [salt = '', key = ''] = stored.split('.');
  const derived = await derive(password, Buffer.from(salt, 'base64url'), BYTES, COST);
  const known = Buffer.from(key, 'base64url');
  return known.length === BYTES && timingSafeEqual(derived, known);
}
