// drizzle-orm/vercel-postgres: the database of drizzle-orm on this driver.
export { Database, drizzle } from './drizzle-orm';
