// pattern: array index found before the await, splice with it after the await removes another element
import Fastify from 'fastify';
import { archive } from './archive';

interface Todo {
  id: string;
  title: string;
  done: boolean;
}

export const app = Fastify({ logger: true });
const todos: Todo[] = [];

app.post<{ Body: Todo }>('/todos', async (request, reply) => {
  todos.push(request.body);
  return reply.code(201).send(request.body);
});

app.delete<{ Params: { id: string } }>('/todos/:id', async (request, reply) => {
  const index = todos.findIndex((todo) => todo.id === request.params.id);
  if (index === -1) {
    return reply.code(404).send();
  }
  await archive.append(todos[index]);
  todos.splice(index, 1); // RACE: stale-read
  return reply.code(204).send();
});
