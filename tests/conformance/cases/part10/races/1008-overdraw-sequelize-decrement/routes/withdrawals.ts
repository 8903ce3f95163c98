// pattern: Express and Sequelize: decrement() is atomic, but the balance was compared before it without a lock
import { Router } from 'express';
import { body, validationResult } from 'express-validator';
import { Account } from '../models/account';
import { sendToBank } from '../bank';

export const withdrawals = Router();

withdrawals.post(
  '/accounts/:id/withdrawals',
  body('amount').isInt({ min: 1 }),
  async (req, res, next) => {
    const errors = validationResult(req);
    if (!errors.isEmpty()) return res.status(400).json({ errors: errors.array() });
    try {
      const account = await Account.findByPk(req.params.id, { rejectOnEmpty: true });
      const amount: number = req.body.amount;
      if (account.frozen) return res.sendStatus(423);
      if (account.balance < amount) return res.status(402).json({ balance: account.balance });
      await account.decrement('balance', { by: amount }); // RACE: check-then-act
      const reference = await sendToBank(account.id, amount); // RACE: check-then-act
      return res.status(202).json({ reference });
    } catch (error) {
      return next(error);
    }
  },
);
