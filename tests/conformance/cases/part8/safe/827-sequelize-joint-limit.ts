// pattern: both rows are read FOR UPDATE, in the order of their ids
import { DataTypes, Model, Sequelize } from 'sequelize';

const sequelize = new Sequelize('postgres://localhost/bank');

class Account extends Model {
  declare id: number;
  declare owner: string;
  declare cents: number;
}
Account.init({ owner: DataTypes.STRING, cents: DataTypes.INTEGER }, { sequelize, modelName: 'account' });

export async function withdrawFrom(owner: string, accountId: number, cents: number): Promise<boolean> {
  return sequelize.transaction(async (transaction) => {
    const accounts = await Account.findAll({ where: { owner }, order: [['id', 'ASC']], lock: true, transaction });
    const total = accounts.reduce((sum, account) => sum + account.cents, 0);
    if (total < cents) return false;
    await Account.decrement({ cents }, { where: { id: accountId, owner }, transaction });
    return true;
  });
}
