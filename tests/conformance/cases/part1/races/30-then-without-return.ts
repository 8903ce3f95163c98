// pattern: a then callback starts the save without returning it, so the next link runs before it is done
import type { Bus } from './bus';

interface Profile {
  id: string;
  email: string;
  verified: boolean;
}

interface ProfileRepo {
  load(id: string): Promise<Profile>;
  save(profile: Profile): Promise<void>;
}

export function createVerifier(repo: ProfileRepo, bus: Bus) {
  function verify(id: string, code: string): Promise<boolean> {
    return repo
      .load(id)
      .then((profile) => {
        if (!code.startsWith(profile.id)) throw new Error('wrong code');
        repo.save({ ...profile, verified: true }); // RACE: floating-promise
      })
      .then(() => bus.publish('profile.verified', { id }))
      .then(() => true);
  }

  return { verify };
}
