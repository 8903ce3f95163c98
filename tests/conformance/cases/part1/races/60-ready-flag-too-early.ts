// pattern: ready flag set before the rules are loaded: the second caller decides on an empty list
import type { NextFunction, Request, Response } from 'express';
import { audit } from './audit';
import { loadRules, type Rule } from './rules';

let ready = false;
let rules: Rule[] = [];

async function ensureRules(): Promise<void> {
  if (ready) return;
  ready = true; // RACE: init-race
  rules = await loadRules();
}

export async function authorize(req: Request, res: Response, next: NextFunction): Promise<void> {
  await ensureRules();
  const allowed = rules.some((rule) => rule.path === req.path && rule.role === req.get('x-role'));
  if (allowed) {
    next();
    return;
  }
  await audit.denied(req.path, req.get('x-role')); // RACE: stale-read
  res.sendStatus(403);
}
