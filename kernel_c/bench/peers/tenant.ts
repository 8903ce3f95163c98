import { krepis } from '../../sdk/index.ts';

const kept: unknown[] = [];

export default krepis()
  .get('/users/:id', (request) => ({ id: request.params.id }))
  .get('/loop', () => {
    for (;;);
  })
  .get('/leak', async () => {
    for (;;) {
      kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
