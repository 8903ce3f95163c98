// next/headers: cookies and headers belong to the request that asks for them.
import { unknown } from 'krepis:model';

class Jar {
  constructor() {
    this.kept = new Map();
  }

  get(name) {
    return this.kept.has(name) ? this.kept.get(name) : unknown('cookie', name);
  }

  has(name) {
    return this.get(name) !== undefined;
  }

  getAll() {
    return unknown('cookies');
  }

  set(name, value) {
    this.kept.set(name, { name, value });
    return this;
  }

  delete(name) {
    this.kept.set(name, undefined);
    return this;
  }
}

export const cookies = async () => new Jar();

export const headers = async () => unknown('headers');

export const draftMode = async () => ({ isEnabled: unknown('draft mode'), enable() {}, disable() {} });
