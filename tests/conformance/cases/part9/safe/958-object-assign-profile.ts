// pattern: the profile is copied after the upload
import { trace } from './tracing';
import { cdn } from './cdn';

type Profile = { name: string; avatar?: string; uploads: number };
type Step<T> = (id: string) => Promise<T>;

const profiles: Map<string, Profile> = new Map();

const traced =
  <T>(name: string, step: Step<T>): Step<T> =>
  (id) =>
    trace(name, () => step(id));

const blank = (): Profile => ({ name: '', uploads: 0 });

export const setAvatar = traced('avatar', async (id) => {
  const avatar = await cdn.createUrl(id);
  const profile = profiles.get(id) ?? blank();
  profiles.set(id, Object.assign({}, profile, { avatar, uploads: profile.uploads + 1 }));
  return avatar;
});

export function rename(id: string, name: string): void {
  profiles.set(id, { ...(profiles.get(id) ?? blank()), name });
}
