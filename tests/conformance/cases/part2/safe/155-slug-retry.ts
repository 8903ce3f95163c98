// pattern: created optimistically under a unique slug; UniqueConstraintError tries the next suffix
import slugify from 'slugify';
import { DataTypes, Model, UniqueConstraintError } from 'sequelize';
import { sequelize } from '../sequelize';

export class Article extends Model {}

Article.init(
  {
    authorId: DataTypes.STRING,
    title: DataTypes.STRING,
    body: DataTypes.TEXT,
    slug: { type: DataTypes.STRING, unique: true },
  },
  { sequelize, modelName: 'article' },
);

export async function createArticle(authorId: string, title: string, body: string): Promise<string> {
  const base = slugify(title, { lower: true, strict: true });
  for (let n = 1; ; n++) {
    const slug = n === 1 ? base : `${base}-${n}`;
    try {
      await Article.create({ authorId, title, body, slug });
      return slug;
    } catch (error) {
      if (!(error instanceof UniqueConstraintError)) throw error;
    }
  }
}
