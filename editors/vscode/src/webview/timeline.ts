/**
 * The page that draws an interleaving: a lane for each task, time downwards.
 *
 * A step is chosen with a click or the keys; the extension then leads the editor to its line. The stale read, the
 * foreign write and the stale act are joined by a bracket and an arrow, which are drawn over the measured steps.
 * Everything from the program under test goes in through `textContent`.
 */

import {
  asText,
  callOf,
  type FromPage,
  isStart,
  matching,
  type PageState,
  phrase,
  role,
  type Step,
  stateAfter,
  type Timeline,
  type ToPage,
  verb,
} from '../timeline';
import { breakable, button, h, svg } from './dom';

const vscode = acquireVsCodeApi<PageState>();
const root = document.getElementById('root') ?? document.body;

let timeline: Timeline | undefined;
let source: readonly string[] = [];
let state: PageState | undefined;
let filter = '';
let sharedOnly = false;

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  switch (data.type) {
    case 'show': {
      const other = state?.fingerprint !== data.state.fingerprint;
      ({ timeline, source, state } = data);
      draw(timeline);
      select(state.at, 'quiet');
      if (other) card(state.at)?.focus();
      break;
    }
    case 'gone':
      root.classList.add('gone');
      break;
    case 'move':
      move(data.by);
      break;
  }
});
new ResizeObserver(() => connect()).observe(root);
window.addEventListener('keydown', onKey);
post({ type: 'ready' });

function post(message: FromPage): void {
  vscode.postMessage(message);
}

function draw(shown: Timeline): void {
  root.classList.remove('gone');
  root.style.setProperty('--tasks', String(shown.tasks.length));
  root.replaceChildren(
    h(
      'p',
      { class: 'banner', role: 'status' },
      'The code has changed: Krepis no longer reports this interleaving.',
    ),
    header(shown),
    toolbar(shown),
    h('section', { class: 'chart', 'aria-label': 'Interleaving' }, heads(shown), body(shown)),
    h('section', { class: 'state', 'aria-label': 'Shared state', 'aria-live': 'polite' }),
    footer(shown),
  );
  applyFilter();
}

function header(shown: Timeline): HTMLElement {
  return h(
    'header',
    {},
    h(
      'p',
      { class: 'eyebrow' },
      h('span', { class: `pill ${shown.severity}` }, shown.kind.replaceAll('-', ' ')),
      h('code', {}, shown.function),
      h('span', {}, `${shown.file}:${shown.line}`),
    ),
    h('h1', {}, ...withCode(shown.message)),
    h(
      'details',
      {},
      h('summary', {}, 'Why it matters, and what to do'),
      h('p', {}, ...withCode(shown.why)),
      h('p', {}, ...withCode(shown.help)),
    ),
  );
}

function toolbar(shown: Timeline): HTMLElement {
  const search = h('input', {
    type: 'search',
    placeholder: 'Filter steps',
    'aria-label': 'Filter steps',
    title: 'Words that a step must contain (/)',
    value: filter,
  });
  search.addEventListener('input', () => {
    filter = search.value;
    applyFilter();
  });
  const shared = button('Shared state only', 'Hide steps that touch nothing shared (s)', toggleShared);
  shared.classList.add('toggle');
  shared.setAttribute('aria-pressed', String(sharedOnly));
  return h(
    'div',
    { class: 'bar', role: 'toolbar', 'aria-label': 'Timeline' },
    button('↑', 'Previous step (↑ or k)', () => move(-1)),
    button('↓', 'Next step (↓ or j)', () => move(1)),
    h('output', { class: 'position' }),
    search,
    shared,
    button('Copy', 'Copy the interleaving as text', () => post({ type: 'copy', text: asText(shown) })),
  );
}

function heads(shown: Timeline): HTMLElement {
  return h(
    'div',
    { class: 'heads' },
    ...shown.tasks.map((task, lane) =>
      h('div', { class: `head task${lane % 4}` }, h('b', {}, task), h('code', {}, callOf(shown, task))),
    ),
  );
}

function body(shown: Timeline): HTMLElement {
  const steps = shown.steps.map((step, index) => row(shown, step, index));
  return h(
    'div',
    { class: 'body' },
    svg('svg', { class: 'links', 'aria-hidden': 'true' }),
    h('ol', {}, ...steps),
  );
}

