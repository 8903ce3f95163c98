import { createServer } from 'node:http';
import { openTicket } from './tickets';

const server = createServer(async (request, response) => {
  if (request.method !== 'POST' || request.url !== '/tickets') {
    response.writeHead(404).end();
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { project, title, reporter } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  const ticket = await openTicket(project, title, reporter);
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ number: ticket.number }));
});

server.listen(8080);
