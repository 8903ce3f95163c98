/** The life of the server: started, restarted, stopped, and what it last said about the workspace. */

import {
  commands,
  EventEmitter,
  type ExtensionContext,
  env,
  type LogOutputChannel,
  Uri,
  window,
  workspace,
} from 'vscode';
import {
  type CancellationToken,
  State as ClientState,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  type ServerOptions,
} from 'vscode-languageclient/node';
import { check, locate, NoServer, type Server } from './bootstrap';
import { configuredPath } from './config';
import {
  type FindingId,
  type Status,
  statusChanged,
  statusRequest,
  timelineRequest,
  updated,
} from './protocol';
import type { Timeline } from './timeline';

export const LANGUAGES = ['typescript', 'typescriptreact', 'javascript', 'javascriptreact'];

/** What is known about the server. */
export type Condition =
  | { readonly is: 'starting' }
  | { readonly is: 'running'; readonly server: Server }
  | { readonly is: 'broken'; readonly reason: string };

export class Ctx {
  readonly #changed = new EventEmitter<void>();
  /** The condition or the status has changed. */
  readonly onChange = this.#changed.event;
  readonly log: LogOutputChannel;
  readonly #extension: ExtensionContext;
  #client: LanguageClient | undefined;
  #condition: Condition = { is: 'starting' };
  #status: Status | undefined;
  /** Starts and stops happen one after the other, whoever asks. */
  #turn: Promise<void> = Promise.resolve();

  constructor(extension: ExtensionContext) {
    this.#extension = extension;
    this.log = window.createOutputChannel('Krepis', { log: true });
    extension.subscriptions.push(this.log, this.#changed);
  }

  get condition(): Condition {
    return this.#condition;
  }

  get status(): Status | undefined {
    return this.#status;
  }

  restart(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#stop()).then(() => this.#start());
    return this.#turn;
  }

  stop(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#stop());
    return this.#turn;
  }

  /** The interleaving of a finding, or null when the server no longer reports it. */
  async timeline(finding: FindingId, token?: CancellationToken): Promise<Timeline | null> {
    return this.#running ? await this.#running.sendRequest(timelineRequest, finding, token) : null;
  }

  /** Runs a command of the server. Failures are shown to the user. */
  async execute(command: string, ...args: unknown[]): Promise<void> {
    try {
      if (!this.#running) throw new NoServer('The Krepis server does not run.');
      await this.#running.sendRequest(ExecuteCommandRequest.type, { command, arguments: args });
    } catch (error) {
      void window.showErrorMessage(`Krepis: ${messageOf(error)}`);
    }
  }

  get #running(): LanguageClient | undefined {
    return this.#condition.is === 'running' ? this.#client : undefined;
  }

  async #start(): Promise<void> {
    this.#become({ is: 'starting' });
    try {
      const server = await check(
        locate({
          setting: configuredPath(),
          folder: workspace.workspaceFolders?.[0]?.uri.fsPath,
          environment: process.env,
          extension: this.#extension.extensionPath,
        }),
      );
      this.log.info(`Starting ${server.command} ${server.version}, found through ${server.origin}`);
      this.#client = this.#connect(server);
      await this.#client.start();
    } catch (error) {
      this.#fail(messageOf(error));
    }
  }

  #connect(server: Server): LanguageClient {
    const options: ServerOptions = { command: server.command, args: ['lsp'] };
    const client: LanguageClient = new LanguageClient('krepis', 'Krepis', options, {
      documentSelector: LANGUAGES.map((language) => ({ scheme: 'file', language })),
      outputChannel: this.log,
      diagnosticPullOptions: { onChange: true, onSave: true, onTabs: true },
      initializationOptions: workspace.getConfiguration('krepis'),
      synchronize: { configurationSection: 'krepis' },
      markdown: { isTrusted: { enabledCommands: ['krepis.showTimeline'] } },
      // Left to itself, the client gives up for good when it writes to a server that has just died.
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => whenClosed.closed(),
      },
    });
    const whenClosed = client.createDefaultErrorHandler();
    client.onNotification(statusChanged, (change) => {
      this.#status = updated(this.#status, change);
      this.#changed.fire();
    });
    // The client starts a server that crashed again by itself, until it has crashed too often.
    client.onDidChangeState(({ newState }) => {
      if (this.#client !== client) return;
      if (newState === ClientState.Running) {
        this.#become({ is: 'running', server });
        void this.#askStatus(client);
      } else {
        this.#status = undefined;
        const stopped = newState === ClientState.Stopped;
        this.#become(
          stopped ? { is: 'broken', reason: 'The server stopped. See the log.' } : { is: 'starting' },
        );
      }
    });
    return client;
  }

  async #askStatus(client: LanguageClient): Promise<void> {
    try {
      this.#status = await client.sendRequest(statusRequest, {});
      this.#changed.fire();
    } catch (error) {
      this.log.warn(`krepis/status: ${messageOf(error)}`);
    }
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#status = undefined;
    try {
      await client?.dispose();
    } catch (error) {
      this.log.warn(`The server did not stop well: ${messageOf(error)}`);
    }
  }

  #become(condition: Condition): void {
    this.#condition = condition;
    void commands.executeCommand('setContext', 'krepis.serverRuns', condition.is === 'running');
    this.#changed.fire();
  }

  #fail(reason: string): void {
    this.log.error(reason);
    this.#become({ is: 'broken', reason });
    void this.#explain(reason);
  }

  async #explain(reason: string): Promise<void> {
    const choice = await window.showErrorMessage(
      `Krepis: ${reason}`,
      'Choose Executable',
      'How to Install',
      'Show Log',
    );
    if (choice === 'Choose Executable')
      await commands.executeCommand('workbench.action.openSettings', 'krepis.path');
    else if (choice === 'How to Install')
      await commands.executeCommand(
        'workbench.action.openWalkthrough',
        `${this.#extension.extension.id}#start`,
      );
    else if (choice === 'Show Log') this.log.show();
  }
}

/** Puts text on the clipboard. */
export async function copy(text: string): Promise<void> {
  await env.clipboard.writeText(text);
  window.setStatusBarMessage('$(check) Copied', 2000);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function uriOf(text: string): Uri {
  return Uri.parse(text, true);
}