function row(shown: Timeline, step: Step, index: number): HTMLElement {
  const lane = shown.tasks.indexOf(step.task);
  const part = role(shown, index);
  const place = step.file === shown.file ? `${step.line}` : `${step.file}:${step.line}`;
  const label = `Step ${index + 1}, task ${step.task}, line ${place}: ${phrase(step)}${part && `, ${part}`}`;
  const chosen = h(
    'button',
    {
      class: 'card',
      type: 'button',
      tabindex: '-1',
      'aria-label': label,
      title: `${step.file}:${step.line}`,
    },
    h('span', { class: 'line' }, `:${step.line}`),
    h('span', { class: 'what' }, part && h('span', { class: 'role' }, part), ...words(step)),
  );
  chosen.addEventListener('click', () => select(index, 'reveal'));
  chosen.addEventListener('dblclick', () => select(index, 'focus'));
  const item = h(
    'li',
    { class: `step task${lane % 4} ${part ? 'decisive' : ''} ${step.action}`, 'data-index': String(index) },
    h('span', { class: 'number', 'aria-hidden': 'true' }, String(index + 1)),
    h('div', { class: 'cell' }, h('span', { class: 'dot' }), chosen),
  );
  item.style.setProperty('--lane', String(lane + 1));
  const aside = part === 'foreign write' && staleNote(shown, lane);
  if (aside) item.append(aside);
  return item;
}

/** In the acting task's lane, beside the foreign write: what has happened to the value that it holds. */
function staleNote(shown: Timeline, lane: number): HTMLElement | false {
  const read = shown.roles?.staleRead;
  const step = typeof read === 'number' ? shown.steps[read] : undefined;
  if (typeof read !== 'number' || !step) return false;
  const note = h('p', { class: 'note' }, `what ${step.task} read in step ${read + 1} is stale`);
  const mine = shown.tasks.indexOf(step.task);
  note.style.setProperty('--lane', String(mine + 1));
  note.classList.add(mine < lane ? 'left' : 'right');
  return note;
}

/** `phrase`, with its parts in their colours. */
function words(step: Step): (HTMLElement | string)[] {
  if (isStart(step)) return [h('span', { class: 'verb' }, phrase(step))];
  const shown = [h('span', { class: 'verb' }, verb(step)), ' '];
  if (step.action === 'return' || step.action === 'throw')
    return [...shown, h('code', { class: 'value' }, ...breakable(step.value || step.what))];
  shown.push(h('code', {}, ...breakable(step.what)));
  if (!step.value || step.value === step.what) return shown; // what was there at first is called as it is
  const value = h('code', { class: 'value' }, ...breakable(step.value));
  return [
    ...shown,
    ...(step.action === 'read' || step.action === 'write' ? [' = ', value] : [' (', value, ')']),
  ];
}

function footer(shown: Timeline): HTMLElement {
  const fixes = shown.fixes.filter((fix) => fix.verified);
  const number = (n: number, noun: string) => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
  return h(
    'footer',
    {},
    fixes.length > 0 && h('p', {}, `Verified fix: ${fixes.map((fix) => fix.title).join('; ')}.`),
    h(
      'p',
      { class: 'replay', title: shown.schedule },
      `Explored ${number(shown.states, 'state')} in ${number(shown.traces, 'interleaving')}. Replay `,
      h('code', {}, shown.schedule),
    ),
    h('p', { class: 'keys' }, '↑ ↓ step · Enter opens the line · / filters · s shared state only · Home End'),
  );
}

/** Text in which `backticks` mark code. */
function withCode(text: string): (HTMLElement | string)[] {
  return text.split('`').map((part, index) => (index % 2 ? h('code', {}, part) : part));
}

function select(index: number, how: 'quiet' | 'reveal' | 'focus'): void {
  if (!timeline || !state || !timeline.steps[index]) return;
  state = { ...state, at: index };
  vscode.setState(state);
  for (const item of items()) {
    const here = Number(item.dataset.index) === index;
    item.classList.toggle('current', here);
    const chosen = item.querySelector('button');
    if (here) chosen?.setAttribute('aria-current', 'step');
    else chosen?.removeAttribute('aria-current');
    chosen?.setAttribute('tabindex', here ? '0' : '-1');
    if (here) item.scrollIntoView({ block: 'nearest' });
  }
  root.querySelector('.position')?.replaceChildren(`${index + 1} of ${timeline.steps.length}`);
  drawState(timeline, index);
  if (how !== 'quiet') post({ type: 'step', index, focus: how === 'focus' });
}

