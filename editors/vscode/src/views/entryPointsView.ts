/** The tree of entry points: files, in them the functions that were verified, in those their findings. */

import {
  commands,
  type Disposable,
  EventEmitter,
  languages,
  MarkdownString,
  Range,
  ThemeColor,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  window,
  workspace,
} from 'vscode';
import { type Ctx, uriOf } from '../ctx';
import { findingsIn, firstSentence } from '../findings';
import type { EntryPoint, FindingId, State } from '../protocol';

const ICONS: Record<State, readonly [icon: string, color?: string]> = {
  stale: ['history', 'disabledForeground'],
  queued: ['clock', 'testing.iconQueued'],
  running: ['loading~spin'],
  verified: ['pass', 'testing.iconPassed'],
  failed: ['error', 'testing.iconFailed'],
  bounded: ['warning', 'editorWarning.foreground'],
};

const MEANINGS: Record<State, string> = {
  stale: 'changed since it was verified',
  queued: 'waits to be verified',
  running: 'is being verified',
  verified: 'no interleaving misbehaves',
  failed: 'some interleavings misbehave',
  bounded: 'no misbehaviour found, but a bound cut the search off',
};

type Node = FileItem | EntryItem | FindingItem;

export class EntryPointsView implements TreeDataProvider<Node>, Disposable {
  readonly #changed = new EventEmitter<void>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #ctx: Ctx;
  readonly #view: TreeView<Node>;
  readonly #disposables: Disposable[];
  #onlyProblems = false;

  constructor(ctx: Ctx) {
    this.#ctx = ctx;
    this.#view = window.createTreeView<Node>('krepis.entryPoints', {
      treeDataProvider: this,
      showCollapseAll: true,
    });
    this.#disposables = [
      this.#changed,
      this.#view,
      ctx.onChange(() => this.#update()),
      languages.onDidChangeDiagnostics(() => this.#changed.fire()),
      commands.registerCommand('krepis.entryPoints.showProblems', () => this.#filter(true)),
      commands.registerCommand('krepis.entryPoints.showAll', () => this.#filter(false)),
    ];
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  getTreeItem(node: Node): TreeItem {
    return node;
  }

  getChildren(node?: Node): Node[] {
    if (node instanceof FileItem) return node.entries.map((entry) => new EntryItem(entry));
    if (node instanceof EntryItem) return node.findings();
    if (node) return [];
    const shown = (this.#ctx.status?.entryPoints ?? []).filter(
      (entry) => !this.#onlyProblems || entry.status === 'failed' || entry.status === 'bounded',
    );
    const files = Map.groupBy(shown, (entry) => entry.uri);
    return [...files]
      .map(([uri, entries]) => new FileItem(uri, entries))
      .sort((a, b) => a.order.localeCompare(b.order));
  }

  #filter(onlyProblems: boolean): void {
    this.#onlyProblems = onlyProblems;
    void commands.executeCommand('setContext', 'krepis.onlyProblems', onlyProblems);
    this.#changed.fire();
  }

  #update(): void {
    const status = this.#ctx.status;
    void commands.executeCommand('setContext', 'krepis.running', Boolean(status?.running));
    const failed = status?.entryPoints.filter((entry) => entry.status === 'failed').length ?? 0;
    this.#view.badge =
      failed > 0 ? { value: failed, tooltip: `${failed} with misbehaving interleavings` } : undefined;
    this.#view.message = status?.running ? `Verifying: ${status.done} of ${status.total}` : '';
    this.#changed.fire();
  }
}

class FileItem extends TreeItem {
  readonly entries: readonly EntryPoint[];
  readonly order: string;

  constructor(uri: string, entries: readonly EntryPoint[]) {
    super(uriOf(uri), TreeItemCollapsibleState.Expanded);
    this.id = uri;
    this.entries = entries.toSorted((a, b) => a.range.start.line - b.range.start.line);
    this.iconPath = ThemeIcon.File;
    this.order = workspace.asRelativePath(uriOf(uri));
    this.description = this.order.split('/').slice(0, -1).join('/');
  }
}

class EntryItem extends TreeItem {
  readonly #entry: EntryPoint;

  constructor(entry: EntryPoint) {
    super(
      entry.name,
      entry.findings.length > 0 ? TreeItemCollapsibleState.Expanded : TreeItemCollapsibleState.None,
    );
    this.#entry = entry;
    const { start } = entry.range;
    this.id = `${entry.uri}#${entry.name}:${start.line}`;
    const [icon, color] = ICONS[entry.status];
    this.iconPath = new ThemeIcon(icon, color ? new ThemeColor(color) : undefined);
    this.description = description(entry);
    this.tooltip = new MarkdownString()
      .appendText(entry.name)
      .appendMarkdown(` **${entry.status}**: ${MEANINGS[entry.status]}\n\n${figures(entry)}`);
    this.accessibilityInformation = { label: `${entry.name}, ${entry.status}, ${this.description}` };
    this.command = {
      command: 'vscode.open',
      title: 'Go to',
      arguments: [
        uriOf(entry.uri),
        { selection: new Range(start.line, start.character, start.line, start.character) },
      ],
    };
  }

  findings(): FindingItem[] {
    const shown = findingsIn(uriOf(this.#entry.uri));
    return this.#entry.findings.map((fingerprint) => {
      const diagnostic = shown.find((finding) => finding.fingerprint === fingerprint)?.diagnostic;
      const label = diagnostic ? firstSentence(diagnostic.message) : 'An interleaving that misbehaves';
      const line = diagnostic && `line ${diagnostic.range.start.line + 1}`;
      return new FindingItem({ uri: this.#entry.uri, fingerprint }, label, line);
    });
  }
}

/** A finding below its entry point; choosing it opens its timeline. */
export class FindingItem extends TreeItem {
  readonly finding: FindingId;

  constructor(finding: FindingId, label: string, line: string | undefined) {
    super(label);
    this.finding = finding;
    if (line) this.description = line;
    this.tooltip = label;
    this.contextValue = 'finding';
    this.iconPath = new ThemeIcon('git-merge', new ThemeColor('testing.iconFailed'));
    this.command = {
      command: 'krepis.showTimeline',
      title: 'Show Timeline',
      arguments: [finding.uri, finding.fingerprint],
    };
  }
}

function description(entry: EntryPoint): string {
  return [entry.status === 'verified' ? '' : entry.status, figures(entry)].filter(Boolean).join(' · ');
}

/** What was explored, as far as it is known. */
function figures({ states, traces, milliseconds }: EntryPoint): string {
  const known = [
    states !== null && count(states, 'state'),
    traces !== null && count(traces, 'interleaving'),
    milliseconds !== null && duration(milliseconds),
  ];
  return known.filter(Boolean).join(' · ');
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
