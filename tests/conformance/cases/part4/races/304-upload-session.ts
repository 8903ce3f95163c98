// pattern: chunks counted on a loaded document and saved with it
import { Router } from 'express';
import { UploadModel } from '../models/upload';
import { storage } from '../storage';

export const uploads = Router();

uploads.put('/uploads/:id/chunks/:n', async (req, res) => {
  const upload = await UploadModel.findById(req.params.id);
  if (!upload) {
    res.sendStatus(404);
    return;
  }
  await storage.write(`${upload.id}/${req.params.n}`, req);
  upload.received = upload.received + 1;
  await upload.save(); // RACE: lost-update
  res.json({ received: upload.received });
});
