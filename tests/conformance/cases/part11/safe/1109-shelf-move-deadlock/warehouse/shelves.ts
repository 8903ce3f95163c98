import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const file = (shelf: string, sku: string) => join('/var/lib/shelves', shelf, `${sku}.txt`);

export async function count(shelf: string, sku: string): Promise<number> {
  const text = await readFile(file(shelf, sku), 'utf8').catch(() => '0');
  return Number.parseInt(text, 10);
}

export async function setCount(shelf: string, sku: string, value: number): Promise<void> {
  await writeFile(file(shelf, sku), String(value));
}
