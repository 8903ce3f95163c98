import { readFile } from 'node:fs/promises';
import { connect, type Broker } from './broker';

export class Brokers {
  private static instance: Promise<Broker> | null = null;

  static get(): Promise<Broker> {
    return (Brokers.instance ??= Brokers.open());
  }

  private static async open(): Promise<Broker> {
    try {
      const url = await readFile('/etc/broker', 'utf8');
      return await connect(url.trim());
    } catch (error) {
      Brokers.instance = null;
      throw error;
    }
  }
}
