import { krepis, reply, t } from 'krepis';
import { Feed } from './feed.ts';

const NewEvent = t.object({ text: t.string({ min: 1, max: 1000 }) });
const PAGE = `<!doctype html><title>Feed</title><ul id="feed"></ul>
<script>
  new EventSource('/events').onmessage = ({ data }) => {
    const item = document.createElement('li');
    item.textContent = JSON.parse(data).text;
    document.getElementById('feed').append(item);
  };
</script>`;

/** An event of the HTML standard's event streams; JSON has no line breaks outside of strings. */
async function* lines(events: AsyncIterable<{ id: number }>): AsyncGenerator<string> {
  yield 'retry: 1000\n\n';
  for await (const event of events) yield `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
}

export function application() {
  const feed = new Feed();
  const app = krepis();

  app.post('/events', { body: NewEvent }, (request) => reply(feed.add(request.valid.body.text), { status: 201 }));

  app.get('/events', (request) => {
    const last = Number(request.header('last-event-id') ?? 0);
    const events = feed.after(Number.isSafeInteger(last) ? last : 0, request.signal);
    return reply(lines(events), { headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } });
  });

  app.fixed('GET', '/health', 'ok');
  app.get('/', () => reply(PAGE, { headers: { 'content-type': 'text/html; charset=utf-8' } }));
  return app;
}
