/**
 * The extension in a real VS Code with the real server, from opening a project to a fixed race.
 *
 * Waits are for what a person would see; their limits only end a test that fails.
 */

import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { BINARIES, Workbench } from './workbench.ts';

const SOURCE = readFileSync(join(import.meta.dirname, 'project', 'src', 'wallet.ts'), 'utf8').split('\n');
const READ = SOURCE.findIndex((line) => line.includes('const before')) + 1;
const ACT = SOURCE.findIndex((line) => line.includes('this.cents.set')) + 1;

describe('a trusted workspace', () => {
  let code: Workbench;
  before(async () => {
    code = await Workbench.start();
  });
  afterEach(async (context) => {
    await code.screenshot(`after ${'name' in context ? context.name : ''}`.replaceAll(/\W+/g, '-'));
  });
  after(() => code.stop());

  test('the race is under the line that acts on it', async () => {
    await code.open('src/wallet.ts', ACT);
    await code.squiggles.first().waitFor();
    await code.page.locator('.codelens-decoration', { hasText: '1 interleaving loses an update' }).waitFor();
    await code.command('Problems: Focus on Problems View');
    await code.page.getByPlaceholder(/^Filter/).fill('overlapping');
    const problem = code.page.locator('.markers-panel .monaco-list-row', { hasText: 'lost-update' });
    await problem.first().waitFor();
    const label = (await problem.first().textContent()) ?? '';
    assert.match(label, /Two overlapping calls can lose an update/);
    await code.page
      .locator('.markers-panel .monaco-list-row', { hasText: /\d+\. [AB] reads/ })
      .first()
      .waitFor();
    await code.screenshot('problems');
    await code.page.keyboard.press('Control+J');
    await code.page.locator('.markers-panel').waitFor({ state: 'hidden' });
  });

  test('the tree shows a verdict for each entry point', async () => {
    await code.command('Krepis: Focus on Entry Points View');
    const row = (name: string) => code.page.locator('.pane-body .monaco-list-row', { hasText: name });
    await row('Wallet.credit').first().waitFor();
    assert.match((await row('Wallet.credit').first().getAttribute('aria-label')) ?? '', /failed/);
    assert.match((await row('Session.authorise').first().getAttribute('aria-label')) ?? '', /verified/);
    await row('Two overlapping calls').first().waitFor();
    await code.page.locator('.activitybar .badge', { hasText: '2' }).first().waitFor();
  });

  test('the timeline leads the editor along the steps, by keys alone', async () => {
    await code.open('src/wallet.ts', ACT);
    await code.command('Krepis: Show Timeline of a Finding');
    const current = code.timeline.locator('[aria-current=step]');
    await current.waitFor();
    assert.match((await current.getAttribute('aria-label')) ?? '', /stale read/);
    await code.atLine(READ);
    await code.screenshot('timeline');
    const seen = new Set<string>();
    for (let step = 0; step < 30; step++) {
      await code.page.keyboard.press('ArrowDown');
      seen.add(
        ((await current.getAttribute('aria-label')) ?? '').replace(/^.*?(stale act|foreign write|)$/, '$1'),
      );
    }
    assert(seen.has('stale act') && seen.has('foreign write'), [...seen].join());
    await code.page.keyboard.press('Home');
    assert.match((await current.getAttribute('aria-label')) ?? '', /^Step 1,/);
    await code.timeline.locator('.card', { hasText: 'stale act' }).click();
    await code.page.keyboard.press('Enter');
    await code.page.locator('.editor-instance .monaco-editor.focused').waitFor();
    await code.atLine(ACT);
    await code.page.keyboard.press('Control+Alt+[');
    await code.timeline.locator('[aria-current=step]:not(:has-text("stale act"))').waitFor();
  });

  test('steps can be filtered, and the state below follows', async () => {
    await code.timeline.locator('input').fill('writes');
    const left = code.timeline.locator('.step:not([hidden])');
    await code.timeline.locator('.step[hidden]').first().waitFor({ state: 'attached' });
    for (const text of await left.allTextContents()) assert.match(text, /writes/);
    await left.first().locator('.card').click();
    await code.timeline.locator('.state .new', { hasText: 'this.cents[account]' }).waitFor();
    await code.timeline.locator('input').fill('');
  });

  test('the timeline is there again after a reload of the window', async () => {
    const current = code.timeline.locator('[aria-current=step]');
    const before = await current.getAttribute('aria-label');
    await code.command('Developer: Reload Window');
    await current.waitFor({ state: 'detached' });
    await current.waitFor();
    assert.equal(await current.getAttribute('aria-label'), before);
  });

  test('a server that was killed is started again', async () => {
    const failed = code.page.locator('.pane-body .monaco-list-row[aria-label*="Wallet.credit, failed"]');
    await failed.waitFor();
    code.killServer();
    await failed.waitFor({ state: 'detached' });
    await failed.waitFor();
    await code.squiggles.first().waitFor();
  });

  test('an edit removes the race, and the timeline says that it is out of date', async () => {
    await code.open('src/wallet.ts', ACT);
    await code.page.keyboard.press('Control+Shift+K');
    await code.squiggles.first().waitFor({ state: 'detached' });
    await code.timeline.locator('.gone .banner').waitFor();
    await code.page.locator('.pane-body .monaco-list-row[aria-label*="Wallet.credit, verified"]').waitFor();
    await code.page.keyboard.press('Control+Z');
    await code.squiggles.first().waitFor();
    await code.timeline.locator('.gone .banner').waitFor({ state: 'detached' });
  });

  test('a verified fix removes the race', async () => {
    await code.open('src/wallet.ts', ACT);
    await code.page.keyboard.press('Control+.');
    const fixes = code.page.locator('.action-widget .monaco-list-row.action');
    await fixes.filter({ hasText: 'Suppress lost-update here' }).waitFor();
    assert.doesNotMatch((await fixes.first().textContent()) ?? '', /Suppress/, 'a repair comes first');
    await code.screenshot('fix');
    await code.page.keyboard.press('Enter');
    await code.squiggles.first().waitFor({ state: 'detached' });
    await code.page.locator('.pane-body .monaco-list-row[aria-label*="Wallet.credit, verified"]').waitFor();
  });

  test('the timeline of a race that was fixed is closed by a reload of the window', async () => {
    await code.page.keyboard.press('Control+S');
    await code.timeline.locator('.gone .banner').waitFor();
    await code.command('Developer: Reload Window');
    await code.page.locator('.notification-list-item', { hasText: 'no longer reports' }).waitFor();
    await code.page.locator('iframe.webview').waitFor({ state: 'detached' });
  });
});

