// pattern: two doctors each see the other one on call and both leave: one reads what the other writes
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
    let others = 0;
    for (const [name, onCall] of this.active) {
      if (onCall && name !== doctor) others += 1;
    }
    if (others === 0) {
      throw new ConflictException('somebody has to stay on call');
    }
    await this.calendar.cancelShift(doctor);
    this.active.set(doctor, false); // RACE: write-skew
  }
}
