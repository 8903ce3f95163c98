// pattern: read and write of the file run in a queue of one (p-limit)
import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import express from 'express';
import pLimit from 'p-limit';

interface Note {
  id: string;
  text: string;
  createdAt: string;
}

const FILE = path.join(process.cwd(), 'data', 'notes.json');
const oneAtATime = pLimit(1);
const app = express();
app.use(express.json());

const load = async (): Promise<Note[]> => JSON.parse(await readFile(FILE, 'utf8'));

app.get('/notes', async (_req, res) => {
  res.json(await load());
});

app.post('/notes', async (req, res) => {
  const note: Note = { id: randomUUID(), text: req.body.text, createdAt: new Date().toISOString() };
  await oneAtATime(async () => {
    const notes = await load();
    notes.push(note);
    await writeFile(`${FILE}.new`, JSON.stringify(notes, null, 2));
    await rename(`${FILE}.new`, FILE);
  });
  res.status(201).json(note);
});

export default app;
