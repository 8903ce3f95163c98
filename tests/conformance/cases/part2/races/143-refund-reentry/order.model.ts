import { Schema, model } from 'mongoose';

const schema = new Schema({ status: String, reason: String, paidCents: Number, refundedCents: Number });

export const Order = model('Order', schema);
