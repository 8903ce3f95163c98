import pLimit from 'p-limit';
import { jobs } from './jobs';

const limit = pLimit(4);

export async function convertAll(jobId: string, files: string[], convert: (f: string) => Promise<number>): Promise<number> {
  let bytes = 0;
  const tasks = files.map((file) =>
    limit(async () => {
      const size = await convert(file);
      bytes += size;
      await jobs.report(jobId, file);
    }),
  );
  await Promise.all(tasks);
  return bytes;
}
