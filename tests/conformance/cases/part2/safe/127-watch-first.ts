// pattern: WATCH, GET, MULTI ... EXEC on a connection of its own; null means somebody else wrote: again
import Redis from 'ioredis';

const base = new Redis();

interface Poll {
  question: string;
  votes: Record<string, number>;
}

export async function vote(pollId: string, option: string): Promise<Poll> {
  const key = `poll:${pollId}`;
  const conn = base.duplicate();
  try {
    for (;;) {
      await conn.watch(key);
      const raw = await conn.get(key);
      if (!raw) throw new Error('poll is closed');
      const poll = JSON.parse(raw) as Poll;
      const next: Poll = { ...poll, votes: { ...poll.votes, [option]: (poll.votes[option] ?? 0) + 1 } };
      const done = await conn.multi().set(key, JSON.stringify(next)).exec();
      if (done !== null) return next;
    }
  } finally {
    conn.disconnect();
  }
}
