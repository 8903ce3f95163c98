import { WebSocketServer } from 'ws';
import { open, type Doc } from './documents';
import { transform } from './transform';

interface Edit {
  doc: string;
  insert: string;
  at: number;
}

async function apply(doc: Doc, edit: Edit): Promise<number> {
  const text = await transform(doc.text, edit.insert, edit.at);
  doc.text = text;
  return ++doc.revision;
}

export function serve(port: number): WebSocketServer {
  const wss = new WebSocketServer({ port });
  wss.on('connection', (ws) => {
    ws.on('message', async (data) => {
      const edit = JSON.parse(data.toString()) as Edit;
      const doc = open(edit.doc);
      const revision = await doc.enqueue(() => apply(doc, edit));
      ws.send(JSON.stringify({ ack: revision }));
    });
  });
  return wss;
}
