import { application } from './app.ts';

const server = application().listen(Number(process.env.PORT ?? 3000), process.env.HOST);
process.once('SIGTERM', () => server.close(5000));
