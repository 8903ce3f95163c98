// pattern: cross-file: repository is async in name only; requests cannot interleave on microtasks
export interface Show {
  id: string;
  left: number;
}

export class ShowRepo {
  private readonly shows = new Map<string, Show>();

  async find(id: string): Promise<Show> {
    const show = this.shows.get(id);
    if (!show) throw new Error(`no show ${id}`);
    return { ...show };
  }

  async save(show: Show): Promise<void> {
    this.shows.set(show.id, show);
  }
}
