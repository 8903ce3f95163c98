// pattern: given back in finally
import { Semaphore } from 'async-mutex';
import type { Browser } from 'puppeteer';

const tabs = new Semaphore(4);

export async function screenshot(browser: Browser, url: string): Promise<Uint8Array> {
  const [, release] = await tabs.acquire();
  try {
    const page = await browser.newPage();
    try {
      await page.goto(url, { waitUntil: 'networkidle0' });
      return await page.screenshot({ type: 'png' });
    } finally {
      await page.close();
    }
  } finally {
    release();
  }
}
