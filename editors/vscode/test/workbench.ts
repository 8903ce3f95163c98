/** A real VS Code, as code-server, in a headless browser: started on a folder, driven as a person would. */

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';

const HERE = import.meta.dirname;
const CODE = join(HERE, '..', '.e2e', 'node_modules', 'code-server', 'out', 'node', 'entry.js');
const VSIX = join(HERE, '..', 'krepis.vsix');
export const SCREENSHOTS = join(HERE, '..', 'screenshots');

/** Where `krepis` was installed by `make setup`. */
export const BINARIES = join(HERE, '..', '..', '..', '.venv', 'bin');

const QUIET = {
  'chat.disableAIFeatures': true,
  'editor.minimap.enabled': false,
  'editor.fontSize': 13,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'window.commandCenter': false,
  'workbench.colorTheme': process.env.THEME ?? 'Default Dark Modern',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/** Only ends a test that fails. */
const LIMIT_MS = Number(process.env.LIMIT_MS ?? 60_000);

export class Workbench {
  readonly page: Page;
  /** The folder that is open. */
  readonly folder: string;
  readonly #root: string;
  readonly #browser: Browser;
  readonly #code: ChildProcess;

  private constructor(page: Page, root: string, browser: Browser, code: ChildProcess) {
    this.page = page;
    this.folder = join(root, 'project');
    this.#root = root;
    this.#browser = browser;
    this.#code = code;
  }

  /** Opens a copy of `project/`, trusted unless the settings say otherwise. `prepare` may add files to it. */
  static async start(
    settings: Readonly<Record<string, unknown>> = { 'security.workspace.trust.enabled': false },
    prepare: (folder: string) => void = () => undefined,
  ): Promise<Workbench> {
    const root = mkdtempSync(join(tmpdir(), 'krepis-code-'));
    const folder = join(root, 'project');
    cpSync(join(HERE, 'project'), folder, { recursive: true });
    prepare(folder);
    // Those of the machine, where a path to an executable belongs, are kept apart from those of the user.
    for (const kind of ['User', 'Machine']) {
      mkdirSync(join(root, 'data', kind), { recursive: true });
      writeFileSync(join(root, 'data', kind, 'settings.json'), JSON.stringify({ ...QUIET, ...settings }));
    }
    const places = ['--user-data-dir', join(root, 'data'), '--extensions-dir', join(root, 'extensions')];
    // VS Code takes the PATH from a login shell.
    writeFileSync(join(root, '.profile'), `PATH='${[BINARIES, process.env.PATH].join(delimiter)}'\n`);
    const env = { ...process.env, HOME: root, SHELL: '/bin/bash' };
    execFileSync(process.execPath, [CODE, ...places, '--install-extension', VSIX], { env, stdio: 'pipe' });
    const flags = [
      '--auth',
      'none',
      '--bind-addr',
      '127.0.0.1:0',
      '--disable-telemetry',
      '--disable-update-check',
    ];
    const code = spawn(process.execPath, [CODE, ...flags, ...places, folder], { env, detached: true });
    const address = await listening(code);
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
      ],
    });
    const page = await browser.newPage({ viewport: { width: 1480, height: 880 } });
    page.setDefaultTimeout(LIMIT_MS);
    await page.goto(`${address}?folder=${encodeURIComponent(folder)}`);
    await page.locator('.monaco-workbench').waitFor();
    return new Workbench(page, root, browser, code);
  }

  /** Ends the server the hard way. It is found by its home, which no other process has. */
  killServer(): void {
    const servers = readdirSync('/proc').filter((name) => {
      try {
        const words = readFileSync(join('/proc', name, 'cmdline'), 'utf8').split('\0');
        const home = readFileSync(join('/proc', name, 'environ'), 'utf8')
          .split('\0')
          .includes(`HOME=${this.#root}`);
        return home && words.includes('lsp') && words.some((word) => word.endsWith('/krepis'));
      } catch {
        return false; // no process, or it has ended
      }
    });
    assert.equal(servers.length, 1);
    process.kill(Number(servers[0]), 'SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#browser.close();
    if (this.#code.pid) process.kill(-this.#code.pid, 'SIGTERM');
    await new Promise((resolve) => this.#code.once('exit', resolve));
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs a command of the palette by its title. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.page.locator('.quick-input-widget input').fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor();
    await this.page.keyboard.press('Enter');
  }

  /** Opens a file of the folder, with the cursor in a line. */
  async open(file: string, line = 1): Promise<void> {
    await this.command('View: Focus First Editor Group');
    await this.page.keyboard.press('Control+P');
    await this.page.locator('.quick-input-widget input').fill(file);
    await this.page
      .locator('.quick-input-list .monaco-list-row', { hasText: file.split('/').at(-1) ?? file })
      .first()
      .waitFor();
    await this.page.keyboard.press('Enter');
    await this.page.locator('.tab.active', { hasText: file.split('/').at(-1) ?? file }).waitFor();
    await this.goTo(line);
  }

  async goTo(line: number): Promise<void> {
    await this.page.keyboard.press('Control+G');
    await this.page.locator('.quick-input-widget input').fill(`:${line}`);
    await this.page.locator('.quick-input-list', { hasText: `go to line ${line} ` }).waitFor();
    await this.page.keyboard.press('Enter');
    await this.atLine(line);
  }

  /** Waits until the cursor is in a line. */
  async atLine(line: number): Promise<void> {
    await this.page.locator('.active-line-number', { hasText: RegExp(`^${line}$`) }).waitFor();
  }

  /** The document of the timeline, inside the two frames around each webview. */
  get timeline(): FrameLocator {
    return this.page.frameLocator('iframe.webview').frameLocator('#active-frame');
  }

  get squiggles(): Locator {
    return this.page.locator('.squiggly-error');
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.mouse.move(740, 879);
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
  }
}

function listening(code: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    assert(code.stdout && code.stderr);
    const said: string[] = [];
    createInterface(code.stdout).on('line', (line) => {
      said.push(line);
      const address = /HTTP server listening on (\S+)/.exec(line)?.[1];
      if (address) resolve(address);
    });
    code.stderr.resume();
    code.once('exit', () => reject(new Error(`code-server ended:\n${said.join('\n')}`)));
  });
}
