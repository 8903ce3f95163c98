// pattern: a version is read and written back, but the UPDATE does not compare it
import { Body, Controller, Injectable, Param, Post } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { DocumentEntity } from './document.entity';

@Injectable()
export class DocumentStore {
  constructor(private readonly dataSource: DataSource) {}

  async append(id: string, paragraph: string): Promise<number> {
    const documents = this.dataSource.getRepository(DocumentEntity);
    const doc = await documents.findOneByOrFail({ id });
    const body = `${doc.body}\n\n${paragraph.trim()}`;
    const version = doc.version + 1;
    await documents.update({ id }, { body, version }); // RACE: lost-update
    return version;
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
