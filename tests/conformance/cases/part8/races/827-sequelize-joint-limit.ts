// pattern: Sequelize transaction at the default level: the sum of two accounts is checked, one is debited
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
    const accounts = await Account.findAll({ where: { owner }, transaction });
    const total = accounts.reduce((sum, account) => sum + account.cents, 0);
    if (total < cents) return false;
    await Account.decrement({ cents }, { where: { id: accountId, owner }, transaction }); // RACE: write-skew
    return true;
  });
}
