interface Profile { id: string; visits: number }

const cache = new Map<string, Profile>();

export async function recordVisit(id: string, db: { load(id: string): Promise<Profile> }): Promise<number> {
  let profile = cache.get(id);
  if (!profile) {
    profile = { ...(await db.load(id)) };
    cache.set(id, profile); // RACE: check-then-act
  }
  profile.visits += 1;
  return profile.visits;
}
