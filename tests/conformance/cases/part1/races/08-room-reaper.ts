// pattern: Map iterated with an await in the body; a room joined meanwhile is deleted all the same
import { randomUUID } from 'node:crypto';

interface Room {
  readonly archiveId: string;
  members: Set<string>;
  log: string[];
}

interface LogStore {
  write(archiveId: string, log: string[]): Promise<void>;
}

export class RoomRegistry {
  private readonly rooms = new Map<string, Room>();

  constructor(private readonly store: LogStore) {}

  open(id: string): void {
    if (this.rooms.has(id)) return;
    this.rooms.set(id, { archiveId: randomUUID(), members: new Set(), log: [] });
  }

  join(id: string, member: string): boolean {
    const room = this.rooms.get(id);
    if (!room) return false;
    room.members.add(member);
    room.log.push(`${member} joined`);
    return true;
  }

  async reap(): Promise<void> {
    for (const [id, room] of this.rooms) {
      if (room.members.size > 0) continue;
      await this.store.write(room.archiveId, room.log);
      this.rooms.delete(id); // RACE: check-then-act
    }
  }
}
