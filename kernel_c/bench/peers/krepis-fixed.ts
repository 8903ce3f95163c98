import { krepis, reply } from 'krepis';

const app = krepis().fixed('GET', '/', 'Hello, World!').fixed('GET', '/users/42', reply({ id: '42', name: 'user 42' }));
const target = process.argv[2] as string;
app.listen(target.startsWith('/') ? target : Number(target));
