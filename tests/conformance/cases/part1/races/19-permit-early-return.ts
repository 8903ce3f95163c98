// pattern: semaphore permit kept for ever on the early return of a cache hit
import Semaphore from 'semaphore-async-await';
import sharp from 'sharp';

const permits = new Semaphore(1);
const thumbnails = new Map<string, Buffer>();

export async function thumbnail(file: string, width = 200): Promise<Buffer> {
  const key = `${file}@${width}`;
  await permits.acquire(); // RACE: lock-leak
  const known = thumbnails.get(key);
  if (known) {
    return known;
  }
  try {
    const image = await sharp(file).resize(width).toBuffer();
    thumbnails.set(key, image);
    return image;
  } finally {
    permits.release();
  }
}
