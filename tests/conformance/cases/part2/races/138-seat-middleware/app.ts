// pattern: cross-file: the first middleware loads the tenant, the second checks it, the handler writes seatsUsed + 1
import express from 'express';
import { inviteMember } from './members.controller';
import { requireFreeSeat } from './seat.middleware';
import { loadTenant } from './tenant.middleware';

export const app = express();

app.use(express.json());
app.post('/tenants/:tenantId/members', loadTenant, requireFreeSeat, inviteMember);
