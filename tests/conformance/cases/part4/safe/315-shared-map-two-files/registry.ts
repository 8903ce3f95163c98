export const watchers = new Map<string, string[]>();
