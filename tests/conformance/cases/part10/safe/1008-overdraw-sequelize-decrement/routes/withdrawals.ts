// pattern: one UPDATE with the balance in its WHERE, the affected count decides
import { Router } from 'express';
import { body, validationResult } from 'express-validator';
import { literal, Op } from 'sequelize';
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
      const amount: number = req.body.amount;
      const [changed] = await Account.update(
        { balance: literal(`balance - ${Number(amount)}`) },
        { where: { id: req.params.id, frozen: false, balance: { [Op.gte]: amount } } },
      );
      if (changed === 0) return res.sendStatus(402);
      const reference = await sendToBank(req.params.id, amount);
      return res.status(202).json({ reference });
    } catch (error) {
      return next(error);
    }
  },
);
