import { timingSafeEqual } from 'node:crypto';
import { HttpError, type KrepisRequest, krepis, reply, t } from 'krepis';
import type { Database } from './database.ts';
import { type Tenant, Tenants } from './tenants.ts';

const Name = t.string({ min: 1, max: 100, pattern: /^[^\0]*$/ });
const NewTenant = t.object({ name: Name, projectsMax: t.integer({ min: 1, max: 1000 }) });
const NewProject = t.object({ name: Name });
const Id = t.object({ id: t.integer({ min: 1, max: 2 ** 31 - 1 }) });

function isAdmin(given: string, key: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(key)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function application(db: Database, adminKey: string) {
  const app = krepis()
    .provide('db', () => db)
    .provide('tenants', ({ db }) => new Tenants(db));

  async function tenantOf(request: KrepisRequest<string, unknown>, tenants: Tenants): Promise<Tenant> {
    const tenant = await tenants.ofKey(request.header('x-api-key') ?? '');
    if (!tenant) throw new HttpError(401, 'no such key');
    return tenant;
  }

  app.post('/tenants', { body: NewTenant }, async (request, { tenants }) => {
    if (!isAdmin(request.header('x-admin-key') ?? '', adminKey)) throw new HttpError(401, 'not the admin');
    const { name, projectsMax } = request.valid.body;
    const key = await tenants.add(name, projectsMax);
    if (key === undefined) throw new HttpError(409, 'the name is taken');
    return reply({ name, key }, { status: 201 });
  });

  app.get('/projects', async (request, { tenants }) => {
    const tenant = await tenantOf(request, tenants);
    return tenants.projects(tenant.id);
  });

  app.post('/projects', { body: NewProject }, async (request, { tenants }) => {
    const tenant = await tenantOf(request, tenants);
    const project = await tenants.addProject(tenant.id, request.valid.body.name);
    if (project === 'full') throw new HttpError(402, 'the plan allows no more projects');
    if (project === 'taken') throw new HttpError(409, 'the name is taken');
    return reply(project, { status: 201 });
  });

  app.delete('/projects/:id', { params: Id }, async (request, { tenants }) => {
    const tenant = await tenantOf(request, tenants);
    if (!(await tenants.removeProject(tenant.id, request.valid.params.id))) throw new HttpError(404, 'no such project');
    return reply(undefined, { status: 204 });
  });

  app.fixed('GET', '/health', 'ok');
  return app;
}
