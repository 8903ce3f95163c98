import { ShowRepo } from './show.repo';

export class NotEnoughTickets extends Error {}

export class ShowService {
  constructor(private readonly repo: ShowRepo) {}

  async sell(id: string, tickets: number): Promise<number> {
    const show = await this.repo.find(id);
    if (show.left < tickets) throw new NotEnoughTickets(id);
    show.left -= tickets;
    await this.repo.save(show); // RACE: lost-update
    return show.left;
  }
}
