import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';

@Schema()
export class Points {
  @Prop({ unique: true }) userId: string;
  @Prop() total: number;
}
export const PointsSchema = SchemaFactory.createForClass(Points);
