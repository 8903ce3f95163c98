import { DataTypes, InferAttributes, InferCreationAttributes, Model, Sequelize } from 'sequelize';

export const sequelize = new Sequelize(process.env.DATABASE_URL!, { logging: false });

export class Account extends Model<InferAttributes<Account>, InferCreationAttributes<Account>> {
  declare id: string;
  declare balance: number;
  declare frozen: boolean;
}

Account.init(
  {
    id: { type: DataTypes.UUID, primaryKey: true },
    balance: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
    frozen: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: false },
  },
  { sequelize, modelName: 'account' },
);
