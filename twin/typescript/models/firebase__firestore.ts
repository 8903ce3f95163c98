// The functions of the web SDK over the same documents.
import { FieldValue, getFirestore } from './firebase-admin__firestore';

export { getFirestore, Timestamp } from './firebase-admin__firestore';

export const collection = (db, path) => db.collection(path);
export const doc = (parent, path, id) => (id === undefined ? parent.doc(path) : parent.collection(path).doc(id));

const seen = (snapshot) => ({ id: snapshot.id, ref: snapshot.ref, exists: () => snapshot.exists, data: () => snapshot.data() });

export const getDoc = async (ref) => seen(await ref.get());
export const getDocs = (query) => query.get();
export const setDoc = (ref, data, options) => ref.set(data, options);
export const updateDoc = (ref, data) => ref.update(data);
export const deleteDoc = (ref) => ref.delete();
export const addDoc = (parent, data) => parent.add(data);

export const where = (field, op, value) => (query) => query.where(field, op, value);
export const orderBy = () => (query) => query;
export const limit = (n) => (query) => query.limit(n);
export const query = (parent, ...clauses) => clauses.reduce((made, clause) => clause(made), parent);

export const runTransaction = (db, work) =>
  db.runTransaction((transaction) =>
    work({
      get: async (ref) => seen(await transaction.get(ref)),
      set: (ref, data, options) => transaction.set(ref, data, options),
      update: (ref, data) => transaction.update(ref, data),
      delete: (ref) => transaction.delete(ref),
    }),
  );
export const writeBatch = (db) => db.batch();

export const { increment, serverTimestamp, arrayUnion, arrayRemove } = FieldValue;
export const deleteField = FieldValue.delete;
