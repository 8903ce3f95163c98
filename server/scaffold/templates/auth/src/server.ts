import { randomBytes } from 'node:crypto';
import { application } from './app.ts';
import { connect } from './database.ts';

const secret = process.env.TOKEN_SECRET ?? randomBytes(32).toString('hex');
const app = application(connect(process.env.DATABASE_FILE ?? 'data.sqlite'), secret);
const server = app.listen(Number(process.env.PORT ?? 3000), process.env.HOST);
process.once('SIGTERM', () => server.close(5000));
