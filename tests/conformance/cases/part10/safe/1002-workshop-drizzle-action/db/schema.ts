import { integer, pgTable, primaryKey, serial, text, timestamp } from 'drizzle-orm/pg-core';

export const workshops = pgTable('workshops', {
  id: serial('id').primaryKey(),
  title: text('title').notNull(),
  capacity: integer('capacity').notNull(),
  taken: integer('taken').notNull().default(0),
});

export const registrations = pgTable(
  'registrations',
  {
    workshopId: integer('workshop_id').notNull().references(() => workshops.id),
    email: text('email').notNull(),
    createdAt: timestamp('created_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workshopId, table.email] })],
);
