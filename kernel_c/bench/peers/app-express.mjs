import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import cookies from 'cookie-parser';
import cors from 'cors';
import express from 'express';
import helmet from 'helmet';
import morgan from 'morgan';
import { list, made, one, order, RESOURCES } from './app-shared.mjs';

const app = express();
app.use(morgan('tiny', { stream: createWriteStream(process.env.LOG, { flags: 'a' }) }));
app.use(helmet());
app.use(cors());
app.use(cookies());
app.use((_, response, next) => {
  response.setHeader('x-request-id', randomUUID());
  next();
});
app.use(express.json());
for (const resource of RESOURCES) {
  app.get(`/api/${resource}`, (_, response) => response.json(list(resource)));
  app.get(`/api/${resource}/:id`, (request, response) =>
    response.json(one(resource, request.params.id, request.cookies.session)),
  );
  app.post(`/api/${resource}`, (request, response) => {
    const body = order.safeParse(request.body);
    if (body.success) response.json(made(resource, body.data, request.cookies.session));
    else response.status(422).json({ error: body.error.issues });
  });
}
app.listen(Number(process.argv[2]));
