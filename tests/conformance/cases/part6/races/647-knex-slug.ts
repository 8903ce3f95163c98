import knex from 'knex';
import slugify from 'slugify';

const db = knex({ client: 'pg' });

export async function createArticle(title: string, body: string): Promise<string> {
  let slug = slugify(title);
  const clash = await db('articles').where({ slug }).first();
  if (clash) slug = `${slug}-${Date.now()}`;
  await db('articles').insert({ slug, title, body }); // RACE: check-then-act
  return slug;
}
