import { Body, Controller, Param, Post } from '@nestjs/common';
import { PointsService } from './points.service';

@Controller('points')
export class PointsController {
  constructor(private readonly service: PointsService) {}

  @Post(':userId')
  earn(@Param('userId') userId: string, @Body('points') points: number) {
    return this.service.earn(userId, points);
  }
}