describe('an untrusted workspace', () => {
  const witness = (folder: string) => join(folder, 'was-started');

  test('cannot choose the server, and is verified all the same', async () => {
    const code = await Workbench.start({ 'security.workspace.trust.startupPrompt': 'never' }, (folder) => {
      mkdirSync(join(folder, '.vscode'));
      mkdirSync(join(folder, 'tools'));
      const script = join(folder, 'tools', 'krepis');
      writeFileSync(
        script,
        `#!/bin/sh\ntouch '${witness(folder)}'\nexec '${join(BINARIES, 'krepis')}' "$@"\n`,
      );
      chmodSync(script, 0o755);
      writeFileSync(join(folder, '.vscode', 'settings.json'), '{ "krepis.path": "tools/krepis" }');
    });
    try {
      await code.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
      await code.open('src/wallet.ts', READ);
      await code.squiggles.first().waitFor();
      assert(!existsSync(witness(code.folder)), 'a path from an untrusted workspace was started');
    } finally {
      await code.stop();
    }
  });
});

test('a server that no longer reads is started again', async () => {
  const settings = { 'security.workspace.trust.enabled': false, 'krepis.path': 'tools/krepis' };
  const code = await Workbench.start(settings, (folder) => {
    mkdirSync(join(folder, 'tools'));
    const script = join(folder, 'tools', 'krepis');
    const server = join(BINARIES, 'krepis');
    // The first server loses its input some edits after the handshake, and lives on for a while.
    writeFileSync(
      script,
      `#!/bin/sh
if [ "$1" != lsp ] || ! mkdir '${folder}/tools/first' 2> /dev/null; then exec '${server}' "$@"; fi
exec 3<&0 0</dev/null
{ dd bs=1 count=25000 status=none <&3; exec 3<&-; touch '${folder}/tools/deaf'; sleep 3; } | { exec 3<&-; exec '${server}' "$@"; } &
exec 3<&-
wait
`,
    );
    chmodSync(script, 0o755);
  });
  try {
    await code.open('src/wallet.ts', ACT);
    await code.squiggles.first().waitFor();
    const deaf = () => existsSync(join(code.folder, 'tools', 'deaf'));
    await code.page.keyboard.press('End');
    for (let key = 0; key < 500 && !deaf(); key++) await code.page.keyboard.type(' ', { delay: 20 });
    assert(deaf());
    await code.page.keyboard.type('// on', { delay: 20 });
    await code.page.keyboard.press('Control+Shift+K');
    await code.squiggles.first().waitFor({ state: 'detached' });
    await code.page.keyboard.press('Control+Z');
    await code.squiggles.first().waitFor();
  } finally {
    await code.stop();
  }
});

test('a server that is not there is said, with what to do', async () => {
  const settings = { 'security.workspace.trust.enabled': false, 'krepis.path': '/nowhere/krepis' };
  const code = await Workbench.start(settings);
  try {
    await code.open('src/wallet.ts', READ);
    const message = code.page.locator('.notification-list-item', { hasText: 'cannot be executed' });
    await message.waitFor();
    await code.screenshot('no-server');
  } finally {
    await code.stop();
  }
});
