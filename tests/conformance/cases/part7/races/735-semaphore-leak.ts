// pattern: semaphore permit given back at the end only: a failed render keeps it for good
import { Semaphore } from 'async-mutex';
import type { Browser } from 'puppeteer';

const tabs = new Semaphore(4);

export async function screenshot(browser: Browser, url: string): Promise<Uint8Array> {
  const [, release] = await tabs.acquire(); // RACE: lock-leak
  const page = await browser.newPage();
  await page.goto(url, { waitUntil: 'networkidle0' });
  const image = await page.screenshot({ type: 'png' });
  await page.close();
  release();
  return image;
}
