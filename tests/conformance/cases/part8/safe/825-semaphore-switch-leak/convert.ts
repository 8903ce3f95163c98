import { Gate } from './gate';
import { ffmpeg, storage } from './media';

const gate = new Gate(2);

export async function convert(file: string, format: string): Promise<string | null> {
  const leave = await gate.enter();
  try {
    switch (format) {
      case 'mp4':
      case 'webm': {
        const output = await ffmpeg.transcode(file, format);
        return storage.put(output);
      }
      default:
        return null;
    }
  } finally {
    leave();
  }
}
