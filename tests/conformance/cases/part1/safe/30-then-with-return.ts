// pattern: every then callback returns the promise that the next link relies on
import type { Bus } from './bus';

interface Profile {
  id: string;
  email: string;
}

interface ProfileRepo {
  load(id: string): Promise<Profile>;
  markVerified(id: string): Promise<void>;
}

export function createVerifier(repo: ProfileRepo, bus: Bus) {
  function verify(id: string, code: string): Promise<boolean> {
    return repo
      .load(id)
      .then((profile) => {
        if (!code.startsWith(profile.id)) throw new Error('wrong code');
        return repo.markVerified(profile.id);
      })
      .then(() => bus.publish('profile.verified', { id }))
      .then(() => true);
  }

  return { verify };
}
