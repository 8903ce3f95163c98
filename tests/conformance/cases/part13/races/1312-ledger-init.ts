import amqp, { Channel } from 'amqplib';
import { Pool } from 'pg';

export class Ledger {
  private pool: Pool | null = null;
  private channel?: Channel;

  async init(): Promise<void> {
    this.pool = new Pool();
    const connection = await amqp.connect(process.env.AMQP_URL!);
    this.channel = await connection.createChannel();
  }

  async charge(id: string, amount: number): Promise<void> {
    const { rows } = await this.pool!.query('SELECT balance FROM accounts WHERE id = $1', [id]);
    if (rows[0].balance < amount) throw new Error('insufficient');
    await this.pool!.query('UPDATE accounts SET balance = $1 WHERE id = $2', [rows[0].balance - amount, id]);
    this.channel!.publish('ledger', 'charged', Buffer.from(id));
  }

  async stop(): Promise<void> {
    if (this.pool) await this.pool.end();
    this.pool = null;
  }
}
