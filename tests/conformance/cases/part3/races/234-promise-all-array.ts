// pattern: array rebuilt around an await in concurrent workers: results of the others are dropped
import pLimit from 'p-limit';

export async function translateAll(texts: string[], translate: (text: string) => Promise<string>): Promise<string[]> {
  const limit = pLimit(4);
  let done: string[] = [];
  await Promise.all(
    texts.map((text) =>
      limit(async () => {
        done = [...done, await translate(text)]; // RACE: lost-update
      }),
    ),
  );
  return done;
}
