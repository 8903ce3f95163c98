import type { DatabaseSync } from 'node:sqlite';
import { HttpError, type KrepisRequest, krepis, reply, t } from 'krepis';
import { Accounts, type User } from './accounts.ts';
import { hashed, matches } from './passwords.ts';
import { Tokens } from './tokens.ts';

const Credentials = t.object({ email: t.string({ max: 254, format: 'email' }), password: t.string({ min: 12, max: 200 }) });
const Refresh = t.object({ refreshToken: t.string({ max: 100 }) });
const COOKIE = 'session';
const ATTRIBUTES = 'Path=/; HttpOnly; Secure; SameSite=Strict';
/** Compared with when there is no such user, so that the time of the answer does not say so. */
const NOBODY = 'AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

export function application(db: DatabaseSync, secret: string) {
  const app = krepis()
    .provide('accounts', () => new Accounts(db))
    .provide('tokens', () => new Tokens(secret));

  async function known(accounts: Accounts, email: string, password: string): Promise<User> {
    const user = accounts.byEmail(email.toLowerCase());
    const right = await matches(password, user?.password ?? NOBODY);
    if (!user || !right) throw new HttpError(401, 'wrong address or password');
    return user;
  }

  async function current(request: KrepisRequest<string, unknown>, accounts: Accounts, tokens: Tokens): Promise<User> {
    const [scheme, token] = (request.header('authorization') ?? '').split(' ');
    const cookie = request.cookies[COOKIE];
    if (scheme === 'Bearer' && token) {
      const id = await tokens.user(token);
      const user = id === undefined ? undefined : accounts.byId(id);
      if (user) return user;
    } else if (cookie) {
      const user = accounts.ofSession(cookie);
      if (user) return user;
    }
    throw new HttpError(401, 'log in first', { 'www-authenticate': 'Bearer' });
  }

  app.post('/users', { body: Credentials }, async (request, { accounts }) => {
    const { email, password } = request.valid.body;
    const id = accounts.add(email.toLowerCase(), await hashed(password));
    if (id === undefined) throw new HttpError(409, 'the address is taken');
    return reply({ id, email: email.toLowerCase() }, { status: 201 });
  });

  app.post('/session', { body: Credentials }, async (request, { accounts }) => {
    const { email, password } = request.valid.body;
    const user = await known(accounts, email, password);
    return reply(undefined, { headers: { 'set-cookie': `${COOKIE}=${accounts.begin(user.id)}; ${ATTRIBUTES}` }, status: 204 });
  });

  app.delete('/session', (request, { accounts }) => {
    const token = request.cookies[COOKIE];
    if (token) accounts.end(token);
    return reply(undefined, { headers: { 'set-cookie': `${COOKIE}=; Max-Age=0; ${ATTRIBUTES}` }, status: 204 });
  });

  app.post('/tokens', { body: Credentials }, async (request, { accounts, tokens }) => {
    const { email, password } = request.valid.body;
    const user = await known(accounts, email, password);
    return { accessToken: await tokens.make(user.id), refreshToken: accounts.issue(user.id) };
  });

  app.post('/tokens/refresh', { body: Refresh }, async (request, { accounts, tokens }) => {
    const next = accounts.rotate(request.valid.body.refreshToken);
    if (!next) throw new HttpError(401, 'the refresh token is unknown, old or used');
    return { accessToken: await tokens.make(next.user), refreshToken: next.token };
  });

  app.get('/me', async (request, { accounts, tokens }) => {
    const { id, email } = await current(request, accounts, tokens);
    return { id, email };
  });

  app.fixed('GET', '/health', 'ok');
  return app;
}
