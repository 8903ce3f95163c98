import { application } from './app.ts';
import { connect } from './database.ts';

const secret = process.env.WEBHOOK_SECRET ?? (process.env.NODE_ENV === 'production' ? undefined : 'development');
if (!secret) throw new Error('WEBHOOK_SECRET is not set');
const app = application(await connect(), secret);
const server = app.listen(Number(process.env.PORT ?? 3000), process.env.HOST);
process.once('SIGTERM', () => server.close(5000));
