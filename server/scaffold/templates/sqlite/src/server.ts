import { application } from './app.ts';
import { connect } from './database.ts';

const app = application(connect(process.env.DATABASE_FILE ?? 'data.sqlite'));
const server = app.listen(Number(process.env.PORT ?? 3000), process.env.HOST);
process.once('SIGTERM', () => server.close(5000));
