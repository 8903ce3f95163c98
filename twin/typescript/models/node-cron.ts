// node-cron: the callback is an entry point; runs may overlap.
import { handler } from 'krepis:model';

const task = { start: () => {}, stop: () => {}, destroy: () => {} };

export const schedule = (expression, work, options) => {
  handler(`cron ${expression}`, work);
  return task;
};

export const createTask = schedule;

export const validate = () => true;

export default { schedule, createTask, validate };
