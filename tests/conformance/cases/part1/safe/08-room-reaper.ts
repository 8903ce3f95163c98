// pattern: empty room removed from the Map in the tick of the check, its log written afterwards
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
    const empty: Room[] = [];
    for (const [id, room] of this.rooms) {
      if (room.members.size > 0) continue;
      this.rooms.delete(id);
      empty.push(room);
    }
    for (const { archiveId, log } of empty) await this.store.write(archiveId, log);
  }
}
