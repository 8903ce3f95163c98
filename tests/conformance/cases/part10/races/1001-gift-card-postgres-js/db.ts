import postgres from 'postgres';

export const sql = postgres(process.env.DATABASE_URL!, { max: 10, transform: postgres.camel });

export type Tx = postgres.TransactionSql;
