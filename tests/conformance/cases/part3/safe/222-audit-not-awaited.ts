// pattern: delete awaited in a transaction; only the metrics call is deliberately left alone
import { knex } from './knex';
import { metrics } from './metrics';

export async function replaceTags(articleId: number, tags: string[]): Promise<number> {
  await knex.transaction(async (trx) => {
    await trx('articles').where({ id: articleId }).forUpdate().first();
    await trx('article_tags').where({ article_id: articleId }).del();
    await trx('article_tags').insert(tags.map((tag) => ({ article_id: articleId, tag })));
  });
  void metrics.count('tags.replaced', tags.length).catch(() => undefined);
  return tags.length;
}
