'use server';
import { sql } from '@vercel/postgres';
import { revalidatePath } from 'next/cache';

export async function upvote(postId: string) {
  await sql`UPDATE posts SET votes = votes + 1 WHERE id = ${postId}`;
  revalidatePath('/posts');
}
