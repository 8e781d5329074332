import { expect, test } from 'vitest';
import { faultsOf } from '../support/browser/axe.ts';
import { describeInBrowser } from '../support/browser/browser.ts';
import { openConsole } from '../support/browser/console-page.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';
import { shareGuardedGateway } from '../support/gateway/shared-gateway.ts';
import { deferred, reasoning, text, toolCall } from '../support/model/turn.ts';
import { startNode } from '../support/node/nodes.ts';

const nodesDocument = 'query ($id: ID!) { session(id: $id) { nodes { node { nodeId } } } }';

describeInBrowser('a tool in the console', () => {
  const openGuardedChat = shareGuardedGateway();

  test.each([
    { button: 'Approve write', outcome: 'Done', asked: ['write'] },
    { button: 'Deny write', outcome: 'Denied', asked: [] },
  ])('a tool call waits for approval until the user clicks $button', async ({ button, outcome, asked }) => {
    const gateway = await openGuardedChat();
    gateway.model.script([toolCall('call', 'write', { path: 'notes.md' })], [text('As you say.')]);
    await using console = await openConsole(gateway.url, { sessionId: gateway.sessionId });
    const tool = console.page.getByRole('region', { name: 'Tool write' });

    await console.send('Write it down');
    await tool.getByText('Allow this tool to run on laptop?').waitFor();
    expect(await tool.innerText()).toContain('notes.md');
    await tool.getByRole('button', { name: button }).press('Enter');

    await console.answers.getByText('As you say.').waitFor();
    expect(await tool.innerText()).toContain(outcome);
    expect(await tool.locator('summary').evaluate((summary) => summary === document.activeElement)).toBe(
      true,
    );
    expect(await tool.getByRole('button').count()).toBe(0);
    expect(gateway.tools.requests.map(({ name }) => name)).toEqual(asked);
  });

  test('the user changes arguments, and has the approval remembered', async () => {
    const gateway = await openGuardedChat();
    const prepare = `mutation ($id: ID!) {
      registerNode(input: { nodeId: "laptop" }) { token }
      attachNodes(sessionId: $id, nodeIds: ["laptop"]) { id }
    }`;
    await gateway.query(prepare, { id: gateway.sessionId });
    const write = (id: string) => toolCall(id, 'write', { path: 'no\u202etes.md' });
    gateway.model.script([write('a')], [text('First.')]);
    await using console = await openConsole(gateway.url, { sessionId: gateway.sessionId });
    const { page } = console;
    const button = (name: string) => page.getByRole('button', { name, exact: true });

    await console.send('Write it down');
    await button('Edit arguments').click();
    const edited = page.getByLabel('Arguments, as JSON');
    expect(await edited.inputValue()).toBe('{\n  "path": "no\\u202etes.md"\n}');
    await edited.fill('{"path":');
    await button('Approve write').click();
    await page.getByText('The arguments are not a JSON object.').waitFor();
    await edited.fill('{"path": "notes.md"}');
    await page.getByLabel('What the approval holds for').selectOption('TOOL');
    expect(await faultsOf(page)).toEqual([]);
    await button('Approve write').click();
    await console.answers.getByText('First.').waitFor();
    expect(gateway.tools.requests).toMatchObject([{ args: { path: 'notes.md' } }]);
    // The page may have closed the call already.
    await page.getByText('Changed by the user to').waitFor({ state: 'attached' });
    const granted = `query ($id: ID!) { session(id: $id) { grants { toolName args } } }`;
    const { session } = await gateway.query(granted, { id: gateway.sessionId });
    expect(session.grants).toEqual([{ toolName: 'write', args: null }]);

    await page.locator('.settings summary', { hasText: 'laptop' }).click();
    const grants = page.getByRole('region', { name: 'Tools that run without asking' });
    expect(await grants.getByRole('listitem').innerText()).toMatch(
      /^write with any arguments on laptop\s+Revoke$/,
    );
    expect(await faultsOf(page, '.session-header')).toEqual([]);
    await button('Revoke write').click();
    await grants.waitFor({ state: 'detached' });
    expect((await gateway.query(granted, { id: gateway.sessionId })).session.grants).toEqual([]);
  });

  test('the list marks a session in which a tool call waits for an approval, until it is decided', async () => {
    const gateway = await openGuardedChat();
    const naming = 'mutation ($id: ID!) { updateSession(id: $id, input: { title: "Notes" }) { id } }';
    await gateway.query(naming, { id: gateway.sessionId });
    gateway.model.script([toolCall('call', 'write', { path: 'notes.md' })], [text('As you say.')]);
    await using console = await openConsole(gateway.url);
    const item = console.page.getByRole('listitem').filter({ hasText: 'Notes' });
    await item.waitFor();
    expect(await item.getByText('Waits for you').count()).toBe(0);

    await gateway.send({ sessionId: gateway.sessionId, prompt: 'Write it down' });
    await item.getByText('Waits for you').waitFor();
    // A page that is opened now finds the mark as well.
    await console.page.reload();
    await item.getByText('Waits for you').waitFor();
    await item.getByRole('link').click();
    await console.page.getByRole('button', { name: 'Approve write' }).click();

    await expect.poll(() => item.getByText('Waits for you').count()).toBe(0);
    expect(console.faults()).toEqual([]);
  });

  test('a waiting tool call shows invisible, reordering and foreign characters, and warns of them', async () => {
    const gateway = await openGuardedChat();
    const command = 'rm\u00a0-rf "\u202etxt.setoN"\u200b\u200b; p\u0430ypal \u05d0\u05d1 123';
    gateway.model.script([toolCall('call', 'write', { 'co\u200dmmand': command })]);
    await using console = await openConsole(gateway.url, { sessionId: gateway.sessionId });
    const tool = console.page.getByRole('region', { name: 'Tool write' });

    await console.send('Write it down');
    await tool.getByRole('button', { name: 'Approve write' }).waitFor();

    const text = tool.locator('pre');
    expect(await text.innerText()).toBe(
      'rm⟨U+00A0⟩-rf "⟨U+202E⟩txt.setoN"⟨U+200B × 2⟩; p\u0430ypal \u05d0\u05d1 123',
    );
    expect(await text.locator('mark').allInnerTexts()).toEqual(['⟨U+00A0⟩', '⟨U+202E⟩', '⟨U+200B × 2⟩']);
    expect(await tool.locator('h3').innerText()).toBe('Co⟨U+200D⟩mmand');
    expect(await tool.getByRole('alert').allInnerTexts()).toEqual([
      'This contains invisible characters. They are shown as their code points: ⟨U+…⟩.',
      'This has letters that only look like Latin letters, in “p\u0430ypal”.',
    ]);
  });

  test('a waiting tool call that is long scrolls in view, and says how many lines are below until they are seen', async () => {
    const gateway = await openGuardedChat();
    const command = ['ls', ...Array<string>(200).fill(''), 'rm -rf ~'].join('\n');
    gateway.model.script([toolCall('call', 'write', { command })]);
    await using console = await openConsole(gateway.url, { sessionId: gateway.sessionId });
    await console.page.setViewportSize({ width: 390, height: 700 });
    const tool = console.page.getByRole('region', { name: 'Tool write' });
    const hint = tool.getByText(/^↓ \d+ more lines below/);
    const isInView = (locator: typeof tool) =>
      locator.evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });

    await console.send('Write it down');
    await tool.getByRole('button', { name: 'Approve write' }).scrollIntoViewIfNeeded();
    expect(await hint.innerText()).toMatch(/^↓ 1[89]\d more lines below/);
    expect([await isInView(tool.locator('pre')), await isInView(hint)]).toEqual([true, true]);
    expect(await tool.locator('summary').count()).toBe(0);
    await tool.locator('pre').evaluate((element) => element.scrollTo(0, element.scrollHeight));

    await hint.waitFor({ state: 'hidden' });
  });

  test('a tool call still waits after a reload, and its result stays visible', async () => {
    const gateway = await openGuardedChat();
    gateway.model.script([toolCall('call', 'write', { path: 'notes.md' })], [text('Written.')]);
    await using console = await openConsole(gateway.url, { sessionId: gateway.sessionId });
    const tool = console.page.getByRole('region', { name: 'Tool write' });
    await console.send('Write it down');
    await tool.getByRole('button', { name: 'Approve' }).waitFor();

    await console.page.reload();
    await tool.getByRole('button', { name: 'Approve' }).click();
    await console.answers.getByText('Written.').waitFor();
    await console.page.reload();

    await tool.getByText(/^Done/).waitFor();
    await tool.getByText('notes.md').first().click();
    await tool.getByText('written', { exact: true }).waitFor();
  });

  test('axe finds no fault in any state of the page, in light and dark colours', async () => {
    const gateway = await openGuardedChat();
    await gateway.createSession({ title: 'To be deleted' });
    gateway.model.script(
      [reasoning('I had better look.'), toolCall('a', 'read', { path: 'a.md' })],
      [text(everything), toolCall('b', 'write', { text: 'p\u0430ypal\u202e' })],
      [text('As you say.')],
    );
    await using console = await openConsole(gateway.url);
    const { page } = console;
    const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
    const popup = (label: string) => page.locator('summary', { hasText: label }).click();
    const faults: string[] = [];
    const check = async (state: string, part?: string) => {
      for (const fault of await faultsOf(page, part)) faults.push(`${state}: ${fault}`);
    };
    await console.prompt.waitFor();
    await check('a new session');

    await console.send('Write it down');
    await button('Approve write').waitFor();
    await check('an approval');
    await button('Approve write').click();
    await console.answers.getByText('As you say.').waitFor();
    await console.answers.locator('input[type=file]').setInputFiles({
      name: 'page.wav',
      mimeType: 'audio/wav',
      buffer: Buffer.from('<html>'),
    });
    await button('Choose another file').waitFor();
    await check('an answer with a refused recording');

    await popup('Reasoning:');
    await check('the settings of the model', '.session-header');
    await page.keyboard.press('Escape');
    await popup('Instructions');
    await check('the instructions', '.session-header');
    await page.keyboard.press('Escape');
    await popup('No nodes');
    await button('Register a node…').click();
    await check('the registration of a node', 'dialog[open]');
    // The first Escape closes only the dialog.
    await page.keyboard.press('Escape');
    await button('Register a node…').waitFor();
    await check('the nodes', '.session-header');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+/');
    await check('the shortcuts', 'dialog[open]');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('deleted');
    await page.getByText('1 title found').waitFor();
    await check('a search', 'aside');
    await button('More for “To be deleted”').click();
    await check('a menu', '[role="menu"]');
    await page.getByRole('menuitem', { name: 'Tags…' }).click();
    await check('the tags of a session', 'dialog[open]');
    await page.keyboard.press('Escape');
    await console.choose('More for “To be deleted”', 'Delete…');
    await check('a confirmation', 'dialog[open]');
    await page.keyboard.press('Escape');

    await page.setViewportSize({ width: 360, height: 640 });
    await check('a narrow screen');
    await button('Show the list of sessions').click();
    await check('the list on a narrow screen', 'aside');
    expect(faults).toEqual([]);
  });
});

