import { tagService } from './tags';
import { isSystemTag } from './rules';
export async function updateTag(id: string, data: { name: string }) {
  const tag = await tagService.getTag({ id });
  if (!tag || isSystemTag(tag)) throw new Error('forbidden');
  return tagService.updateTag({ data: { ...data }, where: { id } });
}
