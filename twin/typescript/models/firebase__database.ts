// The functions of the web SDK over the same references.
import { ServerValue } from './firebase-admin__database';

export { getDatabase } from './firebase-admin__database';

export const ref = (database, path) => database.ref(path);
export const child = (reference, path) => reference.child(path);
export const get = (reference) => reference.get();
export const set = (reference, value) => reference.set(value);
export const push = (reference, value) => reference.push(value);
export const update = (reference, values) => reference.update(values);
export const remove = (reference) => reference.remove();
export const runTransaction = (reference, change) => reference.transaction(change);
export const { increment } = ServerValue;
export const serverTimestamp = () => ServerValue.TIMESTAMP;
