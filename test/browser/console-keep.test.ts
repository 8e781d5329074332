import { text as textOf } from 'node:stream/consumers';
import type { Download, Page, Route } from 'playwright-core';
import { expect, test } from 'vitest';
import { globalId, seed } from '../gateway/schema/seed.ts';
import { faultsOf } from '../support/browser/axe.ts';
import { describeInBrowser } from '../support/browser/browser.ts';
import { type ConsolePage, openConsole } from '../support/browser/console-page.ts';
import { createWav } from '../support/files/wav.ts';
import { shareScriptedGateway } from '../support/gateway/shared-gateway.ts';
import { createTools } from '../support/gateway/tool-double.ts';
import { reasoning, text, toolCall } from '../support/model/turn.ts';

const labels = 'query ($id: ID!) { session(id: $id) { tags pinnedAt archivedAt } }';

describeInBrowser('what people keep in the console', () => {
  const shared = shareScriptedGateway({ tools: createTools({ look: () => 'It says ``` and <b>.' }) });

  test('sessions are pinned, archived with an undo, tagged and found by their tags, in every tab', async () => {
    const gateway = shared();
    const first = await gateway.createSession({ title: 'Kept first' });
    await gateway.createSession({ title: 'Kept second', tags: ['work'] });
    await using console = await openConsole(gateway.url, { sessionId: first });
    await using other = await console.openTab();
    const { page } = console;
    const links = ({ page: tab }: ConsolePage) =>
      tab.getByRole('navigation').getByRole('link', { name: /^Kept/ }).allInnerTexts();
    const stored = async () => (await gateway.query(labels, { id: first })).session;
    await expect.poll(() => links(console)).toEqual(['Kept second', 'Kept first']);

    await console.choose('More for “Kept first”', 'Pin');
    await page.getByRole('region', { name: 'Pinned' }).getByRole('link', { name: 'Kept first' }).waitFor();
    for (const tab of [console, other])
      await expect.poll(() => links(tab)).toEqual(['Kept first', 'Kept second']);
    expect((await stored()).pinnedAt).not.toBeNull();
    await console.choose('More for “Kept first”', 'Unpin');
    await expect.poll(() => links(other)).toEqual(['Kept second', 'Kept first']);

    await console.choose('More for “Kept first”', 'Tags…');
    const dialog = page.getByRole('dialog');
    const done = dialog.getByRole('button', { name: 'Done' });
    expect(await done.evaluate((button) => button.scrollWidth <= button.clientWidth)).toBe(true);
    await dialog.getByRole('combobox', { name: 'New tag' }).fill('travel');
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Remove the tag travel' }).waitFor();
    await page.keyboard.type('work');
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Remove the tag travel' }).click();
    await expect.poll(async () => (await stored()).tags).toEqual(['work']);
    await page.keyboard.press('Escape');
    await other.page.getByRole('list', { name: 'Tags' }).getByRole('button', { name: 'work' }).waitFor();
    const filter = page.getByRole('group', { name: 'Only sessions with a tag' });
    // The gateway counts them: both sessions have the tag now.
    await expect.poll(() => filter.getByRole('button').allInnerTexts()).toEqual(['work\n2']);
    await filter.getByRole('button', { name: 'work' }).click();
    await expect.poll(() => links(console)).toEqual(['Kept second', 'Kept first']);
    expect(await faultsOf(page, 'aside')).toEqual([]);

    await page.keyboard.press('Control+Shift+e');
    await page.getByRole('status').getByText('“Kept first” is in the archive.').waitFor();
    await expect.poll(() => links(console)).toEqual(['Kept second']);
    await expect.poll(() => links(other)).toEqual(['Kept second']);
    expect((await stored()).archivedAt).not.toBeNull();
    expect(await faultsOf(page, '.notice-place')).toEqual([]);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => links(console)).toEqual(['Kept second', 'Kept first']);
    await console.choose('More for “Kept first”', 'Archive');
    await expect.poll(() => links(console)).toEqual(['Kept second']);
    await page.getByRole('button', { name: 'Archive', exact: true }).click();
    await expect.poll(() => links(console)).toEqual(['Kept first']);
    await page.getByRole('button', { name: 'Back to the other sessions' }).click();
    await expect.poll(() => links(console)).toEqual(['Kept second']);
    await page.getByRole('button', { name: 'Take it out' }).click();
    await expect.poll(async () => (await stored()).archivedAt).toBeNull();

    // The arrow keys move along a menu, and Escape gives the focus back.
    const more = page.getByRole('button', { name: 'More for this session' });
    await more.press('Enter');
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => focusedText(page)).toBe('Delete…');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focusedText(page)).toBe('Pin');
    await page.keyboard.press('Escape');
    await expect.poll(() => more.evaluate((each) => each === document.activeElement)).toBe(true);
    expect(await page.getByRole('menu').count()).toBe(0);
    expect(console.faults()).toEqual([]);
  });

  test('a message is found by its words and shown, however far up it is, also on another branch', async () => {
    const gateway = shared();
    const { database, searchBacklog } = gateway.services;
    const [long = 0] = await seed(database, { sessions: 1, userId: 'anonymous', turns: 80 });
    const rows = await database.message.findMany({ where: { sessionId: long }, orderBy: { id: 'asc' } });
    const needle = rows[7]?.id ?? 0;
    const content = 'A golden needle & <b onclick="x">markup</b>';
    await database.message.update({ where: { id: needle }, data: { content } });
    searchBacklog.start();
    await searchBacklog.settled();
    gateway.model.script([text('Silver thread.')], [text('Copper wire.')]);
    await using console = await openConsole(gateway.url);
    const { page, answers } = console;
    await console.send('First question');
    await answers.getByText('Silver thread.').waitFor();
    await page.getByRole('button', { name: 'Edit the prompt' }).click();
    await page.getByRole('textbox', { name: 'Changed text' }).fill('Second question');
    await page.keyboard.press('Enter');
    await answers.getByText('Copper wire.').waitFor();
    const hits = page.getByRole('region', { name: 'Messages with these words' });
    const search = page.getByRole('searchbox', { name: 'Search titles and messages' });
    const messages = page.getByRole('region', { name: 'Messages', exact: true });
    /** The message that was looked for is marked for five seconds, and has the focus. */
    const target = (words: string) =>
      page.locator('.message-place:is(.target, :focus)').getByText(words, { exact: true }).waitFor();

    await search.fill('silver thre');
    await page.getByRole('status').getByText('1 message found').waitFor();
    expect(await hits.locator('mark').allInnerTexts()).toEqual(['Silver', 'thread']);
    await search.press('ArrowDown');
    await page.keyboard.press('Enter');
    await target('Silver thread.');

    await search.fill('golden needle');
    await hits.getByRole('link').waitFor();
    expect(await hits.locator('.snippet').innerText()).toBe(content);
    expect(await faultsOf(page, 'aside')).toEqual([]);
    await hits.getByRole('link').click();
    await target(content);
    expect(await isInSight(page, 'A golden needle')).toBe(true);
    expect(new URL(page.url()).hash).toBe(`#${encodeURIComponent(globalId('Session', long))}`);
    const places = messages.locator('.message-place');
    const articles = messages.getByRole('article');
    await expect.poll(() => articles.count()).toBe(68);
    // A page of messages is drawn in many turns, so that none of them holds up a scroll or a key for long.
    const drawn = await messages.evaluateHandle((each) => {
      const seen = { most: 0, turns: 0 };
      new MutationObserver((all) => {
        const added = all
          .flatMap(({ addedNodes }) => [...addedNodes])
          .filter((node) => node instanceof Element);
        const count = added.reduce(
          (sum, node) => sum + (node.matches('article') ? 1 : 0) + node.querySelectorAll('article').length,
          0,
        );
        if (count === 0) return;
        seen.most = Math.max(seen.most, count);
        seen.turns += 1;
      }).observe(each, { subtree: true, childList: true });
      return seen;
    });
    await page.getByRole('button', { name: 'Show later messages' }).click();
    await expect.poll(() => articles.count()).toBe(128);
    const { most, turns } = await drawn.jsonValue();
    expect(most).toBeLessThanOrEqual(4);
    expect(turns).toBeGreaterThan(50);
    await page.getByRole('button', { name: 'To the newest message' }).click();
    await messages.getByText('Answer 79').waitFor();
    await expect.poll(() => isInSight(page, 'Answer 79')).toBe(true);
    // Some more pages, and both parts are one list.
    await hits.getByRole('link').click();
    await target(content);
    while ((await page.getByRole('button', { name: 'Show later messages' }).count()) > 0) {
      const before = await places.count();
      await page.getByRole('button', { name: 'Show later messages' }).click();
      await expect.poll(() => places.count()).toBeGreaterThan(before);
    }
    await expect.poll(() => places.count()).toBe(160);
    await expect.poll(() => articles.count()).toBe(160);

    // What is far away is not drawn, and typing a prompt draws no message again.
    const far = messages.getByText('Answer 40', { exact: true });
    const isDrawn = { contentVisibilityAuto: true };
    expect(await far.evaluate((each, options) => each.checkVisibility(options), isDrawn)).toBe(false);
    const watched = await messages.evaluateHandle((each) => {
      const seen = { changes: 0 };
      new MutationObserver((all) => {
        seen.changes += all.length;
      }).observe(each, { subtree: true, childList: true, attributes: true, characterData: true });
      return seen;
    });
    await page.locator('.message-place.target').waitFor({ state: 'detached' });
    const before = await watched.evaluate(({ changes }) => changes);
    await console.prompt.pressSequentially('A new prompt');
    expect(await watched.evaluate(({ changes }) => changes)).toBe(before);
    await search.fill('no such words anywhere');
    await page.getByRole('status').getByText('Nothing has these words.').waitFor();
    expect(console.faults()).toEqual([]);
  });

  test('an answer is asked of another model, and the whole conversation is saved as Markdown and JSON', async () => {
    const gateway = shared();
    gateway.model.script(
      [reasoning('Hm.'), text('I look.'), toolCall('call', 'look', { path: 'a.txt' })],
      [text('Found **it**.')],
    );
    await using console = await openConsole(gateway.url);
    const { page, answers } = console;
    await page.locator('form input[type=file]').setInputFiles([
      { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('A note.') },
      { name: 'more.txt', mimeType: 'text/plain', buffer: Buffer.from('More.') },
    ]);
    const files = page.getByRole('list', { name: 'Files for this prompt' });
    await files.getByRole('button', { name: 'Download notes.txt' }).waitFor();
    await files.getByRole('button', { name: 'Download more.txt' }).waitFor();

    // What was uploaded survives a reload, and a broken upload is told.
    const hold = (route: Route) => route.request().postData()?.includes('UploadAttachment') === true;
    await page.route('**/graphql', (route) => (hold(route) ? undefined : route.fallback()));
    await page
      .locator('form input[type=file]')
      .setInputFiles([{ name: 'slow.txt', mimeType: 'text/plain', buffer: Buffer.from('Slow.') }]);
    await files.getByRole('progressbar').waitFor();
    await page.reload();
    await page.unroute('**/graphql');
    await files.getByText('Attach it again.').waitFor();
    await files.getByRole('button', { name: 'Download notes.txt' }).waitFor();
    await files.getByRole('button', { name: 'Remove slow.txt' }).click();
    await files.getByRole('button', { name: 'Remove more.txt' }).click();
    await console.send('Look at it');
    await answers.getByText('Found it.').waitFor();

    await page.getByRole('button', { name: 'More for this session' }).waitFor();
    const markdown = await save(console, 'Export as Markdown');
    expect(markdown.suggestedFilename()).toMatch(/\.md$/);
    expect(await contentOf(markdown)).toMatch(
      /^# Look at it\n[\s\S]*## You \(.*\)\n\nAttached: `notes.txt` \(text\/plain, 7 bytes\)\n\nLook at it\n\n## Answer[\s\S]*> Reasoning\n> \n> Hm\.\n\nI look\.\n\n\*\*Tool `look`: succeeded\*\*\n\n```json[\s\S]*Result:\n\n````\nIt says ``` and <b>\.\n````\n\nFound \*\*it\*\*\.\n$/,
    );
    const json = JSON.parse(await contentOf(await save(console, 'Export as JSON')));
    expect(json).toMatchObject({
      format: 'switchyard.session',
      session: { title: null },
      messages: [
        { role: 'USER', content: 'Look at it', parentId: null, attachments: [{ filename: 'notes.txt' }] },
        { role: 'ASSISTANT', toolCalls: [{ name: 'look', result: 'It says ``` and <b>.' }] },
      ],
    });

    await answers.getByRole('button', { name: 'Answer again with another model' }).click();
    await page.getByRole('menuitem', { name: 'demo / demo-1' }).click();
    await answers.getByText('You said').waitFor();
    await expect.poll(() => page.getByRole('group', { name: 'Versions' }).innerText()).toBe('2 / 2');

    const memo = { name: 'memo.wav', mimeType: 'audio/wav', buffer: createWav({ seconds: 1 }) };
    await answers.locator('input[type=file]').setInputFiles(memo);
    await page.getByRole('button', { name: 'Send to the model' }).click();
    await files.getByRole('button', { name: 'Download memo.wav' }).waitFor();
    expect(await faultsOf(page, '.session')).toEqual([]);
    expect(console.faults()).toEqual([]);
  });

  test('a prompt that was written under a conversation that has moved on is sent only if the user wants that', async () => {
    const gateway = shared();
    gateway.model.script([text('One.')], [text('Two.')], [text('Three.')], [text('Four.')], [text('Five.')]);
    const sessionId = await gateway.createSession();
    await using console = await openConsole(gateway.url, { sessionId });
    const { page, answers } = console;
    await console.send('First');
    await answers.getByText('One.').waitFor();
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' });
    // Another device sends a prompt while this one is on its way.
    let isFirst = true;
    await page.route('**/graphql', async (route) => {
      if (!isFirst || !route.request().postData()?.includes('mutation SendMessage')) return route.fallback();
      isFirst = false;
      await gateway.send({ sessionId, prompt: 'Between', onBusy: 'ENQUEUE' });
      return route.continue();
    });

    await console.send('Second');
    const pending = page.getByRole('article', { name: 'Not sent yet' });
    await pending.getByText('the conversation has moved on').waitFor();
    await answers.getByText('Two.').waitFor();
    expect(await faultsOf(page, '.pending')).toEqual([]);
    await pending.getByRole('button', { name: 'Send anyway' }).click();
    await answers.getByText('Three.').waitFor();
    // Two prompts in a row: the second one was written below the first.
    await console.send('Third');
    await console.send('Fourth');
    await answers.getByText('Five.').waitFor();
    expect(await page.getByRole('article', { name: 'You', exact: true }).allInnerTexts()).toEqual([
      'First',
      'Between',
      'Second',
      'Third',
      'Fourth',
    ]);
    expect(console.faults()).toEqual([]);
  });
});

function focusedText(page: Page): Promise<string | null | undefined> {
  return page.evaluate(() => document.activeElement?.textContent);
}

function isInSight(page: Page, words: string): Promise<boolean> {
  const message = page.getByRole('region', { name: 'Messages', exact: true }).getByText(words).first();
  return message.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });
}

async function save(console: ConsolePage, action: string): Promise<Download> {
  const saved = console.page.waitForEvent('download');
  await console.choose('More for this session', action);
  return saved;
}

async function contentOf(download: Download): Promise<string> {
  return textOf(await download.createReadStream());
}
