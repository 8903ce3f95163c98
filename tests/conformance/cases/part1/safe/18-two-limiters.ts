// pattern: folders and files have limiters of their own, so a folder can wait for its files
import pLimit from 'p-limit';
import { putObject } from './bucket';

interface Folder {
  index: string;
  files: string[];
}

const folderLimit = pLimit(1);
const fileLimit = pLimit(8);

export async function mirror(folders: Folder[]): Promise<number> {
  const counts = await Promise.all(
    folders.map((folder) =>
      folderLimit(async () => {
        await putObject(folder.index);
        const sent = await Promise.all(
          folder.files.map((file) => fileLimit(() => putObject(file))),
        );
        return sent.length + 1;
      }),
    ),
  );
  return counts.reduce((sum, n) => sum + n, 0);
}
