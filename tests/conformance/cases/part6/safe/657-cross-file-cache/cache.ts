export const prices = new Map<string, number>();
