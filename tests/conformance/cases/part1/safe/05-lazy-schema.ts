// pattern: the same file loaded by two first callers and stored twice: an idempotent overwrite
import { readFile } from 'node:fs/promises';
import path from 'node:path';

interface Schema {
  required: string[];
}

const SCHEMA_FILE = path.join(__dirname, 'schemas', 'order.json');
let schema: Schema | undefined;

async function orderSchema(): Promise<Schema> {
  if (schema === undefined) {
    const text = await readFile(SCHEMA_FILE, 'utf8');
    schema = JSON.parse(text) as Schema;
  }
  return schema;
}

export async function missingFields(order: Record<string, unknown>): Promise<string[]> {
  const { required } = await orderSchema();
  return required.filter((field) => order[field] === undefined);
}
