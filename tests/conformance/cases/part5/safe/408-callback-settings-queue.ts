import { readFile, writeFile } from 'node:fs';

const FILE = '/var/lib/agent/settings.json';

type Done = (error: Error | null) => void;
type Task = { name: string; value: string; done: Done };

const tasks: Task[] = [];
let busy = false;

function next(): void {
  const task = tasks.shift();
  if (!task) {
    busy = false;
    return;
  }
  const finish = (error: Error | null): void => {
    task.done(error);
    next();
  };
  readFile(FILE, 'utf8', (error, text) => {
    if (error) return finish(error);
    const settings = JSON.parse(text) as Record<string, string>;
    settings[task.name] = task.value;
    writeFile(FILE, JSON.stringify(settings), finish);
  });
}

export function setOption(name: string, value: string, done: Done): void {
  tasks.push({ name, value, done });
  if (busy) return;
  busy = true;
  next();
}
