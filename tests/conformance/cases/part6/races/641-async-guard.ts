import { BadRequestException, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Booking } from './booking.entity';

@Injectable()
export class BookingService {
  constructor(@InjectRepository(Booking) private readonly bookings: Repository<Booking>) {}

  private async ensureFree(roomId: string, day: string): Promise<void> {
    const taken = await this.bookings.findOne({ where: { roomId, day } });
    if (taken) throw new BadRequestException('room is taken');
  }

  async book(roomId: string, day: string, guest: string): Promise<Booking> {
    await this.ensureFree(roomId, day);
    return this.bookings.save(this.bookings.create({ roomId, day, guest })); // RACE: check-then-act
  }
}
