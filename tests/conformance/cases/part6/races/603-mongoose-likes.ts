import { Schema, model } from 'mongoose';
import type { Request, Response } from 'express';

const PostModel = model('Post', new Schema({ title: String, likes: { type: Number, default: 0 }, likedBy: [String] }));

export async function like(req: Request, res: Response) {
  const post = await PostModel.findById(req.params.id);
  if (!post) return res.sendStatus(404);
  post.likes = post.likes + 1;
  await post.save(); // RACE: lost-update
  return res.json({ likes: post.likes });
}
