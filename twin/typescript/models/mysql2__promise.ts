// mysql2/promise is mysql2 with promises, which is how mysql2 is modelled.
export { Connection, Pool, PoolConnection, createConnection, createPool } from './mysql2';
export { default } from './mysql2';
