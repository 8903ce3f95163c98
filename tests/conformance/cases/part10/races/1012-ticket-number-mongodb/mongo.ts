import { MongoClient, type Collection, type ObjectId } from 'mongodb';

export interface Ticket {
  _id?: ObjectId;
  project: string;
  number: number;
  title: string;
  reporter: string;
}

export interface Counter {
  _id: string;
  value: number;
}

const client = new MongoClient(process.env.MONGO_URL ?? 'mongodb://localhost:27017');
const db = client.db('support');

export const tickets: Collection<Ticket> = db.collection('tickets');
export const counters: Collection<Counter> = db.collection('counters');
