import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { HydratedDocument } from 'mongoose';
export type CartDocument = HydratedDocument<Cart>;
@Schema({ optimisticConcurrency: true })
export class Cart {
  @Prop({ unique: true }) userId: string;
  @Prop() items: { productId: string; qty: number }[];
  @Prop() total: number;
}
export const CartSchema = SchemaFactory.createForClass(Cart);
