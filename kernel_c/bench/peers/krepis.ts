import { krepis } from 'krepis';

const app = krepis()
  .get('/', () => 'Hello, World!')
  .get('/users/:id', (request) => ({ id: request.params.id, name: `user ${request.params.id}` }))
  .post('/echo', (request) => request.json() as object);
const target = process.argv[2] as string;
app.listen(target.startsWith('/') ? target : Number(target));
