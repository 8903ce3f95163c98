// pattern: cache of a pure look-up: loaded twice at worst, both store the same
import type { Request, Response } from 'express';

interface Cached {
  cents: number;
  until: number;
}

const prices = new Map<string, Cached>();

async function priceOf(sku: string): Promise<number> {
  const hit = prices.get(sku);
  if (hit && hit.until > Date.now()) return hit.cents;
  const response = await fetch(`https://prices.example.com/${sku}`);
  const { cents } = (await response.json()) as { cents: number };
  prices.set(sku, { cents, until: Date.now() + 60_000 });
  return cents;
}

export async function price(req: Request, res: Response): Promise<void> {
  res.json({ sku: req.params.sku, cents: await priceOf(req.params.sku) });
}
