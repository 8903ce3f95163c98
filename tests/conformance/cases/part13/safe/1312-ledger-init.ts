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
    const { rowCount } = await this.pool!.query(
      'UPDATE accounts SET balance = balance - $1 WHERE id = $2 AND balance >= $1',
      [amount, id],
    );
    if (rowCount === 0) throw new Error('insufficient');
    this.channel!.publish('ledger', 'charged', Buffer.from(id));
  }

  async stop(): Promise<void> {
    if (this.pool) await this.pool.end();
    this.pool = null;
  }
}
