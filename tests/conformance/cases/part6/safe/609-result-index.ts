export interface Fetcher { fetch(url: string): Promise<string> }

export async function download(urls: string[], fetcher: Fetcher): Promise<{ done: number; bytes: number }> {
  const progress = { done: 0, bytes: 0 };
  const one = async (url: string) => {
    const body = await fetcher.fetch(url);
    progress.bytes += body.length;
    progress.done++;
  };
  await Promise.all(urls.map(one));
  return progress;
}
