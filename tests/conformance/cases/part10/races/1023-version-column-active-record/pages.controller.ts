// pattern: TypeORM Active Record with @VersionColumn: save() counts the version up but does not compare it
import { Body, Controller, NotFoundException, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { IsString } from 'class-validator';
import { Page } from './page.entity';

export class AppendDto {
  @IsString()
  text!: string;
}

@Controller('pages')
export class PagesController {
  @Patch(':id/append')
  async append(@Param('id', ParseIntPipe) id: number, @Body() { text }: AppendDto): Promise<Page> {
    const page = await Page.findOneBy({ id });
    if (page === null) throw new NotFoundException();
    page.body = `${page.body}\n${text}`;
    page.edits++;
    return page.save(); // RACE: lost-update
  }
}
