// pattern: old rows deleted without await before the new ones are inserted: the delete may run last
import { knex } from './knex';

export async function replaceTags(articleId: number, tags: string[]): Promise<number> {
  const article = await knex('articles').where({ id: articleId }).first();
  if (!article) throw new Error('no such article');
  knex('article_tags').where({ article_id: articleId }).del().then(() => undefined); // RACE: floating-promise
  await knex('article_tags').insert(tags.map((tag) => ({ article_id: articleId, tag })));
  return tags.length;
}
