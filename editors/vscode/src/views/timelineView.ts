/**
 * The timeline panel: draws one interleaving and leads the editor along its steps.
 *
 * The page knows nothing of files; it is given the text of each line and says which step was chosen. It runs under
 * a content security policy without inline script or style, and what it shows goes in as text, never as markup.
 */

import { randomBytes } from 'node:crypto';
import {
  commands,
  type Disposable,
  type ExtensionContext,
  OverviewRulerLane,
  Range,
  type TextDocument,
  type TextEditor,
  TextEditorRevealType,
  ThemeColor,
  Uri,
  ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from 'vscode';
import { type Ctx, copy, messageOf, uriOf } from '../ctx';
import type { FindingId } from '../protocol';
import {
  type FromPage,
  type PageState,
  phrase,
  role,
  type Step,
  type Timeline,
  type ToPage,
} from '../timeline';

const TYPE = 'krepis.timeline';

export class TimelineView implements Disposable {
  readonly #ctx: Ctx;
  readonly #root: ExtensionContext['extensionUri'];
  readonly #disposables: Disposable[];
  readonly #stepDecoration = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor('editor.stackFrameHighlightBackground'),
    overviewRulerColor: new ThemeColor('charts.yellow'),
    overviewRulerLane: OverviewRulerLane.Full,
    after: { margin: '0 0 0 3em', color: new ThemeColor('editorCodeLens.foreground'), fontStyle: 'italic' },
  });
  #panel: WebviewPanel | undefined;
  #finding: FindingId | undefined;
  #timeline: Timeline | undefined;
  #at = 0;
  /** The page listens. */
  #ready = false;
  /** The finding is no longer reported. */
  #gone = false;

  constructor(ctx: Ctx, root: Uri) {
    this.#ctx = ctx;
    this.#root = root;
    this.#disposables = [
      this.#stepDecoration,
      ctx.onChange(() => this.#checkStillThere()),
      window.registerWebviewPanelSerializer(TYPE, {
        deserializeWebviewPanel: async (panel, state: PageState | undefined) => {
          this.#adopt(panel);
          if (!state) return panel.dispose();
          await this.#verified();
          await this.open({ uri: state.uri, fingerprint: state.fingerprint }, state.at);
          if (!this.#finding) panel.dispose(); // the race was mended meanwhile
        },
      }),
    ];
  }

  dispose(): void {
    this.#panel?.dispose();
    for (const disposable of this.#disposables) disposable.dispose();
  }

  /** Shows a finding, at its decisive step unless told otherwise. */
  async open(finding: FindingId, at?: number): Promise<void> {
    const timeline = await this.#ctx.timeline(finding).catch((error: unknown) => {
      this.#ctx.log.error(`krepis/timeline: ${messageOf(error)}`);
      return null;
    });
    if (!timeline) {
      void window.showInformationMessage('Krepis no longer reports this finding.');
      return;
    }
    this.#finding = finding;
    this.#timeline = timeline;
    this.#gone = false;
    this.#at = at ?? timeline.roles?.staleRead ?? timeline.roles?.act ?? 0;
    if (!this.#panel)
      this.#adopt(
        window.createWebviewPanel(TYPE, 'Krepis', { viewColumn: ViewColumn.Beside, preserveFocus: false }),
      );
    this.#panel?.reveal(undefined, false);
    await this.#draw();
    await this.#goTo(this.#at, false);
  }

  /** One step forwards or backwards, for when the focus is in the editor; the page knows what is filtered. */
  move(by: 1 | -1): void {
    this.#post({ type: 'move', by });
  }

  /** When the server has finished its first run. */
  #verified(): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!this.#isVerified()) return;
        listener.dispose();
        resolve();
      };
      const listener = this.#ctx.onChange(check);
      check();
    });
  }

  #isVerified(): boolean {
    const status = this.#ctx.status;
    return status !== undefined && !status.running && status.entryPoints.length > 0;
  }

  #adopt(panel: WebviewPanel): void {
    this.#panel?.dispose();
    this.#panel = panel;
    this.#ready = false;
    const { webview } = panel;
    webview.options = { enableScripts: true, localResourceRoots: [this.#file('dist'), this.#file('media')] };
    panel.iconPath = this.#file('media', 'krepis.png');
    panel.onDidDispose(() => this.#closed(panel));
    webview.onDidReceiveMessage((message: FromPage) => this.#receive(message));
    webview.html = page(
      webview.cspSource,
      webview.asWebviewUri(this.#file('dist', 'timeline.js')),
      webview.asWebviewUri(this.#file('media', 'timeline.css')),
    );
    void commands.executeCommand('setContext', 'krepis.timelineOpen', true);
  }

  #closed(panel: WebviewPanel): void {
    if (this.#panel !== panel) return;
    this.#panel = undefined;
    this.#finding = undefined;
    this.#timeline = undefined;
    this.#clearDecorations();
    void commands.executeCommand('setContext', 'krepis.timelineOpen', false);
  }

  async #receive(message: FromPage): Promise<void> {
    switch (message.type) {
      case 'ready':
        this.#ready = true;
        await this.#draw();
        break;
      case 'step':
        await this.#goTo(message.index, message.focus);
        break;
      case 'copy':
        await copy(message.text);
        break;
    }
  }

  async #draw(): Promise<void> {
    const [panel, timeline, finding] = [this.#panel, this.#timeline, this.#finding];
    if (!panel || !timeline || !finding || !this.#ready) return;
    panel.title = `${timeline.kind}: ${timeline.function}`;
    const source = await Promise.all(timeline.steps.map(lineOf));
    this.#post({ type: 'show', timeline, source, state: { ...finding, at: this.#at } });
    if (this.#gone) this.#post({ type: 'gone' });
  }

  /** Says so when a run has ended that no longer reports what is drawn; a new version of it is drawn anew. */
  async #checkStillThere(): Promise<void> {
    const finding = this.#finding;
    if (!finding || !this.#timeline || !this.#isVerified()) return;
    const timeline = await this.#ctx.timeline(finding).catch(() => undefined);
    if (timeline === undefined || finding !== this.#finding) return;
    if (!this.#gone && JSON.stringify(timeline) === JSON.stringify(this.#timeline)) return;
    this.#gone = timeline === null;
    this.#timeline = timeline ?? this.#timeline;
    this.#at = Math.min(this.#at, this.#timeline.steps.length - 1);
    await this.#draw();
  }

  async #goTo(index: number, focus: boolean): Promise<void> {
    const timeline = this.#timeline;
    const step = timeline?.steps[index];
    if (!timeline || !step) return;
    this.#at = index;
    const editor = await this.#editorOf(step, focus);
    if (!editor || this.#at !== index) return; // another step was chosen meanwhile
    this.#clearDecorations();
    const line = editor.document.validateRange(
      new Range(step.line - 1, 0, step.line - 1, Number.MAX_SAFE_INTEGER),
    );
    editor.revealRange(line, TextEditorRevealType.InCenterIfOutsideViewport);
    const part = role(timeline, index);
    const contentText = `${step.task} ${phrase(step)}${part && ` · ${part}`}`;
    editor.setDecorations(this.#stepDecoration, [{ range: line, renderOptions: { after: { contentText } } }]);
  }

  async #editorOf(step: Step, focus: boolean): Promise<TextEditor | undefined> {
    const document = await documentOf(step);
    if (!document) {
      void window.showWarningMessage(`Krepis: ${step.file} cannot be opened.`);
      return undefined;
    }
    const visible = window.visibleTextEditors.find((editor) => editor.document === document);
    const beside = this.#panel?.viewColumn === ViewColumn.One ? ViewColumn.Two : ViewColumn.One;
    const start = new Range(step.line - 1, 0, step.line - 1, 0);
    return await window.showTextDocument(document, {
      viewColumn: visible?.viewColumn ?? beside,
      preserveFocus: !focus,
      selection: document.validateRange(start),
    });
  }

  #clearDecorations(): void {
    for (const editor of window.visibleTextEditors) editor.setDecorations(this.#stepDecoration, []);
  }

  #post(message: ToPage): void {
    void this.#panel?.webview.postMessage(message);
  }

  #file(...parts: string[]): Uri {
    return Uri.joinPath(this.#root, ...parts);
  }
}

async function documentOf(step: Step): Promise<TextDocument | undefined> {
  try {
    return await workspace.openTextDocument(uriOf(step.uri));
  } catch {
    return undefined;
  }
}

async function lineOf(step: Step): Promise<string> {
  const document = await documentOf(step);
  return document && step.line <= document.lineCount ? document.lineAt(step.line - 1).text.trim() : '';
}

function page(source: string, script: Uri, style: Uri): string {
  const nonce = randomBytes(18).toString('base64');
  const policy = `default-src 'none'; style-src ${source}; script-src 'nonce-${nonce}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Krepis timeline</title>
</head>
<body><main id="root"><p class="wait">Waiting for Krepis to verify this.</p></main><script nonce="${nonce}" src="${script}"></script></body>
</html>`;
}
