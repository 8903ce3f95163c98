// pattern: the early return lies inside the try whose finally gives the permit back
import Semaphore from 'semaphore-async-await';
import sharp from 'sharp';

const permits = new Semaphore(1);
const thumbnails = new Map<string, Buffer>();

export async function thumbnail(file: string, width = 200): Promise<Buffer> {
  const key = `${file}@${width}`;
  await permits.acquire();
  try {
    const known = thumbnails.get(key);
    if (known) {
      return known;
    }
    const image = await sharp(file).resize(width).toBuffer();
    thumbnails.set(key, image);
    return image;
  } finally {
    permits.release();
  }
}
