import { current } from './context';
import { documents, auditLog } from './backend';

export async function archive(id: string): Promise<{ id: string; by: string }> {
  const document = await documents.load(id);
  await documents.moveToArchive(document);
  const { user, traceId } = current();
  await auditLog.append({ id, user, traceId, action: 'archive' });
  return { id, by: user };
}
