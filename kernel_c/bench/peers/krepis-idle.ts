import { krepis } from 'krepis';

const big = 'x'.repeat(400_000);
krepis({ connectionsMax: 12_000, blocksMax: 30_000, idleMs: 600_000, writeMs: 600_000 })
  .get('/', () => 'Hello, World!')
  .get('/big', () => big)
  .listen(Number(process.argv[2]));
