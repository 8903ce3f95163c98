import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Model } from 'mongoose';
import { Points } from './points.schema';

@Injectable()
export class PointsRepository {
  constructor(@InjectModel(Points.name) private readonly model: Model<Points>) {}

  async add(userId: string, points: number): Promise<number> {
    const found = await this.model.findOneAndUpdate({ userId }, { $inc: { total: points } }, { upsert: true, new: true });
    return found.total;
  }
}
