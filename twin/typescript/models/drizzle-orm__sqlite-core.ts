// drizzle-orm/sqlite-core: tables and their columns.
import { columnOf, constraint, table } from './drizzle-orm';

export const sqliteTable = table;
export const serial = columnOf;
export const text = columnOf;
export const varchar = columnOf;
export const integer = columnOf;
export const int = columnOf;
export const bigint = columnOf;
export const numeric = columnOf;
export const decimal = columnOf;
export const real = columnOf;
export const boolean = columnOf;
export const timestamp = columnOf;
export const date = columnOf;
export const uuid = columnOf;
export const json = columnOf;
export const jsonb = columnOf;
export const sqliteEnum = () => columnOf;

export const unique = constraint('unique');
export const uniqueIndex = constraint('unique');
export const index = constraint('index');
export const primaryKey = constraint('primaryKey');
