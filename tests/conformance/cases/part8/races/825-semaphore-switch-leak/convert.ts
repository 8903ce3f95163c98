import { Gate } from './gate';
import { ffmpeg, storage } from './media';

const gate = new Gate(2);

export async function convert(file: string, format: string): Promise<string | null> {
  const leave = await gate.enter(); // RACE: lock-leak
    switch (format) {
      case 'mp4':
      case 'webm': {
        const output = await ffmpeg.transcode(file, format);
        leave();
        return storage.put(output);
      }
      default:
        return null; // RACE: lock-leak
    }
}
