// pattern: plain CRUD: looked up for the 404, then fields of the request are written
import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Article } from './article.entity';

@Injectable()
export class ArticleService {
  constructor(@InjectRepository(Article) private readonly articles: Repository<Article>) {}

  async update(id: string, dto: { title?: string; body?: string }): Promise<Article> {
    const article = await this.articles.findOneBy({ id });
    if (!article) throw new NotFoundException();
    await this.articles.update({ id }, dto);
    return { ...article, ...dto };
  }

  async remove(id: string): Promise<void> {
    const article = await this.articles.findOneBy({ id });
    if (!article) throw new NotFoundException();
    await this.articles.delete({ id });
  }
}
