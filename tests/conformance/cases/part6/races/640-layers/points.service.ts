import { Injectable } from '@nestjs/common';
import { PointsRepository } from './points.repository';

@Injectable()
export class PointsService {
  constructor(private readonly repository: PointsRepository) {}

  async earn(userId: string, points: number): Promise<number> {
    const total = (await this.repository.find(userId)) + points;
    await this.repository.store(userId, total); // RACE: lost-update
    return total;
  }
}
