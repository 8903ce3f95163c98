// pattern: the promise of the rules is kept instead of a flag, dropped again when the load fails
import type { NextFunction, Request, Response } from 'express';
import { audit } from './audit';
import { loadRules, type Rule } from './rules';

let rules: Promise<Rule[]> | undefined;

function ensureRules(): Promise<Rule[]> {
  if (rules === undefined) {
    rules = loadRules();
    rules.catch(() => {
      rules = undefined;
    });
  }
  return rules;
}

export async function authorize(req: Request, res: Response, next: NextFunction): Promise<void> {
  const known = await ensureRules();
  const allowed = known.some((rule) => rule.path === req.path && rule.role === req.get('x-role'));
  if (allowed) {
    next();
    return;
  }
  await audit.denied(req.path, req.get('x-role'));
  res.sendStatus(403);
}
