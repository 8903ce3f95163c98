import { DataTypes, Model, Op, Sequelize, literal } from 'sequelize';

export const sequelize = new Sequelize(process.env.DATABASE_URL ?? 'postgres://localhost/loyalty');

export class Member extends Model {
  declare id: string;
  declare points: number;

  static decrementPoints(id: string, cost: number) {
    return Member.update({ points: literal(`points - ${Number(cost)}`) }, { where: { id, points: { [Op.gte]: cost } } });
  }
}

Member.init(
  {
    id: { type: DataTypes.UUID, primaryKey: true },
    points: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
  },
  { sequelize, tableName: 'members' },
);
