/** What each command of the palette does. Those of the server have other names: it registers them itself. */

import { commands, type Disposable, window } from 'vscode';
import type { Ctx } from './ctx';
import { chooseFinding } from './findings';
import type { FindingId } from './protocol';
import { FindingItem } from './views/entryPointsView';
import type { TimelineView } from './views/timelineView';

type Command = (...args: readonly unknown[]) => unknown;

export function registerCommands(ctx: Ctx, timelines: TimelineView): Disposable[] {
  const all: Record<string, Command> = {
    'krepis.showTimeline': async (...args) => {
      const finding = await findingOf(args);
      if (finding) await timelines.open(finding);
    },
    'krepis.timeline.next': () => timelines.move(1),
    'krepis.timeline.previous': () => timelines.move(-1),
    'krepis.verifyThisFile': () => onThisFile(ctx, 'krepis.verifyFile'),
    'krepis.verifyEverything': () => ctx.execute('krepis.verifyWorkspace'),
    'krepis.stopVerifying': () => ctx.execute('krepis.cancel'),
    'krepis.fixThisFile': () => onThisFile(ctx, 'krepis.fixAll'),
    'krepis.suppressFinding': async (...args) => {
      const finding = await findingOf(args);
      const reason = finding && (await askReason());
      if (reason) await ctx.execute('krepis.suppress', finding.uri, finding.fingerprint, reason.trim());
    },
    'krepis.implementHere': () => onThisFile(ctx, 'krepis.generateImplementation', lineHere()),
    'krepis.generate': async () => {
      const description = await askDescription();
      if (description) await onThisFile(ctx, 'krepis.generateFromDescription', description.trim());
    },
    'krepis.forgetResults': () => ctx.execute('krepis.clearCache'),
    'krepis.restart': () => ctx.restart(),
    'krepis.showLog': () => ctx.log.show(),
  };
  return Object.entries(all).map(([name, command]) => commands.registerCommand(name, command));
}

/** Called with a URI and a fingerprint by a code lens, with an item by the tree, with nothing by the palette. */
async function findingOf([first, second]: readonly unknown[]): Promise<FindingId | undefined> {
  if (first instanceof FindingItem) return first.finding;
  if (typeof first === 'string' && typeof second === 'string') return { uri: first, fingerprint: second };
  return await chooseFinding();
}

async function onThisFile(ctx: Ctx, command: string, ...rest: readonly string[]): Promise<void> {
  const uri = window.activeTextEditor?.document.uri;
  if (uri) await ctx.execute(command, uri.toString(), ...rest);
  else void window.showInformationMessage('Krepis: open a file first.');
}

/** The line of the cursor, from 1. */
function lineHere(): string {
  return String((window.activeTextEditor?.selection.active.line ?? 0) + 1);
}

function askDescription(): Thenable<string | undefined> {
  return window.showInputBox({
    title: 'Generate from a description',
    prompt:
      'What should it do? In any language. You see what was made, and how it was checked, before it is written.',
    placeHolder: 'a login feature',
  });
}

function askReason(): Thenable<string | undefined> {
  return window.showInputBox({
    title: 'Suppress this finding',
    prompt: 'Why is it not a problem? The reason is written next to the code.',
    placeHolder: 'this process is the only writer',
    validateInput: (text) => (text.trim() ? undefined : 'A finding is suppressed only with a reason.'),
  });
}
