// pattern: a task inside a p-limit(1) waits for further tasks of the same limiter
import pLimit from 'p-limit';
import { putObject } from './bucket';

interface Folder {
  index: string;
  files: string[];
}

const limit = pLimit(1);

export async function mirror(folders: Folder[]): Promise<number> {
  const counts = await Promise.all(
    folders.map((folder) =>
      limit(async () => {
        await putObject(folder.index);
        const sent = await Promise.all(
          folder.files.map((file) => limit(() => putObject(file))), // RACE: deadlock
        );
        return sent.length + 1;
      }),
    ),
  );
  return counts.reduce((sum, n) => sum + n, 0);
}
