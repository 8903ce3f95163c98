import { DataTypes, InferAttributes, InferCreationAttributes, CreationOptional, Model, Sequelize } from 'sequelize';

export const sequelize = new Sequelize(process.env.DATABASE_URL!);

export class RefreshToken extends Model<InferAttributes<RefreshToken>, InferCreationAttributes<RefreshToken>> {
  declare id: CreationOptional<string>;
  declare userId: string;
  declare hash: string;
  declare revoked: CreationOptional<boolean>;
}

RefreshToken.init(
  {
    id: { type: DataTypes.UUID, defaultValue: DataTypes.UUIDV4, primaryKey: true },
    userId: { type: DataTypes.UUID, allowNull: false },
    hash: { type: DataTypes.STRING, allowNull: false },
    revoked: { type: DataTypes.BOOLEAN, defaultValue: false },
  },
  { sequelize, tableName: 'refresh_tokens' },
);
