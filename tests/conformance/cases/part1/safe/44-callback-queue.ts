// pattern: node callbacks behind a home-made queue: one read, change and write at a time
import * as fs from 'fs';
import * as path from 'path';

const FILE = path.resolve('data', 'visits.json');

type Done = (err: Error | null, visits?: number) => void;

const waiting: Array<() => void> = [];
let busy = false;

function next(): void {
  const task = waiting.shift();
  if (task) task();
  else busy = false;
}

function update(page: string, done: Done): void {
  fs.readFile(FILE, 'utf8', function (err, text) {
    if (err) return done(err);
    let visits: Record<string, number>;
    try {
      visits = JSON.parse(text);
    } catch (e) {
      return done(e as Error);
    }
    visits[page] = (visits[page] || 0) + 1;
    fs.writeFile(FILE, JSON.stringify(visits), function (err2) {
      if (err2) return done(err2);
      done(null, visits[page]);
    });
  });
}

export function recordVisit(page: string, done: Done): void {
  const task = () =>
    update(page, function (err, visits) {
      next();
      done(err, visits);
    });
  if (busy) {
    waiting.push(task);
    return;
  }
  busy = true;
  task();
}
