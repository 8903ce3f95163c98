// pattern: in-flight Map consulted before and filled after an await, so one upload is opened twice
import { storage, type UploadSession } from './storage';
import { tenants } from './tenants';

const inFlight = new Map<string, Promise<UploadSession>>();

export async function openUpload(tenant: string, file: string): Promise<UploadSession> {
  const key = `${tenant}/${file}`;
  const pending = inFlight.get(key);
  if (pending !== undefined) {
    return pending;
  }
  const { bucket } = await tenants.load(tenant);
  const session = storage.createResumableUpload(bucket, file);
  inFlight.set(key, session); // RACE: check-then-act
  try {
    return await session;
  } catch (err) {
    inFlight.delete(key);
    throw err;
  }
}
