import { DataTypes, Model, Sequelize } from 'sequelize';

export const sequelize = new Sequelize('postgres://localhost/shop');

export class Customer extends Model {
  declare id: number;
  declare phone: string;
}

Customer.init({ phone: { type: DataTypes.STRING, allowNull: false } }, { sequelize, modelName: 'Customer' });
