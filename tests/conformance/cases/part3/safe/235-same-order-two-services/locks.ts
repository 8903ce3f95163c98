import { Mutex } from 'async-mutex';

export const orderLock = new Mutex();
export const stockLock = new Mutex();
