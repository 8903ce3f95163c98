import { krepis } from 'krepis';

const app = krepis()
  .get('/', async () => 'Hello, World!')
  .get('/users/:id', async (request) => ({ id: request.params.id, name: `user ${request.params.id}` }))
  .post('/echo', async (request) => request.json() as object);
const target = process.argv[2] as string;
app.listen(target.startsWith('/') ? target : Number(target));
