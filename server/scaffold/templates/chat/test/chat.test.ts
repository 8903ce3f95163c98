import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { application } from '../src/app.ts';
import type { Message } from '../src/rooms.ts';
import { serve } from './serve.ts';

const url = serve(application());

/** A client with the messages that it has heard, to be taken one by one. */
async function join(room: string, name: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/rooms/${room}?name=${name}`);
  const heard: Message[] = [];
  const waiting: ((message: Message) => void)[] = [];
  socket.addEventListener('message', ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    const next = waiting.shift();
    if (next) next(message);
    else heard.push(message);
  });
  await once(socket, 'open');
  const next = (): Promise<Message> => {
    const message = heard.shift();
    return message ? Promise.resolve(message) : new Promise((resolve) => waiting.push(resolve));
  };
  return { socket, next };
}

test('all in a room hear a message, and who comes later gets it too', async () => {
  const [ada, ben] = await Promise.all([join('tea', 'Ada'), join('tea', 'Ben')]);
  ada.socket.send('hello');
  for (const one of [ada, ben]) {
    const { name, text } = await one.next();
    assert.deepEqual([name, text], ['Ada', 'hello']);
  }
  const late = await join('tea', 'Cleo');
  assert.equal((await late.next()).text, 'hello');
  const history = (await (await fetch(`${url}/rooms/tea/messages`)).json()) as Message[];
  assert.deepEqual(history.map(({ text }) => text), ['hello']);
  for (const one of [ada, ben, late]) one.socket.close();
});

test('rooms do not hear each other', async () => {
  const [one, other] = await Promise.all([join('one', 'Ada'), join('other', 'Ben')]);
  one.socket.send('for one');
  await one.next();
  other.socket.send('for the other');
  assert.equal((await other.next()).text, 'for the other');
  for (const client of [one, other]) client.socket.close();
});

test('a client without a name is refused', async () => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/rooms/tea`);
  await once(socket, 'error');
});
