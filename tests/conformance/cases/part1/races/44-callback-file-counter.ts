// pattern: node callbacks: file read, changed and written back with no order between two requests
import * as fs from 'fs';
import * as path from 'path';

const FILE = path.resolve('data', 'visits.json');

type Done = (err: Error | null, visits?: number) => void;

export function recordVisit(page: string, done: Done): void {
  fs.readFile(FILE, 'utf8', function (err, text) {
    if (err) return done(err);
    let visits: Record<string, number>;
    try {
      visits = JSON.parse(text);
    } catch (e) {
      return done(e as Error);
    }
    visits[page] = (visits[page] || 0) + 1;
    fs.writeFile(FILE, JSON.stringify(visits), function (err2) { // RACE: lost-update
      if (err2) return done(err2);
      done(null, visits[page]);
    });
  });
}
