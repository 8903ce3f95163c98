export { Leases } from './lease';