function drawState(shown: Timeline, index: number): void {
  const known = stateAfter(shown, index);
  const step = shown.steps[index];
  root.querySelector('.state')?.replaceChildren(
    h(
      'p',
      { class: 'source' },
      h('span', {}, `${step?.file}:${step?.line}`),
      h('code', {}, source[index] ?? ''),
    ),
    h('h2', {}, `Shared state after step ${index + 1}`),
    known.length === 0 ? h('p', { class: 'none' }, 'Nothing shared has been read or written yet.') : '',
    h(
      'dl',
      {},
      ...known.map((location) => {
        const lane = shown.tasks.indexOf(shown.steps[location.by]?.task ?? '');
        return h(
          'div',
          { class: `task${lane % 4} ${location.by === index ? 'new' : ''}` },
          h('dt', {}, h('code', {}, location.what)),
          h('dd', {}, h('code', {}, location.value)),
        );
      }),
    ),
  );
}

function move(by: 1 | -1): void {
  const shown = items()
    .filter((item) => !item.hidden)
    .map((item) => Number(item.dataset.index));
  const at = state?.at ?? 0;
  const next = by === 1 ? shown.find((index) => index > at) : shown.findLast((index) => index < at);
  if (next === undefined) return;
  select(next, 'reveal');
  if (document.hasFocus()) card(next)?.focus({ preventScroll: true });
}

function toEnd(which: 'first' | 'last'): void {
  const shown = items().filter((item) => !item.hidden);
  const index = Number((which === 'first' ? shown.at(0) : shown.at(-1))?.dataset.index ?? Number.NaN);
  select(index, 'reveal');
  card(index)?.focus({ preventScroll: true });
}

function toggleShared(): void {
  sharedOnly = !sharedOnly;
  root.querySelector('.toggle')?.setAttribute('aria-pressed', String(sharedOnly));
  applyFilter();
}

function applyFilter(): void {
  if (!timeline) return;
  const left = matching(timeline, filter, sharedOnly);
  for (const item of items()) item.hidden = !left.has(Number(item.dataset.index));
  root.querySelector('.body')?.classList.toggle('empty', left.size === 0);
  connect();
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof HTMLInputElement) {
    if (event.key === 'Escape' || event.key === 'Enter' || event.key === 'ArrowDown') {
      if (event.key === 'Escape') event.target.value = filter = '';
      applyFilter();
      card(state?.at ?? 0)?.focus();
      event.preventDefault();
    }
    return;
  }
  const onCard = event.target instanceof HTMLElement && event.target.classList.contains('card');
  const keys: Record<string, () => void> = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    j: () => move(1),
    k: () => move(-1),
    Home: () => toEnd('first'),
    End: () => toEnd('last'),
    s: toggleShared,
    '/': () => root.querySelector('input')?.focus(),
    ...(onCard ? { Enter: () => select(state?.at ?? 0, 'focus') } : {}),
  };
  const action = keys[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function items(): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>('.step')];
}

function card(index: number): HTMLElement | null {
  return root.querySelector<HTMLElement>(`.step[data-index="${index}"] .card`);
}

/** Draws the rails, the bracket of the stale window and the arrow of the foreign write. */
function connect(): void {
  const links = root.querySelector('.links');
  const area = root.querySelector('.body');
  if (!timeline || !links || !area) return;
  const frame = area.getBoundingClientRect();
  const centre = (index: number | null | undefined) => {
    const dot = root
      .querySelector(`.step[data-index="${index}"]:not([hidden]) .dot`)
      ?.getBoundingClientRect();
    return dot && { x: dot.left + dot.width / 2 - frame.left, y: dot.top + dot.height / 2 - frame.top };
  };
  const drawn: SVGElement[] = [];
  for (const [lane, task] of timeline.tasks.entries()) {
    const points = timeline.steps.flatMap((step, index) => (step.task === task ? (centre(index) ?? []) : []));
    const [first, last] = [points.at(0), points.at(-1)];
    if (first && last) drawn.push(line(first.x, first.y, last.x, last.y, `rail task${lane % 4}`));
  }
  const read = centre(timeline.roles?.staleRead);
  const act = centre(timeline.roles?.act);
  const write = centre(timeline.roles?.foreignWrite);
  if (read && act) drawn.push(line(read.x, read.y, act.x, act.y, 'rail stale'));
  if (read && act && write) {
    const towards = write.x > read.x ? 1 : -1;
    const tip = read.x + towards * 8;
    drawn.push(line(write.x - towards * 9, write.y, tip + towards * 6, write.y, 'arrow'));
    const back = tip + towards * 9;
    const points = `${tip},${write.y} ${back},${write.y - 5} ${back},${write.y + 5}`;
    drawn.push(svg('polygon', { points, class: 'arrowhead' }));
  }
  links.replaceChildren(...drawn);
}

function line(x1: number, y1: number, x2: number, y2: number, name: string): SVGElement {
  return svg('line', { x1: `${x1}`, y1: `${y1}`, x2: `${x2}`, y2: `${y2}`, class: name });
}
