import { model, Schema } from 'mongoose';

const pollSchema = new Schema(
  {
    question: { type: String, required: true },
    closed: { type: Boolean, default: false },
    answers: { type: Number, default: 0 },
    scoreSum: { type: Number, default: 0 },
    average: { type: Number, default: 0 },
  },
  { timestamps: true, optimisticConcurrency: true },
);

export const Poll = model('Poll', pollSchema);
