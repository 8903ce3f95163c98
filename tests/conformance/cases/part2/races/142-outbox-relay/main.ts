// pattern: cross-file: a tick that takes longer than the interval overlaps the next: messages are published twice
import knexFactory from 'knex';
import { Broker } from './broker';
import { OutboxRelay, OutboxTable } from './outbox';

const knex = knexFactory({ client: 'pg', connection: process.env.DATABASE_URL });
const relay = new OutboxRelay(new OutboxTable(knex), new Broker(process.env.BROKER_URL!));

setInterval(() => {
  relay.tick().catch((err) => console.error('outbox relay', err));
}, 1_000);
