import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { faultsOf } from '../support/browser/axe.ts';
import { describeInBrowser } from '../support/browser/browser.ts';
import { openConsole } from '../support/browser/console-page.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';
import { jwtSettings, signJwt } from '../support/gateway/jwt.ts';
import { openSharedFiles, type SharedFiles } from '../support/gateway/shared-files.ts';
import { shareGateway } from '../support/gateway/shared-gateway.ts';
import { startNode } from '../support/node/nodes.ts';

const shared = shareGateway(() => startTestGateway());

async function openFiles(gateway: TestGateway, { sessionId }: Pick<SharedFiles, 'sessionId'>) {
  const console = await openConsole(gateway.url, { sessionId });
  await console.page.getByRole('button', { name: /^Files/ }).click();
  await console.page.getByRole('dialog', { name: 'Files of this session' }).waitFor();
  return console;
}

const item = (page: Page, name: string | RegExp) =>
  page.getByRole('region', { name: 'Files and folders' }).getByRole('button', { name });
const view = (page: Page) => page.getByRole('region', { name: 'File', exact: true });

/** Lets a node change a file of which it has not seen the present version. */
async function makeConflict(gateway: TestGateway, files: SharedFiles, path: string, text: string) {
  const { workspaces } = gateway.services;
  await workspaces.write({
    sessionId: files.databaseId,
    path: 'other',
    source: Readable.from([Buffer.from(text)]),
  });
  const other = await workspaces.find(files.databaseId, 'other');
  const writer = { kind: 'node', agentNodeId: 1, nodeId: 'laptop' } as const;
  if (other)
    await workspaces.commit(files.databaseId, [{ path, base: null, entry: { ...other, path } }], writer);
  await workspaces.delete(files.databaseId, 'other');
}

