import fs from 'node:fs';

export function bump(file: string): number {
  const value = Number(fs.readFileSync(file, 'utf8')) + 1;
  fs.writeFileSync(file, String(value));
  return value;
}
