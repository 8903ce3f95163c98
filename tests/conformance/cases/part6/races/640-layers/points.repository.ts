import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { Model } from 'mongoose';
import { Points } from './points.schema';

@Injectable()
export class PointsRepository {
  constructor(@InjectModel(Points.name) private readonly model: Model<Points>) {}

  async find(userId: string): Promise<number> {
    const found = await this.model.findOne({ userId }).lean();
    return found?.total ?? 0;
  }

  async store(userId: string, total: number): Promise<void> {
    await this.model.updateOne({ userId }, { $set: { total } }, { upsert: true });
  }
}
