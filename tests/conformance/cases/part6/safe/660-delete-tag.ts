import { tagService } from './tags';
export async function deleteTag(id: string) {
  const tag = await tagService.getTag({ id });
  if (!tag) throw new Error('forbidden');
  return tagService.deleteTag({ id });
}
