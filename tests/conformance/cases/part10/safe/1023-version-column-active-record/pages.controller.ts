// pattern: an UPDATE that compares the version, tried again when no row was changed
import { Body, ConflictException, Controller, NotFoundException, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { IsString } from 'class-validator';
import { Page } from './page.entity';

export class AppendDto {
  @IsString()
  text!: string;
}

@Controller('pages')
export class PagesController {
  @Patch(':id/append')
  async append(@Param('id', ParseIntPipe) id: number, @Body() { text }: AppendDto): Promise<{ edits: number }> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const page = await Page.findOneBy({ id });
      if (page === null) throw new NotFoundException();
      const result = await Page.createQueryBuilder()
        .update()
        .set({ body: `${page.body}\n${text}`, edits: page.edits + 1, version: () => 'version + 1' })
        .where('id = :id AND version = :version', { id, version: page.version })
        .execute();
      if (result.affected === 1) return { edits: page.edits + 1 };
    }
    throw new ConflictException();
  }
}
