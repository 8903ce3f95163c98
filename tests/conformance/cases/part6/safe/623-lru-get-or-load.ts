interface Profile { id: string; visits: number }

const cache = new Map<string, Promise<Profile>>();

export async function recordVisit(id: string, db: { load(id: string): Promise<Profile> }): Promise<number> {
  let loading = cache.get(id);
  if (!loading) {
    loading = db.load(id).then((row) => ({ ...row }));
    loading.catch(() => cache.delete(id));
    cache.set(id, loading);
  }
  const profile = await loading;
  profile.visits += 1;
  return profile.visits;
}
