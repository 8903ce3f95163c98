// pattern: the list is read again in the tick in which it is assigned
export interface Settings {
  theme: string;
  tags: string[];
}

let revision = 0;

const values: Settings = { theme: 'light', tags: [] };

export const settings: Settings = new Proxy(values, {
  set(target, key, value) {
    revision++;
    return Reflect.set(target, key, value);
  },
});

export const currentRevision = () => revision;
