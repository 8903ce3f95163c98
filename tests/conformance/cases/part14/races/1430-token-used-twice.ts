import { Router } from 'express';
import { User } from '../models/user';
import { sendMail } from '../mail';
const router = Router();
router.post('/reset', async (req, res) => {
  const user = await User.findOne({ resetToken: req.body.token });
  if (!user || user.resetExpires < Date.now()) return res.status(400).end();
  user.password = await hash(req.body.password);
  user.resetToken = undefined;
  await user.save(); // RACE: check-then-act
  await sendMail(user.email, 'changed');
  res.end();
});
async function hash(p: string) { return p; }
export default router;
