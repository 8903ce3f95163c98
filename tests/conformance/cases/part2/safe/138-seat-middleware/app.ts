// pattern: cross-file: the second middleware takes the seat with one conditional update instead of comparing a copy
import express from 'express';
import { inviteMember } from './members.controller';
import { takeSeat } from './seat.middleware';
import { loadTenant } from './tenant.middleware';

export const app = express();

app.use(express.json());
app.post('/tenants/:tenantId/members', loadTenant, takeSeat, inviteMember);
