// pattern: async EventEmitter listener: standing read, rating awaited, new standing stored
import { EventEmitter } from 'node:events';

interface MatchEnded {
  winner: string;
  loser: string;
}

export class Standings extends EventEmitter {
  private readonly points: Map<string, number> = new Map();

  constructor(private readonly rating: (winner: number, loser: number) => Promise<number>) {
    super();
    this.on('match', this.onMatch.bind(this));
  }

  of(player: string): number {
    return this.points.get(player) ?? 1000;
  }

  private async onMatch({ winner, loser }: MatchEnded): Promise<void> {
    const w = this.of(winner);
    const l = this.of(loser);
    const delta = await this.rating(w, l);
    this.points.set(winner, w + delta); // RACE: lost-update
    this.points.set(loser, l - delta); // RACE: lost-update
    this.emit('changed', winner, loser);
  }
}
