import { Hono } from 'hono';
import { CrmClient } from './clients/crm.client';
import { loadTokens } from './secrets';

const crm = new CrmClient(loadTokens(), 'https://crm.example.com');

export const app = new Hono().get('/contacts/:id', async (c) => c.json(await crm.contact(c.req.param('id'))));
