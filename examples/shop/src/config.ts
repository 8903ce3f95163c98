import { z } from 'zod';

const Environment = z.object({
  PORT: z.coerce.number().int().default(3000),
  DATABASE_URL: z.string().default('postgres://shop@localhost:5432/shop'),
  REDIS_URL: z.string().default('redis://localhost:6379'),
  PAYMENTS_URL: z.string().default('http://localhost:4010'),
  PAYMENTS_CLIENT_ID: z.string().default('shop'),
  PAYMENTS_SECRET: z.string().default(''),
  COURIER_URL: z.string().default('http://localhost:4020'),
  SESSION_TTL_SECONDS: z.coerce.number().int().default(3600),
  CATALOG_TTL_MS: z.coerce.number().int().default(30_000),
});

const env = Environment.parse(process.env);

export const config = {
  port: env.PORT,
  databaseUrl: env.DATABASE_URL,
  redisUrl: env.REDIS_URL,
  payments: {
    url: env.PAYMENTS_URL,
    clientId: env.PAYMENTS_CLIENT_ID,
    secret: env.PAYMENTS_SECRET,
  },
  courierUrl: env.COURIER_URL,
  sessionTtlSeconds: env.SESSION_TTL_SECONDS,
  catalogTtlMs: env.CATALOG_TTL_MS,
} as const;
