// pattern: the others are counted and the own entry is changed in one tick after the await
import { Injectable, ConflictException } from '@nestjs/common';
import { CalendarClient } from './calendar.client';

@Injectable()
export class OnCallRota {
  private readonly active = new Map<string, boolean>();

  constructor(private readonly calendar: CalendarClient) {}

  join(doctor: string): void {
    this.active.set(doctor, true);
  }

  async leave(doctor: string): Promise<void> {
    const shift = await this.calendar.findShift(doctor);
    if (shift.locked) throw new ConflictException('the shift is locked');
    let others = 0;
    for (const [name, onCall] of this.active) {
      if (onCall && name !== doctor) others += 1;
    }
    if (others === 0) {
      throw new ConflictException('somebody has to stay on call');
    }
    this.active.set(doctor, false);
  }
}
