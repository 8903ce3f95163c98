// pattern: locale of the request kept in a field of an injected formatter and read after an await
import { Injectable } from '@nestjs/common';
import { CatalogService } from './catalog.service';

@Injectable()
export class MailRenderer {
  private locale = 'en';

  constructor(private readonly catalog: CatalogService) {}

  async render(template: string, locale: string): Promise<string> {
    this.locale = locale;
    const source = await this.catalog.load(template);
    return `${this.locale}:${source}`; // RACE: stale-read
  }
}
