// pattern: JSON file read, array extended, file written
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import express from 'express';

interface Note {
  id: string;
  text: string;
  createdAt: string;
}

const FILE = path.join(process.cwd(), 'data', 'notes.json');
const app = express();
app.use(express.json());

const load = async (): Promise<Note[]> => JSON.parse(await readFile(FILE, 'utf8'));

app.get('/notes', async (_req, res) => {
  res.json(await load());
});

app.post('/notes', async (req, res) => {
  const notes = await load();
  const note: Note = { id: randomUUID(), text: req.body.text, createdAt: new Date().toISOString() };
  notes.push(note);
  await writeFile(FILE, JSON.stringify(notes, null, 2)); // RACE: lost-update
  res.status(201).json(note);
});

export default app;
