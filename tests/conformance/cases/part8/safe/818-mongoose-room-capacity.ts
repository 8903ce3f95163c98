// pattern: findOneAndUpdate with $expr in the filter and $inc
import mongoose, { Schema } from 'mongoose';

interface IRoom {
  name: string;
  guests: number;
  capacity: number;
}

const roomSchema = new Schema<IRoom>({
  name: { type: String, required: true },
  guests: { type: Number, default: 0 },
  capacity: { type: Number, required: true },
});

export const Room = mongoose.model<IRoom>('Room', roomSchema);

export const checkIn = async (roomId: string): Promise<'in' | 'full'> => {
  const room = await Room.findOneAndUpdate(
    { _id: roomId, $expr: { $lt: ['$guests', '$capacity'] } },
    { $inc: { guests: 1 } },
    { new: true },
  ).exec();
  return room ? 'in' : 'full';
};
