// pattern: lock: true without { transaction }: the SELECT runs on its own and keeps no lock
import { Room, Stay, sequelize } from './models';

export class RoomFull extends Error {
  constructor(readonly roomId: string) {
    super(`room ${roomId} is full`);
  }
}

export class StayService {
  async checkIn(roomId: string, guestIds: string[]): Promise<Stay> {
    return await sequelize.transaction(async (t) => {
      const room = await Room.findOne({ where: { id: roomId }, lock: true });
      if (!room || room.guests + guestIds.length > room.beds) {
        throw new RoomFull(roomId);
      }
      const stay = await Stay.create({ roomId, guestIds, from: new Date() }, { transaction: t });
      await Room.update(
        { guests: room.guests + guestIds.length }, // RACE: lost-update
        { where: { id: roomId }, transaction: t },
      );
      return stay;
    });
  }
}
