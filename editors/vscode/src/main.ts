/** Starts and ends the extension. What it does lives in the files beside this one. */

import { type ExtensionContext, workspace } from 'vscode';
import { registerCommands } from './commands';
import { Ctx } from './ctx';
import { EntryPointsView } from './views/entryPointsView';
import { StatusItem } from './views/statusItem';
import { TimelineView } from './views/timelineView';

let ctx: Ctx | undefined;

export async function activate(extension: ExtensionContext): Promise<void> {
  ctx = new Ctx(extension);
  const current = ctx;
  const timelines = new TimelineView(current, extension.extensionUri);
  extension.subscriptions.push(
    timelines,
    new EntryPointsView(current),
    new StatusItem(current),
    ...registerCommands(current, timelines),
    workspace.onDidGrantWorkspaceTrust(() => current.restart()),
    workspace.onDidChangeConfiguration(
      (event) => event.affectsConfiguration('krepis.path') && current.restart(),
    ),
  );
  await current.restart();
}

export async function deactivate(): Promise<void> {
  await ctx?.stop();
}
