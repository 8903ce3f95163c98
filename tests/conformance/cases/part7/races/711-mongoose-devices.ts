// pattern: Mongoose: number of devices counted, then a device is created
import { Router, type RequestHandler } from 'express';
import { Schema, model, type InferSchemaType } from 'mongoose';

const deviceSchema = new Schema({ userId: { type: String, index: true }, name: String, token: String }, { timestamps: true });
type Device = InferSchemaType<typeof deviceSchema>;
const DeviceModel = model<Device>('Device', deviceSchema);
const LIMIT = 5;

const register: RequestHandler = async (req, res, next) => {
  try {
    const userId = req.params.userId;
    const count = await DeviceModel.countDocuments({ userId });
    if (count >= LIMIT) {
      res.status(409).json({ error: 'too many devices' });
      return;
    }
    const device = await DeviceModel.create({ userId, name: req.body.name, token: req.body.token }); // RACE: check-then-act
    res.status(201).json(device);
  } catch (error) {
    next(error);
  }
};

export const devices = Router().post('/users/:userId/devices', register);
