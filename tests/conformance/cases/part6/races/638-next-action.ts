'use server';
import { sql } from '@vercel/postgres';
import { revalidatePath } from 'next/cache';

export async function upvote(postId: string) {
  const { rows } = await sql`SELECT votes FROM posts WHERE id = ${postId}`;
  const votes = rows[0].votes + 1;
  await sql`UPDATE posts SET votes = ${votes} WHERE id = ${postId}`; // RACE: lost-update
  revalidatePath('/posts');
}
