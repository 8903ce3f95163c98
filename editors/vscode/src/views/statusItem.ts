/** The language status item: one honest line about the server and the verdicts of the workspace. */

import { type Disposable, LanguageStatusSeverity, languages } from 'vscode';
import { type Ctx, LANGUAGES } from '../ctx';
import type { State, Status } from '../protocol';

const ORDER: readonly [State, string][] = [
  ['failed', 'failed'],
  ['bounded', 'bounded'],
  ['running', 'running'],
  ['queued', 'queued'],
  ['stale', 'stale'],
  ['verified', 'verified'],
];

export class StatusItem implements Disposable {
  readonly #item = languages.createLanguageStatusItem(
    'krepis.status',
    LANGUAGES.map((language) => ({ language })),
  );
  readonly #listener: Disposable;
  readonly #ctx: Ctx;

  constructor(ctx: Ctx) {
    this.#ctx = ctx;
    this.#item.name = 'Krepis';
    this.#listener = ctx.onChange(() => this.#update());
    this.#update();
  }

  dispose(): void {
    this.#listener.dispose();
    this.#item.dispose();
  }

  #update(): void {
    const { condition, status } = this.#ctx;
    const item = this.#item;
    item.busy = condition.is === 'starting' || Boolean(status?.running);
    item.severity = LanguageStatusSeverity.Information;
    item.command = { command: 'krepis.entryPoints.focus', title: 'Show Entry Points' };
    switch (condition.is) {
      case 'starting':
        item.text = 'Krepis starts';
        item.detail = '';
        break;
      case 'broken':
        item.text = 'Krepis does not run';
        item.detail = condition.reason;
        item.severity = LanguageStatusSeverity.Error;
        item.command = { command: 'krepis.restart', title: 'Restart' };
        break;
      case 'running':
        item.text = summary(status);
        item.detail = `Krepis ${condition.server.version}`;
        if (status?.entryPoints.some((entry) => entry.status === 'failed'))
          item.severity = LanguageStatusSeverity.Warning;
        break;
    }
  }
}

/** `Krepis: 2 failed, 11 verified`, or how far a run is. */
export function summary(status: Status | undefined): string {
  if (!status || status.entryPoints.length === 0) return 'Krepis: nothing to verify';
  if (status.running) return `Krepis: verifying ${status.done} of ${status.total}`;
  const parts = ORDER.flatMap(([state, word]) => {
    const count = status.entryPoints.filter((entry) => entry.status === state).length;
    return count > 0 ? [`${count} ${word}`] : [];
  });
  return `Krepis: ${parts.join(', ')}`;
}
