import type { Locator, Page, Route } from 'playwright-core';
import { expect, test } from 'vitest';
import { faultsOf } from '../support/browser/axe.ts';
import { describeInBrowser } from '../support/browser/browser.ts';
import { lastMessageDocument, openConsole, sessionIdOf } from '../support/browser/console-page.ts';
import { createPng } from '../support/files/pictures.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';
import { shareGateway, shareScriptedGateway } from '../support/gateway/shared-gateway.ts';
import { createTools } from '../support/gateway/tool-double.ts';
import { createGate, deferred, finish, reasoning, type Turn, text, toolCall } from '../support/model/turn.ts';

describeInBrowser('the console', () => {
  const printed = createGate();
  const tools = createTools({
    async run({ print }) {
      await print('one line\n');
      await printed.pass();
      return { status: 'SUCCEEDED', result: 'all lines', exitCode: 0 };
    },
    look: () => 'Seen.',
  });
  const demoGateway = shareGateway(() => startTestGateway({ settings: { MAX_PROMPT_BYTES: '20' } }));
  const scriptedGateway = shareScriptedGateway({ tools, settings: { MODEL_MAX_RETRIES: '0' } });

  test('the console needs nothing but the gateway for a chat', async () => {
    const gateway = demoGateway();
    await using console = await openConsole(gateway.url);
    const { page } = console;

    await console.send('What is 12 * 12?');

    await expect.poll(() => console.answers.innerText()).toContain('12 * 12 = 144');
    await page.getByRole('link', { name: 'What is 12 * 12?' }).waitFor();
    const { sessions } = await gateway.query('{ sessions(first: 1) { edges { node { id } } } }');
    expect(sessions.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual([
      sessionIdOf(console),
    ]);
    expect(await console.prompt.inputValue()).toBe('');
    await expect.poll(() => page.getByLabel('Token usage').innerText()).toContain('tokens used');
    expect(console.requests.filter((url) => !url.startsWith(`${gateway.url}/`))).toEqual([]);
    // What highlights code comes with the first code block.
    expect(console.requests.filter((url) => url.includes('/highlight/'))).toEqual([]);
    expect(await loadedBytes(page), 'bytes of the page, compressed').toBeLessThan(300_000);
    expect(console.faults()).toEqual([]);
  });

  test('the console shows reasoning, the output of a tool and text while they arrive', async () => {
    const [thought, written] = [createGate(), createGate()];
    const gateway = scriptedGateway();
    gateway.model.script(
      [reasoning('I had better look.'), thought, toolCall('call', 'run', { command: 'ls' })],
      [text('Here '), written, text('it **is**.')],
    );
    await using console = await openConsole(gateway.url);
    const { answers } = console;
    const tool = console.page.getByRole('region', { name: 'Tool run' });

    await console.send('Look');
    await answers.getByText('I had better look.').waitFor();
    thought.release();
    await tool.getByText('one line').waitFor();
    expect(await tool.innerText()).toMatch(/run\s+ls\s+Running…/);
    printed.release();
    await answers.getByText('Here').waitFor();
    expect(await tool.innerText()).toMatch(/Done · exit 0 · \d+ ms.*all lines/s);
    expect(await answers.locator('strong').count()).toBe(0);
    written.release();

    await answers.locator('strong', { hasText: 'is' }).waitFor();
    await console.page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'detached' });
    expect(console.faults()).toEqual([]);
  });

  test('files are picked, pasted and dropped, removed again, sent with the prompt and shown with it', async () => {
    const gateway = scriptedGateway();
    gateway.model.script([text('A red square.')], [text('Another one.')]);
    await using console = await openConsole(gateway.url);
    const { page } = console;
    const files = page.getByRole('list', { name: 'Files for this prompt' });
    const png = createPng({ width: 60, height: 40 });

    await page
      .locator('form input[type=file]')
      .setInputFiles([{ name: 'square.png', mimeType: 'image/png', buffer: png }]);
    await files.getByRole('button', { name: 'Download square.png' }).waitFor();
    await files.locator('img').waitFor();
    await console.prompt.fill('What is it?');
    await drag(console.prompt, 'paste', { name: 'notes.txt', words: 'A note.' });
    await drag(console.prompt, 'drop', { name: 'broken.txt', words: 'a\0b' });
    await files.getByText('not text in UTF-8').waitFor();
    await console.prompt.press('Enter');
    await page.getByText('Some files could not be uploaded. Remove them first.').waitFor();
    await files.getByRole('button', { name: 'Remove broken.txt' }).click();
    await page.getByText('Remove them first.').waitFor({ state: 'detached' });
    await files.getByRole('button', { name: 'Download notes.txt' }).waitFor();
    await console.prompt.press('Enter');

    await console.answers.getByText('A red square.').waitFor();
    const prompt = page.getByRole('article', { name: 'You' });
    await prompt.getByRole('button', { name: 'Download square.png' }).waitFor();
    await expect
      .poll(() => prompt.locator('img').evaluate((each: HTMLImageElement) => each.naturalWidth))
      .toBe(60);
    expect(await prompt.innerText()).toMatch(/square\.png\s+Image · \d+ bytes · ~4 tokens\s+notes\.txt/);
    expect(await files.count()).toBe(0);
    expect(gateway.model.requests[0]?.body).toMatchObject({
      messages: [
        {
          content: [
            { type: 'image_url' },
            { type: 'text', text: '<file name="notes.txt">\nA note.\n</file>\n\nWhat is it?' },
          ],
        },
      ],
    });
    const saved = page.waitForEvent('download');
    await prompt.getByRole('button', { name: 'Download notes.txt' }).click();
    expect((await saved).suggestedFilename()).toBe('notes.txt');
    await page.reload();
    await prompt.locator('img').waitFor();

    await drag(console.prompt, 'paste', { name: 'more.txt', words: 'More.' });
    await files.getByRole('button', { name: 'Download more.txt' }).waitFor();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await console.answers.getByText('Another one.').waitFor();
    expect(console.faults()).toEqual([]);
  });

  test('a prompt is edited with its files, its versions are shown with arrows, answered again, deleted and forked', async () => {
    const gateway = scriptedGateway();
    gateway.model.script([text('One.')], [text('Two.')], [text('Three.')], [text('Three again.')]);
    await using console = await openConsole(gateway.url);
    const { page, answers } = console;
    const prompts = page.getByRole('article', { name: 'You', exact: true });
    const versions = page.getByRole('group', { name: 'Versions' });
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    await page
      .locator('form input[type=file]')
      .setInputFiles([{ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('A note.') }]);
    await button('Download notes.txt').waitFor();
    await console.send('First');
    await answers.getByText('One.').waitFor();
    await console.send('Second');
    await answers.getByText('Two.').waitFor();

    await button('Edit the prompt').first().click();
    const field = page.getByRole('textbox', { name: 'Changed text' });
    await field.press('Escape');
    await expect.poll(() => hasFocus(button('Edit the prompt').first())).toBe(true);
    await page.keyboard.press('Enter');
    await field.fill('Third');
    await field.press('Enter');

    await answers.getByText('Three.').waitFor();
    await button('Answer again').waitFor();
    await expect.poll(() => prompts.locator('p').allInnerTexts()).toEqual(['Third']);
    await prompts.getByRole('button', { name: 'Download notes.txt' }).waitFor();
    expect(gateway.model.requests[2]?.body).toMatchObject({
      messages: [{ content: '<file name="notes.txt">\nA note.\n</file>\n\nThird' }],
    });
    await expect.poll(() => versions.innerText()).toBe('2 / 2');
    await button('Previous version').press('Enter');
    await answers.getByText('Two.').waitFor();
    await expect.poll(() => prompts.locator('p').allInnerTexts()).toEqual(['First', 'Second']);
    await expect.poll(() => versions.innerText()).toBe('1 / 2');
    await expect.poll(() => hasFocus(button('Previous version'))).toBe(true);

    const other = await console.openTab();
    await other.answers.getByText('Two.').waitFor();
    await button('Next version').click();
    await answers.getByText('Three.').waitFor();
    await other.answers.getByText('Three.').waitFor();
    await button('Answer again').click();
    await answers.getByText('Three again.').waitFor();
    await other.answers.getByText('Three again.').waitFor();
    await other[Symbol.asyncDispose]();
    await expect.poll(() => versions.allInnerTexts()).toEqual(['2 / 2', '2 / 2']);
    await expect.poll(() => answers.count()).toBe(1);
    await page.reload();
    await answers.getByText('Three again.').waitFor();
    await expect.poll(() => versions.allInnerTexts()).toEqual(['2 / 2', '2 / 2']);

    await answers.getByRole('button', { name: 'Delete from here' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await answers.getByText('Three.').waitFor();
    await expect.poll(() => versions.allInnerTexts()).toEqual(['2 / 2']);
    const source = sessionIdOf(console);
    const refuse = (route: Route) =>
      route.request().postData()?.includes('mutation ForkSession')
        ? route.abort('connectionrefused')
        : route.fallback();
    await page.route('**/graphql', refuse);
    await answers.getByRole('button', { name: 'Fork from here' }).click();
    await answers.getByRole('alert').waitFor();
    expect(sessionIdOf(console)).toBe(source);
    await page.unroute('**/graphql', refuse);
    await answers.getByRole('button', { name: 'Fork from here' }).click();
    await expect.poll(() => sessionIdOf(console)).not.toBe(source);
    await answers.getByText('Three.').waitFor();
    await expect.poll(() => versions.count()).toBe(0);
    expect(console.faults()).toEqual([]);
  });

  test('the console stops an answer and keeps its text so far', async () => {
    const gateway = scriptedGateway();
    gateway.model.script([text('Only this much'), createGate()]);
    const sessionId = await gateway.createSession();
    await using console = await openConsole(gateway.url, { sessionId });

    await console.send('Write a lot');
    await console.answers.getByText('Only this much').waitFor();
    await console.page.getByRole('button', { name: 'Stop' }).press('Enter');

    await console.answers.getByText('Stopped. This answer is not complete.').waitFor();
    expect(await console.answers.innerText()).toContain('Only this much');
    const { session } = await gateway.query(lastMessageDocument, { id: sessionId });
    expect(session.lastMessage).toEqual({ status: 'CANCELLED', content: 'Only this much' });
    // The button that had the focus is gone.
    expect(await hasFocus(console.prompt)).toBe(true);

    gateway.model.script([text('All of it.')]);
    await console.page.getByRole('button', { name: 'Retry: answer the prompt again' }).click();
    await console.answers.getByText('All of it.').waitFor();
    // The prompt is not sent twice: the stopped answer stays as another version.
    const prompts = console.page.getByRole('article', { name: 'You', exact: true });
    expect(await prompts.allInnerTexts()).toEqual(['Write a lot']);
    expect(await console.page.getByRole('group', { name: 'Versions' }).innerText()).toBe('2 / 2');
    expect(await console.page.getByRole('button', { name: 'Retry' }).count()).toBe(0);
  });

  test('Escape closes what is open, and then stops the answer; arrow-up brings the prompt back', async () => {
    const gateway = scriptedGateway();
    gateway.model.script([text('So far'), createGate()]);
    await using console = await openConsole(gateway.url);
    const { page, prompt } = console;
    const stop = page.getByRole('button', { name: 'Stop' });
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await console.send('Go on');
    await console.answers.getByText('So far').waitFor();

    await prompt.press('Control+/');
    await help.getByText('Start a new session').waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    await page.locator('summary', { hasText: 'No nodes' }).click();
    await page.keyboard.press('Escape');
    expect(await stop.isVisible()).toBe(true);
    await prompt.focus();
    await page.keyboard.press('Escape');

    await stop.waitFor({ state: 'detached' });
    expect(await hasFocus(prompt)).toBe(true);
    await prompt.press('ArrowUp');
    await expect.poll(() => prompt.inputValue()).toBe('Go on');
    await prompt.press('ArrowDown');
    await expect.poll(() => prompt.inputValue()).toBe('');
    await prompt.fill('a?');
    await prompt.press('ArrowUp');
    expect(await prompt.inputValue()).toBe('a?');
    expect(await help.count()).toBe(0);
    await page.getByRole('button', { name: 'Keyboard shortcuts' }).press('?');
    await help.waitFor();
    expect(console.faults()).toEqual([]);
  });

  test('the page keeps the chosen theme, follows the font size of the browser, and has a link to the prompt', async () => {
    await using console = await openConsole(demoGateway().url);
    const { page, prompt } = console;
    const schemeAndSize = () =>
      page.evaluate(() => {
        document.documentElement.style.fontSize = '32px';
        const { colorScheme, fontSize } = getComputedStyle(document.body);
        return { colorScheme, fontSize };
      });

    await page.getByRole('combobox', { name: 'Colours' }).selectOption('dark');
    expect(await schemeAndSize()).toEqual({ colorScheme: 'dark', fontSize: '30px' });
    await page.reload();
    await prompt.waitFor();
    expect(await schemeAndSize()).toEqual({ colorScheme: 'dark', fontSize: '30px' });
    await page.getByRole('link', { name: 'Skip to the prompt' }).press('Enter');
    expect(await hasFocus(prompt)).toBe(true);
  });

  test('Shift+Enter starts a new line in the prompt, Enter sends both lines, and what was sent is in view', async () => {
    await using console = await openConsole(demoGateway().url);

    await console.prompt.pressSequentially('one');
    await console.prompt.press('Shift+Enter');
    await console.prompt.pressSequentially('two');
    await console.prompt.press('Enter');

    const prompt = console.page.getByRole('article', { name: 'You', exact: true });
    await expect.poll(() => prompt.innerText()).toBe('one\ntwo');

    await console.answers.getByText('Copy').waitFor();
    // The emptied field is much lower, so that the list of messages grows together with what it shows.
    await console.send('too long for this gateway\n'.repeat(60));
    await console.page.getByText('Not sent.').waitFor();
    expect(await console.page.getByRole('button', { name: 'To the newest message' }).count()).toBe(0);
  });

  test('a prompt that is sent during another answer is queued', async () => {
    const gateway = scriptedGateway();
    const gate = createGate();
    gateway.model.script([text('first'), gate, text(' done')], [text('second')]);
    await using console = await openConsole(gateway.url);
    await console.send('One');
    await console.answers.getByText('first').waitFor();

    await console.send('Two');
    await console.answers.getByText('Waiting for the previous answer to finish').waitFor();
    gate.release();

    await expect
      .poll(() => console.answers.allInnerTexts())
      .toEqual([expect.stringContaining('first done'), expect.stringContaining('second')]);
  });

  test('a queued prompt that another client withdraws is shown as withdrawn at once, and after a reload', async () => {
    const gateway = scriptedGateway();
    const gate = createGate();
    gateway.model.script([text('first'), gate]);
    await using console = await openConsole(gateway.url);
    const { page, answers } = console;
    await console.send('One');
    await answers.getByText('first').waitFor();
    await console.send('Two');
    await answers.getByText('Waiting for the previous answer to finish').waitFor();
    const newest = 'query ($id: ID!) { session(id: $id) { lastMessage { run { id } } } }';
    const { session } = await gateway.query(newest, { id: sessionIdOf(console) });
    const cancel = 'mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) { cancelled } }';
    await gateway.query(cancel, { runId: session.lastMessage.run.id });

    const withdrawn = page.getByText('Withdrawn: no model was shown this prompt.');
    await withdrawn.waitFor();
    await answers.getByText('Waiting for the previous answer').waitFor({ state: 'detached' });
    gate.release();
    await answers.getByRole('button', { name: 'Copy' }).waitFor();
    await page.reload();
    await withdrawn.waitFor();
    const prompts = await page.getByRole('article', { name: 'You', exact: true }).allInnerTexts();
    expect(prompts).toEqual([
      'One',
      expect.stringMatching(/^Two\s+Withdrawn: no model was shown this prompt.$/),
    ]);
    expect(await answers.allInnerTexts()).toEqual([expect.stringContaining('first')]);
    expect(console.faults()).toEqual([]);
  });

  test('a refused prompt stays with its reason, over a reload, and is sent after it was made shorter', async () => {
    await using console = await openConsole(demoGateway().url);
    const { page, prompt } = console;
    const alert = page.getByRole('article', { name: 'Not sent yet' }).getByRole('alert');

    await console.send('A prompt that is too long');
    await expect.poll(() => alert.innerText()).toContain('Not sent.');
    expect(await prompt.inputValue()).toBe('');
    await page.reload();
    await alert.waitFor();
    await page.getByRole('button', { name: 'Edit' }).click();
    expect(await prompt.inputValue()).toBe('A prompt that is too long');
    expect(await alert.count()).toBe(0);

    await console.send('What is 2 + 2?');
    await console.answers.getByText('2 + 2 = 4').waitFor();
  });

  test('a prompt shows at once, and is sent once when the gateway is back, also after a reload', async () => {
    const gateway = demoGateway();
    const sessionId = await gateway.createSession({ title: 'Away' });
    await using console = await openConsole(gateway.url, { sessionId });
    const { page } = console;
    await page.getByText('No messages yet.').waitFor();
    const seen = deferred();
    const lost = async (route: Route) => {
      if (!route.request().postData()?.includes('mutation SendMessage')) return route.fallback();
      // Once the gateway has the prompt, the page shows it as sent.
      await seen.promise;
      // The page may be loaded again meanwhile.
      await route.fetch().catch(() => undefined);
      await route.abort('connectionreset').catch(() => undefined);
    };
    await page.route('**/graphql', lost);

    await console.send('What is 4 * 4?');

    const pending = page.getByRole('article', { name: 'Not sent yet' });
    await pending.waitFor();
    seen.resolve();
    expect(await console.prompt.inputValue()).toBe('');
    await console.send('What is 5 * 5?');
    await expect.poll(() => pending.last().innerText()).toContain('What is 5 * 5?');
    await page.reload();
    await expect.poll(() => pending.last().innerText()).toContain('What is 5 * 5?');
    await page.unroute('**/graphql', lost);

    await console.answers.getByText('5 * 5 = 25').waitFor();
    await pending.first().waitFor({ state: 'detached' });
    expect(await page.getByRole('article', { name: 'You', exact: true }).allInnerTexts()).toEqual([
      'What is 4 * 4?',
      'What is 5 * 5?',
    ]);
    const messages = 'query ($id: ID!) { session(id: $id) { messages(first: 9) { edges { node { id } } } } }';
    const { session } = await gateway.query(messages, { id: sessionId });
    expect(session.messages.edges).toHaveLength(4);
  });

  test('a prompt for a new session waits for the gateway too, and its session opens then', async () => {
    await using console = await openConsole(demoGateway().url);
    const { page } = console;
    await console.prompt.waitFor();
    await page.route('**/graphql', (route) => route.abort('connectionrefused'));

    await console.send('What is 6 * 6?');
    await page.getByText('It is sent as soon as that works.').waitFor();
    await page.unroute('**/graphql');

    await console.answers.getByText('6 * 6 = 36').waitFor();
    expect(sessionIdOf(console)).not.toBe('');
  });

  test('a prompt starts only one run when its first response is lost', async () => {
    const gateway = demoGateway();
    const sessionId = await gateway.createSession({ title: 'Lost' });
    await using console = await openConsole(gateway.url, { sessionId });
    let sent = 0;
    await console.page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('mutation SendMessage')) return route.continue();
      sent += 1;
      if (sent > 1) return route.continue();
      await route.fetch();
      return route.abort('connectionreset');
    });

    await console.send('What is 3 * 3?');

    await console.answers.getByText('3 * 3 = 9').waitFor();
    await expect.poll(() => sent).toBe(2);
    expect(await console.page.getByRole('article', { name: 'You', exact: true }).count()).toBe(1);
    const messages = 'query ($id: ID!) { session(id: $id) { messages(first: 9) { edges { node { id } } } } }';
    const { session } = await gateway.query(messages, { id: sessionId });
    expect(session.messages.edges).toHaveLength(2);
  });

  test('the console shows why the model provider refused an answer', async () => {
    await using console = await openConsole(scriptedGateway().url);

    await console.send('Hi');

    await expect.poll(() => console.answers.getByRole('alert').innerText()).toContain('No turn is scripted');
    await console.page.getByRole('button', { name: 'Retry: answer the prompt again' }).waitFor();
  });

  test('the console shows reasoning, text and tool calls in their order, live and after a reload', async () => {
    const [began, ended] = [createGate(), createGate()];
    const gateway = scriptedGateway();
    gateway.model.script(
      [reasoning('First thought.'), text('I look.'), toolCall('a', 'look', { path: 'a.txt' })],
      [reasoning('Second thought.'), text('I look again.'), toolCall('b', 'look', { path: 'b.txt' })],
      [began, text('Found **it**.'), ended, finish('length')],
    );
    await using console = await openConsole(gateway.url);
    const { answers, page } = console;
    const order = ['First thought', 'I look', 'a.txt', 'Second thought', 'I look again', 'b.txt'];

    await console.send('Look twice');
    await began.reached;
    await answers.getByText('b.txt').first().waitFor();
    expect(await answers.textContent()).toMatch(new RegExp(order.join('.*'), 's'));
    began.release();
    await answers.locator('strong', { hasText: 'it' }).waitFor();
    ended.release();

    await answers.getByText('The answer reached the length limit.').waitFor();
    expect(await answers.textContent()).toMatch(new RegExp([...order, 'Found it', 'limit'].join('.*'), 's'));
    const live = await answers.innerHTML();
    await page.reload();
    await answers.getByText('The answer reached the length limit.').waitFor();
    expect(await answers.innerHTML()).toBe(live);
  });

  test('a question of the model is a form, also after a reload, and every device sees the answer', async () => {
    const gateway = demoGateway();
    const sessionId = await gateway.createSession({ title: 'Questions', askUser: true });
    await using console = await openConsole(gateway.url, { sessionId });
    await using second = await openConsole(gateway.url, { sessionId });
    const { answers, page } = console;
    const answer = { name: 'Answer', exact: true };

    await console.send('ask me everything');
    await page.getByRole('button', answer).waitFor();
    expect(await faultsOf(page, '.answer')).toEqual([]);
    await second.page.getByRole('button', answer).waitFor();
    await page.reload();
    await page.getByLabel('Name').waitFor();
    // As a browser that fills a form by itself: both fields before the page is drawn again.
    await page.getByRole('form', { name: 'Question' }).evaluate((form) => {
      for (const [selector, text] of [
        ['textarea', 'Ada'],
        ['input[type=number]', '3'],
      ] as const) {
        const field = form.querySelector<HTMLInputElement | HTMLTextAreaElement>(selector);
        if (!field) continue;
        field.value = text;
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }
    });
    await page.getByLabel('Drink').selectOption('tea');
    await page.getByLabel('milk').check();
    await page.getByRole('button', answer).click();

    await answers.getByText('The result:').waitFor();
    await expect.poll(() => answers.innerText()).toMatch(/Ada.*3.*tea.*milk/s);
    await second.answers.getByText('The result:').waitFor();
    expect(await second.page.getByRole('button', answer).count()).toBe(0);
  });

  test.each<[string, Turn, string]>([
    [
      'its filter ended',
      [text('I was'), finish('content-filter')],
      'The provider’s filter ended the answer.',
    ],
    ['is only reasoning', [reasoning('Hm.')], 'The model stopped after its reasoning, without an answer.'],
    ['is empty', [finish('stop')], 'The model stopped without writing anything.'],
  ])('the console says why an answer that %s has no more text', async (_what, turn, note) => {
    const gateway = scriptedGateway();
    gateway.model.script(turn);
    await using console = await openConsole(gateway.url);

    await console.send('Go');

    await console.answers.getByText(note).waitFor();
    await console.page.getByRole('status').filter({ hasText: note }).waitFor();
    await console.page.reload();
    await console.answers.getByText(note).waitFor();
  });

  test('Enter that ends a composition does not send, neither in Safari nor in Chrome, and the next Enter does', async () => {
    await using console = await openConsole(demoGateway().url);
    await console.prompt.fill('1 + 1 に');

    const sent = await console.prompt.evaluate((field) => {
      const press = (init: KeyboardEventInit) =>
        field.dispatchEvent(
          new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init }),
        );
      const compose = (type: string) => field.dispatchEvent(new CompositionEvent(type, { bubbles: true }));
      compose('compositionstart');
      // Chrome reports the key first, Safari the end of the composition.
      const chrome = press({ keyCode: 229, isComposing: true });
      compose('compositionend');
      const safari = press({ keyCode: 229, isComposing: false });
      // A page that sends the prompt prevents the new line, and then the event returns false.
      return [chrome, safari];
    });
    expect(sent).toEqual([true, true]);
    expect(await console.prompt.inputValue()).toBe('1 + 1 に');
    expect(await console.page.getByRole('article', { name: 'You', exact: true }).count()).toBe(0);

    await console.prompt.press('Enter');
    await console.page.getByRole('article', { name: 'You', exact: true }).waitFor();
  });

  test('right-to-left text has its direction in prompts, answers, titles and the composer, and code keeps its own', async () => {
    const gateway = scriptedGateway();
    const list = '- عنصر أول\n- An item.\n- React: مكتبة';
    gateway.model.script([
      text(`מה שלומך?\n\nAll is well.\n\n${list}\n\n\`\`\`js\nf("سلام"); // تعليق\n\`\`\``),
    ]);
    await using console = await openConsole(gateway.url);
    const { page, answers } = console;
    await console.prompt.fill('كيف الحال؟');
    expect(await directionOf(console.prompt)).toBe('rtl');
    await console.prompt.press('Enter');
    await answers.locator('pre').waitFor();

    expect(
      await directionOf(page.getByRole('article', { name: 'You', exact: true }).getByText('كيف الحال؟')),
    ).toBe('rtl');
    expect(await directionOf(page.getByRole('link', { name: 'كيف الحال؟' }))).toBe('rtl');
    expect(await directionOf(page.getByRole('textbox', { name: 'Title of the session' }))).toBe('rtl');
    expect(await directionOf(answers.getByText('מה שלומך?'))).toBe('rtl');
    expect(await directionOf(answers.getByText('All is well.'))).toBe('ltr');
    expect(await directionOf(answers.locator('pre code'))).toBe('ltr');
    expect(await answers.locator('pre bdi').allInnerTexts()).toEqual(['سلام', 'تعليق']);
    // All items begin at the right edge of their list, and the text of each is read in its own direction.
    const items = answers.locator('li');
    const gaps = await items.evaluateAll((all) =>
      all.map((item) => {
        const range = document.createRange();
        range.selectNodeContents(item);
        return Math.round(item.getBoundingClientRect().right - range.getBoundingClientRect().right);
      }),
    );
    expect(gaps).toEqual([0, 0, 0]);
    expect(await items.evaluateAll((all) => all.map((item) => getComputedStyle(item).unicodeBidi))).toEqual([
      'plaintext',
      'plaintext',
      'isolate',
    ]);
    await console.prompt.fill('English again');
    expect(await directionOf(console.prompt)).toBe('ltr');
  });
});

function hasFocus(element: Locator): Promise<boolean> {
  return element.evaluate((each) => each === document.activeElement);
}

/** What the browser has loaded of the page itself: with its headers, as it was sent. */
function loadedBytes(page: Page): Promise<number> {
  return page.evaluate(() =>
    performance
      .getEntries()
      .filter((entry) => entry instanceof PerformanceResourceTiming)
      .filter(({ name }) => new URL(name).pathname.startsWith('/console'))
      .reduce((sum, { transferSize }) => sum + transferSize, 0),
  );
}

function directionOf(element: Locator): Promise<string> {
  return element.evaluate((each) => getComputedStyle(each).direction);
}

/** Pastes or drops a file. */
async function drag(field: Locator, type: 'paste' | 'drop', file: { name: string; words: string }) {
  await field.evaluate(
    (element, [event, { name, words }]) => {
      const data = new DataTransfer();
      data.items.add(new File([words], name));
      const options = { bubbles: true, cancelable: true };
      element.dispatchEvent(
        event === 'paste'
          ? new ClipboardEvent('paste', { ...options, clipboardData: data })
          : new DragEvent('drop', { ...options, dataTransfer: data }),
      );
    },
    [type, file] as const,
  );
}
