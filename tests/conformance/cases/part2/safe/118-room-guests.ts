// pattern: model with version: true; save() compares the version, OptimisticLockError is tried again
import { DataTypes, Model, OptimisticLockError, Sequelize } from 'sequelize';

export const sequelize = new Sequelize(process.env.DATABASE_URL!);

export class Room extends Model {
  declare id: string;
  declare guests: number;
  declare beds: number;
}

Room.init(
  {
    id: { type: DataTypes.STRING, primaryKey: true },
    guests: { type: DataTypes.INTEGER, defaultValue: 0 },
    beds: DataTypes.INTEGER,
  },
  { sequelize, version: true, tableName: 'rooms' },
);

export async function checkIn(roomId: string, party: number): Promise<boolean> {
  for (;;) {
    const room = await Room.findByPk(roomId, { rejectOnEmpty: true });
    if (room.guests + party > room.beds) return false;
    room.guests += party;
    try {
      await room.save();
      return true;
    } catch (error) {
      if (!(error instanceof OptimisticLockError)) throw error;
    }
  }
}
