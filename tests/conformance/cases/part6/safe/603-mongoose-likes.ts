import { Schema, model } from 'mongoose';
import type { Request, Response } from 'express';

const PostModel = model('Post', new Schema({ title: String, likes: { type: Number, default: 0 }, likedBy: [String] }));

export async function like(req: Request, res: Response) {
  const userId = req.header('x-user')!;
  const post = await PostModel.findOneAndUpdate(
    { _id: req.params.id, likedBy: { $ne: userId } },
    { $inc: { likes: 1 }, $addToSet: { likedBy: userId } },
    { new: true },
  );
  if (!post) return res.sendStatus(404);
  return res.json({ likes: post.likes });
}