describeInBrowser('the files of a session in the console', () => {
  test('a user begins to share files, and sees each file that comes, changes and goes', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession({ nodeIds: ['desk-a'] });
    await using console = await openFiles(gateway, { sessionId });
    const { page } = console;
    await page.getByRole('radio', { name: 'Begin without files' }).check();
    await page.getByRole('button', { name: 'Share files' }).click();
    await page.getByText('There are no files.').waitFor();

    const write = (path: string, text: string) =>
      gateway.query(
        'mutation ($id: ID!, $path: String!, $text: String!) { writeWorkspaceFile(sessionId: $id, path: $path, text: $text) { path } }',
        { id: sessionId, path, text },
      );
    await write('docs/notes.txt', 'first\n');
    await item(page, 'docs').click();
    await item(page, 'notes.txt').click();
    await view(page).getByText('first').waitFor();
    await write('docs/notes.txt', 'second\n');
    await view(page).getByText('second').waitFor();
    await gateway.query(
      'mutation ($id: ID!) { deleteWorkspaceFile(sessionId: $id, path: "docs") { fileCount } }',
      { id: sessionId },
    );
    await view(page).getByText('This file does not exist any more.').waitFor();
    await page.getByText('There are no files.').waitFor();
    expect(console.faults()).toEqual([]);
  });

  test('a session without nodes says that a node must be attached first', async () => {
    const gateway = shared();
    await using console = await openFiles(gateway, { sessionId: await gateway.createSession() });
    await console.page.getByText('Attach a node first.').waitFor();
  });

  test('a user uploads files, replaces one, downloads one, and deletes one', async () => {
    await using gateway = await startTestGateway({ settings: jwtSettings });
    const token = await signJwt({ sub: 'alice' });
    const files = await openSharedFiles(gateway, { token });
    await files.write('a.txt', 'old');
    await using console = await openConsole(gateway.url, { sessionId: files.sessionId });
    const { page } = console;
    await page.getByLabel('Token').fill(token);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Files/ }).click();
    const bytes = Buffer.alloc(300_000, 'x\0');
    await page
      .getByRole('dialog')
      .locator('input[type=file]')
      .setInputFiles([
        { name: 'data.bin', mimeType: '', buffer: bytes },
        { name: 'a.txt', mimeType: '', buffer: Buffer.from('new') },
      ]);
    await page.getByText('There is a file a.txt already.').waitFor();
    await page.getByRole('button', { name: 'Replace it' }).click();
    await expect.poll(async () => (await files.read('file(path: "a.txt") { text }')).file.text).toBe('new');

    await item(page, 'data.bin').click();
    await view(page).getByText('This file is no text').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      view(page).getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('data.bin');
    expect(bytes.equals(await buffer(await download.createReadStream()))).toBe(true);

    await view(page).getByRole('button', { name: 'Delete…' }).click();
    await page
      .getByRole('dialog', { name: 'Delete this file?' })
      .getByRole('button', { name: 'Delete' })
      .click();
    await view(page).getByText('This file does not exist any more.').waitFor();
    expect(await files.read('files { edges { node { path } } }')).toEqual({
      files: { edges: [{ node: { path: 'a.txt' } }] },
    });
    expect(console.faults()).toEqual([]);
  });

  test.each([
    { button: 'Delete the other version', text: 'of the gateway' },
    { button: 'Use the other version', text: 'of the laptop' },
  ])('a conflict is shown, and ends with $button', async ({ button, text }) => {
    const gateway = shared();
    const files = await openSharedFiles(gateway);
    await files.write('notes.txt', 'of the gateway');
    await using console = await openFiles(gateway, files);
    const { page } = console;
    await makeConflict(gateway, files, 'notes.txt', 'of the laptop');
    const conflicts = page.getByRole('region', { name: 'Files in conflict' });
    await conflicts.getByRole('button', { name: /^notes \(conflict from laptop/ }).click();
    await view(page).getByText('of the laptop').waitFor();
    await conflicts.getByRole('button', { name: button }).click();
    await conflicts.waitFor({ state: 'detached' });
    const read = await files.read('fileCount conflicts { path } file(path: "notes.txt") { text }');
    expect(read).toEqual({ fileCount: 1, conflicts: [], file: { text } });
  });

  test('a folder of 10,000 files opens at once, page by page, and stays current', async () => {
    const gateway = shared();
    const files = await openSharedFiles(gateway);
    await files.write('0', 'x');
    const { workspaces } = gateway.services;
    const one = await workspaces.find(files.databaseId, '0');
    for (let first = 0; one && first < 10_000; first += 1_000) {
      const changes = Array.from({ length: 1_000 }, (_, index) => {
        const path = `many/${String(first + index).padStart(5, '0')}.txt`;
        return { path, base: null, entry: { ...one, path } };
      });
      await workspaces.commit(files.databaseId, changes, { kind: 'client' });
    }
    await using console = await openFiles(gateway, files);
    const { page } = console;
    await item(page, 'many').click();
    await item(page, '00099.txt').waitFor();
    expect(await item(page, /\.txt/).count()).toBe(100);
    await page.getByRole('button', { name: 'Show more' }).click();
    await item(page, '00199.txt').waitFor();
    await files.delete('many/00005.txt');
    await item(page, '00005.txt').waitFor({ state: 'detached' });
    await item(page, '00200.txt').waitFor();
    await page.getByRole('button', { name: 'Files: 10,000' }).waitFor({ state: 'attached' });
  });

  test('the progress of each node is shown while it changes', async () => {
    const gateway = shared();
    const files = await openSharedFiles(gateway);
    await using node = await startNode(gateway, 'desk', { syncsWorkspaces: true });
    await gateway.query('mutation ($id: ID!) { attachNodes(sessionId: $id, nodeIds: ["desk"]) { id } }', {
      id: files.sessionId,
    });
    await using console = await openFiles(gateway, files);
    const desk = console.page
      .getByRole('list', { name: 'Nodes with these files' })
      .getByRole('listitem')
      .last();
    await desk.getByText('files not compared yet').waitFor();
    await files.report(node.token, { filesDone: 1, filesTotal: 4, bytesDone: 500, bytesTotal: 2_000_000 });
    await desk.getByText('copying files: 1 of 4 files, 500 bytes of 2.0 MB').waitFor();
    expect(await desk.getByRole('progressbar').getAttribute('value')).toBe('0.00025');
    await files.report(node.token, { status: 'ERROR', error: 'The disk is full.' });
    await desk.getByText('files not copied: The disk is full.').waitFor();
    await files.report(node.token, { status: 'SYNCED', revision: 1_000 });
    await desk.getByText('has all files').waitFor();
    node.leave();
    await desk.getByText('offline: gets the files when it connects').waitFor();
  });

  test('axe finds no fault in the files of a session, in light and dark colours, and they fit 320 pixels', async () => {
    const gateway = shared();
    const files = await openSharedFiles(gateway);
    await files.write('a long folder name/notes with a long name.txt', 'old '.repeat(200));
    await files.write('odd\n\u202ename', 'x');
    await makeConflict(gateway, files, 'a long folder name/notes with a long name.txt', 'new');
    await using console = await openFiles(gateway, files);
    const { page } = console;
    await item(page, 'a long folder name').click();
    await item(page, /^notes with a long name\.txt/).click();
    await view(page).locator('pre').waitFor();
    const faults = await faultsOf(page, 'dialog[open]');
    const sessionId = await gateway.createSession({ nodeIds: ['desk-c'] });
    await using source = await openFiles(gateway, { sessionId });
    await source.page.getByRole('radio', { name: 'Share a folder of a node' }).check();
    faults.push(...(await faultsOf(source.page, 'dialog[open]')));
    for (const width of [320, 500, 900]) {
      for (const each of [page, source.page]) {
        await each.setViewportSize({ width, height: 640 });
        const overhang = await each.evaluate(() =>
          ['dialog[open]', ':root'].map((selector) => {
            const { scrollWidth = 0, clientWidth = 0 } = document.querySelector(selector) ?? {};
            return scrollWidth - clientWidth;
          }),
        );
        expect([width, ...overhang]).toEqual([width, 0, 0]);
      }
    }
    await page.setViewportSize({ width: 320, height: 640 });
    await view(page).getByRole('button', { name: '← All files' }).click();
    await item(page, /odd⟨U\+000A⟩⟨U\+202E⟩name/).waitFor();
    faults.push(...(await faultsOf(page, 'dialog[open]')));
    expect(faults).toEqual([]);
  });
});
