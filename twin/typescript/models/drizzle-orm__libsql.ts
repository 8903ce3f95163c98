// drizzle-orm/libsql: the database of drizzle-orm on this driver.
export { Database, drizzle } from './drizzle-orm';
