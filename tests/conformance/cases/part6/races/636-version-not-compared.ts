import { Repository } from 'typeorm';
import { Document } from './document.entity';

export class DocumentService {
  constructor(private readonly documents: Repository<Document>) {}

  async append(id: string, text: string): Promise<void> {
    const document = await this.documents.findOneByOrFail({ id });
    await this.documents.update({ id }, { body: document.body + text, version: document.version + 1 }); // RACE: lost-update
  }
}
