// pattern: false-alarm shapes: read for the answer only, whole value overwritten, last-seen time, audit insert, upsert
import { Router } from 'express';
import { AuditLog, Preferences, Profile } from './models';

export const profiles = Router();

profiles.get('/profiles/:id', async (req, res) => {
  const profile = await Profile.findById(req.params.id).lean();
  if (!profile) return res.sendStatus(404);
  await Profile.updateOne({ _id: req.params.id }, { $set: { lastSeenAt: new Date() } });
  return res.json({ name: profile.name, bio: profile.bio });
});

profiles.put('/profiles/:id', async (req, res) => {
  const { name, bio } = req.body;
  const known = await Profile.exists({ _id: req.params.id });
  if (!known) return res.sendStatus(404);
  await Profile.updateOne({ _id: req.params.id }, { $set: { name, bio } });
  await AuditLog.create({ actor: res.locals.userId, action: 'profile.update', target: req.params.id });
  return res.sendStatus(204);
});

profiles.put('/profiles/:id/preferences', async (req, res) => {
  const { locale, theme } = req.body;
  await Preferences.updateOne({ _id: req.params.id }, { $set: { locale, theme } }, { upsert: true });
  return res.sendStatus(204);
});
