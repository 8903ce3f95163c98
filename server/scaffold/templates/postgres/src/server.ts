import { application } from './app.ts';
import { connect } from './database.ts';

const app = application(await connect());
const server = app.listen(Number(process.env.PORT ?? 3000), process.env.HOST);
process.once('SIGTERM', () => server.close(5000));
