import { current } from './context';
import { documents, auditLog } from './backend';

export async function archive(id: string): Promise<{ id: string; by: string }> {
  const document = await documents.load(id);
  await documents.moveToArchive(document);
  const { user, traceId } = current(); // RACE: stale-read
  await auditLog.append({ id, user, traceId, action: 'archive' }); // RACE: stale-read
  return { id, by: user };
}
