// pattern: the listener appends to a chain, so matches are rated one after the other
import { EventEmitter } from 'node:events';

interface MatchEnded {
  winner: string;
  loser: string;
}

export class Standings extends EventEmitter {
  private readonly points: Map<string, number> = new Map();
  private chain: Promise<unknown> = Promise.resolve();

  constructor(private readonly rating: (winner: number, loser: number) => Promise<number>) {
    super();
    this.on('match', (match: MatchEnded) => {
      this.chain = this.chain.then(() => this.onMatch(match)).catch((error) => this.emit('error', error));
    });
  }

  of(player: string): number {
    return this.points.get(player) ?? 1000;
  }

  private async onMatch({ winner, loser }: MatchEnded): Promise<void> {
    const w = this.of(winner);
    const l = this.of(loser);
    const delta = await this.rating(w, l);
    this.points.set(winner, w + delta);
    this.points.set(loser, l - delta);
  }
}
