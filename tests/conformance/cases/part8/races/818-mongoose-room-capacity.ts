// pattern: Mongoose: guests read lean, compared with the capacity, set to the value plus one
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
  const room = await Room.findById(roomId).lean().exec();
  if (!room || room.guests >= room.capacity) return 'full';
  await Room.updateOne({ _id: roomId }, { $set: { guests: room.guests + 1 } }).exec(); // RACE: lost-update
  return 'in';
};