/** One of each element that Markdown makes. */
const everything =
  '# Title\n\n**bold** [link](https://example.org) `code`\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n' +
  '```js\nf();\n```\n\n- [x] done\n- open\n\n> quoted\n\n1. first\n\n---\n';

describeInBrowser('a node in the console', () => {
  test('a node can be attached and detached, and an open list shows each change of the nodes', async () => {
    await using gateway = await startTestGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const sessionId = await gateway.createSession();
    const attached = async () => (await gateway.query(nodesDocument, { id: sessionId })).session.nodes;
    await using console = await openConsole(gateway.url, { sessionId });
    const summary = console.page.locator('summary', { hasText: 'nodes' });

    await summary.click();
    await console.page.getByText('Online').waitFor();
    await console.page.getByRole('checkbox', { name: 'laptop' }).check();
    await expect.poll(attached).toEqual([{ node: { nodeId: 'laptop' } }]);
    laptop.leave();
    await console.page.getByText('Offline').waitFor();
    await using _desktop = await startNode(gateway, 'desktop');
    await console.page.getByRole('checkbox', { name: 'desktop' }).waitFor();
    await console.page.getByRole('checkbox', { name: 'laptop' }).uncheck();

    await expect.poll(attached).toEqual([]);
    await console.page.keyboard.press('Escape');
    await console.page.getByText('Offline').waitFor({ state: 'hidden' });
  });

  test('the checkbox of a node stays checked while the gateway is slow to respond', async () => {
    await using gateway = await startTestGateway();
    await using _laptop = await startNode(gateway, 'laptop');
    const sessionId = await gateway.createSession({ title: 'Before' });
    await using console = await openConsole(gateway.url, { sessionId });
    const attached = deferred();
    await console.page.route('**/graphql', async (route) => {
      if (route.request().postData()?.includes('mutation AttachNode')) await attached.promise;
      return route.continue();
    });
    const laptop = console.page.getByRole('checkbox', { name: 'laptop' });

    await console.page.locator('summary', { hasText: 'nodes' }).click();
    await laptop.click();
    await gateway.query('mutation ($id: ID!) { updateSession(id: $id, input: { title: "After" }) { id } }', {
      id: sessionId,
    });
    await expect.poll(() => console.page.getByRole('textbox', { name: 'Title' }).inputValue()).toBe('After');
    await laptop.click();
    expect(await laptop.isChecked()).toBe(true);
    attached.resolve();

    await expect.poll(() => laptop.getAttribute('aria-busy')).toBe('false');
    expect(await laptop.isChecked()).toBe(true);
    const { session } = await gateway.query(nodesDocument, { id: sessionId });
    expect(session.nodes).toEqual([{ node: { nodeId: 'laptop' } }]);
  });

  test('a node that goes offline before the response to its attachment arrives is shown as offline', async () => {
    await using gateway = await startTestGateway();
    await using laptop = await startNode(gateway, 'laptop');
    const sessionId = await gateway.createSession();
    await using console = await openConsole(gateway.url, { sessionId });
    const offline = deferred();
    await console.page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('mutation AttachNode')) return route.continue();
      const response = await route.fetch();
      await offline.promise;
      return route.fulfill({ response });
    });

    await console.page.locator('summary', { hasText: 'nodes' }).click();
    await console.page.getByRole('checkbox', { name: 'laptop' }).click();
    await expect
      .poll(async () => (await gateway.query(nodesDocument, { id: sessionId })).session.nodes)
      .toHaveLength(1);
    laptop.leave();
    await console.page.getByText('Offline').waitFor();
    const loadedAgain = console.page.waitForResponse(
      (response) => response.request().postData()?.includes('query Session(') ?? false,
    );
    offline.resolve();
    await loadedAgain;

    await expect
      .poll(() => console.page.getByRole('checkbox', { name: 'laptop' }).getAttribute('aria-busy'))
      .toBe('false');
    expect(await console.page.getByText('Offline').isVisible()).toBe(true);
  });

  test('a node that is chosen before the first prompt is attached to the new session', async () => {
    await using gateway = await startTestGateway();
    await using _laptop = await startNode(gateway, 'laptop');
    await using console = await openConsole(gateway.url);

    await console.page.locator('summary', { hasText: 'No nodes' }).click();
    await console.page.getByRole('checkbox', { name: 'laptop' }).check();
    const warning = console.page.getByText('This session runs tools without asking');
    expect(await warning.count()).toBe(0);
    await console.page.getByRole('combobox', { name: 'Tool approval' }).selectOption('AUTO');
    await warning.waitFor();
    await console.send('Hello');
    await console.answers.first().waitFor();

    const { session } = await gateway.query(nodesDocument, { id: 'U2Vzc2lvbjox' });
    expect(session.nodes).toEqual([{ node: { nodeId: 'laptop' } }]);
  });
});
