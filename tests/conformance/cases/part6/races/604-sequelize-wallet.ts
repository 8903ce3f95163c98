import { Model, DataTypes, Sequelize } from 'sequelize';

const sequelize = new Sequelize(process.env.DATABASE_URL!);

class Account extends Model {
  declare id: string;
  declare balance: number;
}
Account.init({ id: { type: DataTypes.UUID, primaryKey: true }, balance: DataTypes.INTEGER }, { sequelize });

export async function withdraw(id: string, cents: number) {
  return sequelize.transaction(async (transaction) => {
    const account = await Account.findByPk(id, { transaction });
    if (!account || account.balance < cents) throw new Error('insufficient funds');
    account.balance -= cents;
    await account.save({ transaction }); // RACE: lost-update
    return account.balance;
  });
}
