import fs from 'node:fs';

export function bump(file: string, done: (error: Error | null, value?: number) => void): void {
  fs.readFile(file, 'utf8', (error, text) => {
    if (error) return done(error);
    const value = Number(text) + 1;
    fs.writeFile(file, String(value), (failed) => done(failed, value)); // RACE: lost-update
  });
}
