// pattern: pushed after the await; order restored by index
import pLimit from 'p-limit';

export async function translateAll(texts: string[], translate: (text: string) => Promise<string>): Promise<string[]> {
  const limit = pLimit(4);
  const done: string[] = new Array(texts.length);
  let count = 0;
  await Promise.all(
    texts.map((text, index) =>
      limit(async () => {
        const translated = await translate(text);
        done[index] = translated;
        count += 1;
      }),
    ),
  );
  if (count !== texts.length) throw new Error('incomplete');
  return done;
}
