// firebase-admin as one namespace, the way before its entry points per service.
import { unknown } from 'krepis:model';
import { FieldValue, Firestore, Timestamp } from './firebase-admin__firestore';
import { Database, ServerValue } from './firebase-admin__database';

export const firestore = () => new Firestore();
firestore.FieldValue = FieldValue;
firestore.Timestamp = Timestamp;

export const database = () => new Database();
database.ServerValue = ServerValue;

export const auth = () => unknown('firebase.auth');
export const initializeApp = () => ({ firestore, database, auth });
export const credential = unknown('firebase.credential');
export const apps = [];

export default { firestore, database, auth, initializeApp, credential, apps };
