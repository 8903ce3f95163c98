import { createServer } from 'node:http';

const text = { 'content-type': 'text/plain; charset=utf-8' };
const json = { 'content-type': 'application/json; charset=utf-8' };
const server = createServer((request, response) => {
  if (request.method === 'GET' && request.url === '/') {
    response.writeHead(200, text).end('Hello, World!');
  } else if (request.method === 'GET' && request.url.startsWith('/users/')) {
    const id = request.url.slice(7);
    response.writeHead(200, json).end(JSON.stringify({ id, name: `user ${id}` }));
  } else if (request.method === 'POST' && request.url === '/echo') {
    let body = '';
    request.setEncoding('utf8').on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => response.writeHead(200, json).end(JSON.stringify(JSON.parse(body))));
  } else {
    response.writeHead(404, text).end('Not Found');
  }
});
server.listen(process.argv[2].startsWith('/') ? process.argv[2] : Number(process.argv[2]));
