import { BadRequestException, Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Column, Entity, PrimaryGeneratedColumn, QueryFailedError, Repository, Unique } from 'typeorm';

@Entity()
@Unique(['roomId', 'day'])
export class Booking {
  @PrimaryGeneratedColumn('uuid') id: string;
  @Column() roomId: string;
  @Column() day: string;
  @Column() guest: string;
}

@Injectable()
export class BookingService {
  constructor(@InjectRepository(Booking) private readonly bookings: Repository<Booking>) {}

  async book(roomId: string, day: string, guest: string): Promise<Booking> {
    try {
      return await this.bookings.save(this.bookings.create({ roomId, day, guest }));
    } catch (error) {
      if (error instanceof QueryFailedError) throw new BadRequestException('room is taken');
      throw error;
    }
  }
}
