import { Body, Controller, Param, Post } from '@nestjs/common';
import { PointsRepository } from './points.repository';

@Controller('points')
export class PointsController {
  constructor(private readonly repository: PointsRepository) {}

  @Post(':userId')
  earn(@Param('userId') userId: string, @Body('points') points: number) {
    return this.repository.add(userId, points);
  }
}
