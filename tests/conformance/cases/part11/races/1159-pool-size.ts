// pattern: a browser pool compares its size with the limit, launches, and only then counts the new one
import puppeteer, { Browser } from 'puppeteer';
import { createServer } from 'http';

interface Pool {
  use<T>(job: (b: Browser) => Promise<T>): Promise<T>;
}

function browserPool(max: number): Pool {
  const idle: Browser[] = [];
  let open = 0;

  async function take(): Promise<Browser> {
    const spare = idle.pop();
    if (spare) return spare;
    if (open >= max) throw new Error('all browsers are busy');
    const browser = await puppeteer.launch({ headless: true });
    open++; // RACE: check-then-act
    return browser;
  }

  return {
    async use(job) {
      const browser = await take();
      try {
        return await job(browser);
      } finally {
        idle.push(browser);
      }
    },
  };
}

const pool = browserPool(3);

createServer(async (req, res) => {
  try {
    const pdf = await pool.use(async (browser) => {
      const page = await browser.newPage();
      await page.goto(new URL(req.url!, 'https://shop.example').href);
      return page.pdf();
    });
    res.end(pdf);
  } catch {
    res.writeHead(503).end();
  }
}).listen(5000);
