// pattern: in-flight Map filled in the tick of the look-up with the promise of everything that has to be awaited
import { storage, type UploadSession } from './storage';
import { tenants } from './tenants';

const inFlight = new Map<string, Promise<UploadSession>>();

async function create(tenant: string, file: string): Promise<UploadSession> {
  const { bucket } = await tenants.load(tenant);
  return storage.createResumableUpload(bucket, file);
}

export function openUpload(tenant: string, file: string): Promise<UploadSession> {
  const key = `${tenant}/${file}`;
  let session = inFlight.get(key);
  if (session === undefined) {
    session = create(tenant, file).catch((err) => {
      inFlight.delete(key);
      throw err;
    });
    inFlight.set(key, session);
  }
  return session;
}
