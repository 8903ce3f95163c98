import { readFile, writeFile } from 'node:fs';

const FILE = '/var/lib/agent/settings.json';

type Done = (error: Error | null) => void;

export function setOption(name: string, value: string, done: Done): void {
  readFile(FILE, 'utf8', (error, text) => {
    if (error) return done(error);
    const settings = JSON.parse(text) as Record<string, string>;
    settings[name] = value;
    writeFile(FILE, JSON.stringify(settings), (failed) => done(failed)); // RACE: lost-update
  });
}
