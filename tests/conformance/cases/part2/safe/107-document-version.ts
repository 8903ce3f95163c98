// pattern: the version read is part of the WHERE; no row affected means another try
import { Body, ConflictException, Controller, Injectable, Param, Post } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DocumentEntity } from './document.entity';

@Injectable()
export class DocumentStore {
  constructor(private readonly dataSource: DataSource) {}

  async append(id: string, paragraph: string): Promise<number> {
    const documents = this.dataSource.getRepository(DocumentEntity);
    for (let attempt = 0; attempt < 10; attempt++) {
      const doc = await documents.findOneByOrFail({ id });
      const body = `${doc.body}\n\n${paragraph.trim()}`;
      const version = doc.version + 1;
      const { affected } = await documents.update({ id, version: doc.version }, { body, version });
      if (affected === 1) return version;
    }
    throw new ConflictException('the document is being edited');
  }
}

@Controller('documents')
export class DocumentController {
  constructor(private readonly store: DocumentStore) {}

  @Post(':id/paragraphs')
  async addParagraph(@Param('id') id: string, @Body('text') text: string) {
    return { version: await this.store.append(id, text) };
  }
}
