/** Eight tenants in isolates: `node krepis-tenants.ts PORT`. Says `ready` when all of them answer. */

import { krepis } from '../../sdk/index.ts';

const app = krepis();
const told = app.tenants({
  program: new URL('tenant.ts', import.meta.url),
  header: 'x-tenant',
  memoryMb: 64,
  tenants: Array.from({ length: 8 }, (_, i) => ({ name: `t${i}`, headers: [`t${i}`], running: 20, rate: 2000 })),
});
app.metrics('/metrics');
app.listen(Number(process.argv[2]));
await told.ready();
process.stdout.write('ready\n');
