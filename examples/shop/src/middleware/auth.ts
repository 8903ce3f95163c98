import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { NextFunction, Request, Response } from 'express';
import { redis } from '../cache/redis.js';
import { config } from '../config.js';
import type { AccountRepository } from '../repositories/accounts.js';
import type { Role, SessionUser } from '../types.js';
import { AppError, ConflictError } from './errors.js';

export interface RequestContext {
  requestId: string;
  userId: string | undefined;
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Express {
    interface Request {
      user?: SessionUser;
    }
  }
}

const derive = promisify<string, string, number, Buffer>(scrypt);
const context = new AsyncLocalStorage<RequestContext>();

export const currentContext = (): RequestContext | undefined => context.getStore();

async function hashPassword(password: string, salt = randomBytes(16).toString('hex')): Promise<string> {
  const hash = await derive(password, salt, 32);
  return `${salt}:${hash.toString('hex')}`;
}

async function matches(password: string, stored: string): Promise<boolean> {
  const [salt = ''] = stored.split(':');
  const given = Buffer.from(await hashPassword(password, salt));
  const wanted = Buffer.from(stored);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

export async function register(accounts: AccountRepository, email: string, password: string): Promise<string> {
  const id = await accounts.create(email, await hashPassword(password));
  if (id === undefined) {
    throw new ConflictError('this address has an account');
  }
  return id;
}

export async function login(accounts: AccountRepository, email: string, password: string): Promise<string> {
  const found = await accounts.findByEmail(email);
  if (!found || !(await matches(password, found.passwordHash))) {
    throw new AppError(401, 'wrong address or password');
  }
  const token = randomBytes(24).toString('base64url');
  const user: SessionUser = { id: found.id, email: found.email, role: found.role };
  await redis.set(`session:${token}`, JSON.stringify(user), 'EX', config.sessionTtlSeconds);
  return token;
}

export async function logout(token: string): Promise<void> {
  await redis.del(`session:${token}`);
}

export async function authenticate(req: Request, _res: Response, next: NextFunction): Promise<void> {
  const token = req.header('authorization')?.replace(/^Bearer /, '');
  if (token) {
    const session = await redis.getex(`session:${token}`, 'EX', config.sessionTtlSeconds);
    if (session) {
      req.user = JSON.parse(session) as SessionUser;
    }
  }
  context.run({ requestId: randomUUID(), userId: req.user?.id }, () => next());
}

export function requireUser(req: Request): SessionUser {
  if (!req.user) {
    throw new AppError(401, 'please log in');
  }
  return req.user;
}

export function requireRole(role: Role) {
  return (req: Request, _res: Response, next: NextFunction): void => {
    next(requireUser(req).role === role ? undefined : new AppError(403, 'not allowed'));
  };
}
