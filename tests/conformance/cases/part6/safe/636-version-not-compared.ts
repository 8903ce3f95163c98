import { Repository } from 'typeorm';
import { Document } from './document.entity';

export class DocumentService {
  constructor(private readonly documents: Repository<Document>) {}

  async append(id: string, text: string): Promise<boolean> {
    const document = await this.documents.findOneByOrFail({ id });
    const { affected } = await this.documents.update(
      { id, version: document.version },
      { body: document.body + text, version: document.version + 1 },
    );
    return affected === 1;
  }
}
