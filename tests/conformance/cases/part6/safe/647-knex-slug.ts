import knex from 'knex';
import slugify from 'slugify';

const db = knex({ client: 'pg' });

export async function createArticle(title: string, body: string): Promise<string> {
  const slug = slugify(title);
  const [row] = await db('articles').insert({ slug, title, body }).onConflict('slug').ignore().returning('slug');
  if (!row) throw new Error('an article with this title exists');
  return row.slug;
}
