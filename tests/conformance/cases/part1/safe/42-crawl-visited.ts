// pattern: recursive fan-out marks a page in the tick of the test
export interface Page {
  title: string;
  links: string[];
}

export interface CrawlDeps {
  fetchPage(url: string): Promise<Page>;
  store(url: string, title: string): Promise<void>;
}

export async function crawl(start: string, { fetchPage, store }: CrawlDeps): Promise<string[]> {
  const visited = new Set<string>();

  const visit = async (url: string): Promise<void> => {
    if (visited.has(url)) return;
    visited.add(url);
    const page = await fetchPage(url);
    await store(url, page.title);
    await Promise.all(page.links.map(visit));
  };

  await visit(start);
  return [...visited].sort();
}
