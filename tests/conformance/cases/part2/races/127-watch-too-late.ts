// pattern: WATCH after GET: a write between the two is not noticed by EXEC
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
      const raw = await conn.get(key);
      if (!raw) throw new Error('poll is closed');
      await conn.watch(key);
      const poll = JSON.parse(raw) as Poll;
      const next: Poll = { ...poll, votes: { ...poll.votes, [option]: (poll.votes[option] ?? 0) + 1 } };
      const done = await conn.multi().set(key, JSON.stringify(next)).exec(); // RACE: lost-update
      if (done !== null) return next;
    }
  } finally {
    conn.disconnect();
  }
}
