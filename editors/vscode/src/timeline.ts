/**
 * A finding's interleaving as plain values, and what can be said about it without an editor.
 *
 * Shared by the extension and by the page that draws it, so it must import neither `vscode` nor the DOM.
 */

export type Action =
  | 'call'
  | 'read'
  | 'write'
  | 'await'
  | 'resume'
  | 'lock'
  | 'unlock'
  | 'effect'
  | 'return'
  | 'throw';

export interface Step {
  readonly task: string;
  readonly call: string;
  readonly file: string;
  readonly uri: string;
  readonly line: number;
  readonly action: Action;
  readonly what: string;
  readonly value: string;
}

/** Indices of the steps that make the anomaly; null where it has no such step. */
export interface Roles {
  readonly staleRead: number | null;
  readonly foreignWrite: number | null;
  readonly act: number | null;
}

export interface Timeline {
  readonly rule: string;
  readonly kind: string;
  readonly severity: 'error' | 'warning' | 'info' | 'hint';
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly message: string;
  readonly why: string;
  readonly help: string;
  readonly steps: readonly Step[];
  readonly tasks: readonly string[];
  readonly roles?: Roles;
  readonly states: number;
  readonly traces: number;
  readonly schedule: string;
  readonly fingerprint: string;
  readonly fixes: readonly { readonly title: string; readonly verified: boolean }[];
}

/** From the extension to the page. `source` is the text of each step's line, "" where it cannot be read. */
export type ToPage =
  | {
      readonly type: 'show';
      readonly timeline: Timeline;
      readonly source: readonly string[];
      readonly state: PageState;
    }
  | { readonly type: 'gone' }
  | { readonly type: 'move'; readonly by: 1 | -1 };

/** From the page to the extension. */
export type FromPage =
  | { readonly type: 'ready' }
  | { readonly type: 'step'; readonly index: number; readonly focus: boolean }
  | { readonly type: 'copy'; readonly text: string };

/** What the page keeps across reloads of the window. */
export interface PageState {
  readonly uri: string;
  readonly fingerprint: string;
  readonly at: number;
}

const VERBS: Record<Action, string> = {
  call: 'calls',
  read: 'reads',
  write: 'writes',
  await: 'awaits',
  resume: 'resumes after',
  lock: 'locks',
  unlock: 'unlocks',
  effect: 'does',
  return: 'returns',
  throw: 'throws',
};

/** The step's action in the third person: `reads`. */
export function verb(step: Step): string {
  return VERBS[step.action];
}

/** Whether the step is the start of its task, of which the lane's head says everything. */
export function isStart(step: Step): boolean {
  return step.action === 'call' && step.what === step.call;
}

/** What the step did, without its task: `reads this.total = t0`, `awaits lock (held by B)`. */
export function phrase(step: Step): string {
  if (isStart(step)) return 'starts';
  if (step.action === 'return' || step.action === 'throw')
    return `${verb(step)} ${step.value || step.what}`.trim();
  const equals = step.action === 'read' || step.action === 'write';
  const value = step.value && (equals ? `= ${step.value}` : `(${step.value})`);
  return [verb(step), step.what, value].filter(Boolean).join(' ');
}

/** The words for a step's part in the anomaly, or "" when it has none. */
export function role(timeline: Timeline, index: number): '' | 'stale read' | 'foreign write' | 'stale act' {
  const roles = timeline.roles;
  if (index === roles?.staleRead) return 'stale read';
  if (index === roles?.foreignWrite) return 'foreign write';
  if (index === roles?.act) return 'stale act';
  return '';
}

/** The first call that a task's steps mention. */
export function callOf(timeline: Timeline, task: string): string {
  return timeline.steps.find((step) => step.task === task && step.call)?.call ?? '';
}

/** A location of shared state as the steps up to `index` leave it. */
export interface Location {
  readonly what: string;
  readonly value: string;
  /** The last step that read or wrote it. */
  readonly by: number;
}

/** What is known of the shared state after step `index`, in the order in which it was first touched. */
export function stateAfter(timeline: Timeline, index: number): Location[] {
  const known = new Map<string, Location>();
  for (const [by, step] of timeline.steps.slice(0, index + 1).entries())
    if ((step.action === 'read' || step.action === 'write') && step.value)
      known.set(step.what, { what: step.what, value: step.value, by });
  return [...known.values()];
}

/** Indices of the steps that a filter leaves: words that all must occur in the step. */
export function matching(timeline: Timeline, filter: string, sharedOnly: boolean): Set<number> {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const left = new Set<number>();
  for (const [index, step] of timeline.steps.entries()) {
    const text =
      `${step.task} ${phrase(step)} ${step.file}:${step.line} ${role(timeline, index)}`.toLowerCase();
    const quiet = ['call', 'return', 'resume', 'await'].includes(step.action) && !role(timeline, index);
    if (words.every((word) => text.includes(word)) && !(sharedOnly && quiet)) left.add(index);
  }
  return left;
}

/** The interleaving as text for an issue or a message. */
export function asText(timeline: Timeline): string {
  const width = String(timeline.steps.length).length;
  const lines = timeline.steps.map((step, index) => {
    const part = role(timeline, index);
    const number = String(index + 1).padStart(width);
    return `${number}  ${step.task}  ${step.file}:${step.line}  ${phrase(step)}${part && `   <- ${part}`}`;
  });
  return [`${timeline.rule}: ${timeline.message}`, '', ...lines, '', `replay ${timeline.schedule}`, ''].join(
    '\n',
  );
}
