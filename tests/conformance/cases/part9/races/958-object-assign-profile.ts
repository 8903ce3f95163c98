// pattern: profile taken from a Map, avatar uploaded, a copy with what was there before stored by Object.assign
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
  const profile = profiles.get(id) ?? blank();
  const avatar = await cdn.createUrl(id);
  profiles.set(id, Object.assign({}, profile, { avatar, uploads: profile.uploads + 1 })); // RACE: lost-update
  return avatar;
});

export function rename(id: string, name: string): void {
  profiles.set(id, { ...(profiles.get(id) ?? blank()), name });
}
