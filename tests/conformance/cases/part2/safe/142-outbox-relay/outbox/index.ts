export { OutboxRelay } from './relay';
export { OutboxTable, type OutboxMessage } from './table';
