import { application } from './app.ts';
import { connect } from './database.ts';

const key = process.env.ADMIN_KEY ?? (process.env.NODE_ENV === 'production' ? undefined : 'development');
if (!key) throw new Error('ADMIN_KEY is not set');
const app = application(await connect(), key);
const server = app.listen(Number(process.env.PORT ?? 3000), process.env.HOST);
process.once('SIGTERM', () => server.close(5000));
