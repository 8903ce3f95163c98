// Answers everything in the same way: what its processor time says is how fast the machine is at the moment.
import { createServer } from 'node:http';

createServer((request, response) => {
  request.resume();
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok');
}).listen(Number(process.argv[2]));
