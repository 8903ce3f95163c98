// pattern: the locale travels as a parameter
import { Injectable } from '@nestjs/common';
import { CatalogService } from './catalog.service';

@Injectable()
export class MailRenderer {
  private readonly cache = new Map<string, string>();

  constructor(private readonly catalog: CatalogService) {}

  async render(template: string, locale: string): Promise<string> {
    const cached = this.cache.get(template);
    const source = cached ?? (await this.catalog.load(template));
    this.cache.set(template, source);
    return `${locale}:${source}`;
  }
}
