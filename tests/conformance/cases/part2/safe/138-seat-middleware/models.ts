import { Schema, model } from 'mongoose';

export const Tenant = model(
  'Tenant',
  new Schema({ name: String, seats: Number, seatsUsed: { type: Number, default: 0 } }),
);

export const Member = model('Member', new Schema({ tenantId: Schema.Types.ObjectId, email: String }));
