// pattern: devices embedded; one filtered update appends only while the sixth slot is empty
import { Router, type RequestHandler } from 'express';
import { Schema, model, type InferSchemaType } from 'mongoose';

const userSchema = new Schema({ _id: String, devices: [{ name: String, token: String }] });
type User = InferSchemaType<typeof userSchema>;
const UserModel = model<User>('User', userSchema);

const register: RequestHandler = async (req, res, next) => {
  try {
    const { modifiedCount } = await UserModel.updateOne(
      { _id: req.params.userId, 'devices.4': { $exists: false } },
      { $push: { devices: { name: req.body.name, token: req.body.token } } },
    );
    if (modifiedCount === 0) {
      res.status(409).json({ error: 'too many devices' });
      return;
    }
    res.status(201).end();
  } catch (error) {
    next(error);
  }
};

export const devices = Router().post('/users/:userId/devices', register);
