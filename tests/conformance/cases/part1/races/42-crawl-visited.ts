// pattern: recursive fan-out marks a page as visited only after it was fetched, so shared links are stored twice
export interface Page {
  title: string;
  links: string[];
}

export interface CrawlDeps {
  fetchPage(url: string): Promise<Page>;
  store(url: string, title: string): Promise<void>;
}

export async function crawl(start: string, { fetchPage, store }: CrawlDeps, maxDepth = 3): Promise<string[]> {
  const visited = new Set<string>();

  const visit = async (url: string, depth: number): Promise<void> => {
    if (visited.has(url) || depth > maxDepth) return;
    const page = await fetchPage(url);
    visited.add(url); // RACE: check-then-act
    await store(url, page.title);
    await Promise.all(page.links.map((link) => visit(link, depth + 1)));
  };

  await visit(start, 0);
  return [...visited].sort();
}
