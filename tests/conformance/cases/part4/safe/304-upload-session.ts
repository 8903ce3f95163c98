// pattern: $inc in one findByIdAndUpdate
import { Router } from 'express';
import { UploadModel } from '../models/upload';
import { storage } from '../storage';

export const uploads = Router();

uploads.put('/uploads/:id/chunks/:n', async (req, res) => {
  await storage.write(`${req.params.id}/${req.params.n}`, req);
  const upload = await UploadModel.findByIdAndUpdate(req.params.id, { $inc: { received: 1 } }, { new: true });
  if (!upload) {
    res.sendStatus(404);
    return;
  }
  res.json({ received: upload.received });
});
