// pattern: cross-file: write-through repository awaits the disk before its Map changes; the service counts down on a copy
import { writeFile } from 'node:fs/promises';

export interface Show {
  id: string;
  left: number;
}

export class ShowRepo {
  private readonly shows = new Map<string, Show>();

  constructor(private readonly folder: string) {}

  async find(id: string): Promise<Show> {
    const show = this.shows.get(id);
    if (!show) throw new Error(`no show ${id}`);
    return { ...show };
  }

  async save(show: Show): Promise<void> {
    await writeFile(`${this.folder}/${show.id}.json`, JSON.stringify(show));
    this.shows.set(show.id, show);
  }
}
