import { expect, test } from 'vitest';
import { describeInBrowser } from '../support/browser/browser.ts';
import { openConsole } from '../support/browser/console-page.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';
import { shareGateway } from '../support/gateway/shared-gateway.ts';
import { openNetwork } from '../support/http/network.ts';

const titles = '{ sessions(first: 100) { edges { node { title } } } }';

async function titlesOf(gateway: TestGateway): Promise<string[]> {
  const { sessions } = await gateway.query(titles);
  return sessions.edges.map(({ node }: { node: { title: string } }) => node.title);
}

function deleteAll(gateway: TestGateway) {
  return gateway.query('mutation { deleteSessions { __typename } }');
}

describeInBrowser('the sessions of the console', () => {
  const shared = shareGateway(startTestGateway, deleteAll);

  test('the newest sessions are shown first, and older ones on request', async () => {
    const gateway = shared();
    for (let number = 1; number <= 35; number += 1)
      await gateway.createSession({ title: `Number ${number}` });
    await using console = await openConsole(gateway.url);
    const links = console.page.getByRole('navigation').getByRole('link');

    await expect.poll(() => links.count()).toBe(30);
    expect(await links.first().innerText()).toBe('Number 35');
    await console.page.getByRole('button', { name: 'Show more' }).click();

    await expect.poll(() => links.count()).toBe(35);
    expect(await links.last().innerText()).toBe('Number 1');
    expect(await console.page.getByRole('button', { name: 'Show more' }).count()).toBe(0);
  });

  test('the list is by last activity and date in every tab, keeps its length, and is searched with the keyboard', async () => {
    const gateway = shared();
    const { database } = gateway.services;
    const dates = ['2020-03-05', '2020-03-04', '2020-02-01'];
    for (const [index, date] of dates.entries()) {
      await gateway.createSession({ title: `Old ${index}` });
      await database.session.updateMany({
        where: { title: `Old ${index}` },
        data: { lastActivityAt: new Date(`${date}T12:00:00Z`) },
      });
    }
    for (let number = 1; number <= 31; number += 1)
      await gateway.createSession({ title: `Number ${number}` });
    const untitled = await gateway.createSession();
    await gateway.send({ sessionId: untitled, prompt: 'Untitled but\nnot unknown' });
    await using console = await openConsole(gateway.url);
    await using other = await console.openTab();
    const nav = console.page.getByRole('navigation');
    const links = nav.getByRole('link');

    await nav.getByRole('link', { name: 'Untitled but not unknown' }).waitFor();
    await console.page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => links.count()).toBe(35);
    expect(await nav.getByRole('heading').allInnerTexts()).toEqual(['Today', 'March 2020', 'February 2020']);

    await nav.getByRole('link', { name: 'Old 2' }).click();
    await console.send('Hello again');
    await expect.poll(() => links.first().innerText()).toBe('Old 2');
    await expect
      .poll(() => other.page.getByRole('navigation').getByRole('link').first().innerText())
      .toBe('Old 2');
    expect(await links.count()).toBe(35);

    const search = console.page.getByRole('searchbox', { name: 'Search titles and messages' });
    await search.fill('old');
    await expect.poll(() => links.allInnerTexts()).toEqual(['Old 2', 'Old 0', 'Old 1']);
    await search.press('ArrowDown');
    await console.page.keyboard.press('ArrowDown');
    await console.page.keyboard.press('Enter');
    await console.page.getByText('No messages yet.').waitFor();
    expect(await nav.locator('[aria-current=page]').innerText()).toBe('Old 0');
    await search.press('Escape');
    await expect.poll(() => links.count()).toBe(35);
    expect(console.faults()).toEqual([]);
  });

  test('the instructions of a session are edited, its history is cleared after a confirmation, and a node is registered', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession({ title: 'Told', systemPrompt: 'Be brief.' });
    await using console = await openConsole(gateway.url, { sessionId });
    const { page } = console;
    await console.send('Hello');
    await console.answers.getByRole('button', { name: 'Copy' }).waitFor();

    await page.locator('summary', { hasText: 'Instructions' }).click();
    const field = page.getByRole('textbox', { name: 'What the model is told' });
    await expect.poll(() => field.inputValue()).toBe('Be brief.');
    await field.fill('Be kind.');
    await page.getByRole('button', { name: 'Save' }).click();
    const query =
      'query ($id: ID!) { session(id: $id) { systemPrompt messages(first: 1) { edges { cursor } } } }';
    const stored = async () => (await gateway.query(query, { id: sessionId })).session;
    await expect.poll(async () => (await stored()).systemPrompt).toBe('Be kind.');
    await page.getByRole('button', { name: 'Clear history…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Clear history' }).click();
    await page.getByText('No messages yet.').waitFor();
    expect((await stored()).messages.edges).toEqual([]);

    await page.keyboard.press('Escape');
    await page.locator('summary', { hasText: 'nodes' }).click();
    await page.getByRole('button', { name: 'Register a node…' }).click();
    await page.getByLabel('Name of the node').fill('desk');
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    const command = page.getByRole('dialog').locator('pre');
    expect(await command.innerText()).toMatch(
      /^SWITCHYARD_TOKEN=swn_\S+ npx switchyard agent --gateway http:/,
    );
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('checkbox', { name: 'desk' }).waitFor();
    expect(await command.count()).toBe(0);
    expect(console.faults()).toEqual([]);
  });

  test('editing the title renames a session in every tab', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession({ title: 'Before' });
    await using console = await openConsole(gateway.url, { sessionId });
    await using other = await console.openTab();
    await other.page.getByRole('textbox', { name: 'Title of the session' }).waitFor();
    const title = console.page.getByRole('textbox', { name: 'Title of the session' });

    await title.fill('After');
    // In Safari this Enter only ends a composition: the title is not finished.
    await title.dispatchEvent('keydown', { key: 'Enter', keyCode: 229 });
    expect(await title.evaluate((field) => field === document.activeElement)).toBe(true);
    await title.press('Enter');

    await console.page.getByRole('link', { name: 'After' }).waitFor();
    await other.page.getByRole('link', { name: 'After' }).waitFor();
    expect(await titlesOf(gateway)).toEqual(['After']);
  });

  test('reasoning, temperature and the most tokens are chosen beside the model', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession({ title: 'Set' });
    await using console = await openConsole(gateway.url, { sessionId });
    const { page } = console;
    const settings = async () => {
      const query = `query ($id: ID!) {
        session(id: $id) { settings { reasoningEffort temperature maxOutputTokens } }
      }`;
      return (await gateway.query(query, { id: sessionId })).session.settings;
    };

    await page.getByText('Reasoning: default').click();
    await page.getByLabel('Reasoning', { exact: true }).selectOption('Off');
    await page.getByText('Reasoning: off').waitFor();
    await page.getByLabel('Temperature').fill('0.5');
    await page.getByLabel('Longest answer (tokens)').fill('300');
    await page.keyboard.press('Escape');

    const expected = { reasoningEffort: 'OFF', temperature: 0.5, maxOutputTokens: 300 };
    await expect.poll(settings).toEqual(expected);
    await console.send('Hello');
    await console.answers.getByText('I am the demo model').waitFor();
    const last = 'query ($id: ID!) { session(id: $id) { lastMessage { reasoning } } }';
    expect((await gateway.query(last, { id: sessionId })).session.lastMessage.reasoning).toBeNull();
    expect(console.faults()).toEqual([]);
  });

  test('a session is deleted only after a confirmation, and other tabs that show it say that it does not exist', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession({ title: 'Doomed' });
    await gateway.createSession({ title: 'Kept' });
    await using console = await openConsole(gateway.url, { sessionId });
    await using other = await console.openTab();
    await other.page.getByText('No messages yet.').waitFor();
    const dialog = console.page.getByRole('dialog');

    await console.choose('More for “Doomed”', 'Delete…');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(await titlesOf(gateway)).toEqual(['Kept', 'Doomed']);
    await console.choose('More for “Doomed”', 'Delete…');
    await dialog.getByRole('button', { name: 'Delete' }).click();

    await console.page.getByRole('heading', { name: 'What would you like to ask?' }).waitFor();
    expect(await titlesOf(gateway)).toEqual(['Kept']);
    expect(new URL(console.page.url()).hash).toBe('');
    await other.page.getByRole('alert').getByText('This session does not exist.').waitFor();
  });

  test('Ctrl+K shows the hidden list and its search, and what is deleted or renamed elsewhere changes in what was found', async () => {
    const gateway = shared();
    const doomed = await gateway.createSession({ title: 'Found 1' });
    const renamed = await gateway.createSession({ title: 'Found 2' });
    await using console = await openConsole(gateway.url);
    await using other = await console.openTab();
    const { page } = console;
    const links = page.getByRole('navigation').getByRole('link');
    const search = page.getByRole('searchbox', { name: 'Search titles and messages' });
    await expect.poll(() => links.count()).toBe(2);

    await page.keyboard.press('Control+b');
    await search.waitFor({ state: 'hidden' });
    await page.keyboard.press('Control+k');
    await page.keyboard.type('found');
    await page.getByText('2 titles found').waitFor();
    await console.choose('More for “Found 1”', 'Delete…');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await expect.poll(() => links.allInnerTexts()).toEqual(['Found 2']);
    expect(await gateway.query('query ($id: ID!) { session(id: $id) { id } }', { id: doomed })).toEqual({
      session: null,
    });
    await other.page.goto(`${gateway.url}/console#${encodeURIComponent(renamed)}`);
    const title = other.page.getByRole('textbox', { name: 'Title of the session' });
    await title.fill('Found it');
    await title.press('Enter');

    await expect.poll(() => links.allInnerTexts()).toEqual(['Found it']);
    await page.setViewportSize({ width: 400, height: 700 });
    await page.getByRole('heading', { name: 'New session' }).click();
    await page.keyboard.press('Control+k');
    await expect.poll(() => search.evaluate((field) => field === document.activeElement)).toBe(true);
    expect(console.faults()).toEqual([]);
  });

  test('the console says that a session does not exist when its address names an unknown session', async () => {
    await using console = await openConsole(shared().url, { sessionId: 'U2Vzc2lvbjo5OQ==' });

    await console.page.getByRole('alert').getByText('This session does not exist.').waitFor();
    expect(console.faults()).toEqual([]);
  });

  test('the newest messages of a long session are shown first, and earlier ones on request', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    for (let number = 1; number <= 20; number += 1) {
      await gateway
        .send({ sessionId, prompt: `Prompt ${number}`, onBusy: 'ENQUEUE', requestId: `${number}` })
        .catch(() => gateway.send({ sessionId, prompt: `Prompt ${number}`, onBusy: 'INTERRUPT' }));
    }
    await using console = await openConsole(gateway.url, { sessionId });
    const prompts = console.page.getByRole('article', { name: 'You' });

    await expect.poll(() => prompts.count()).toBe(15);
    expect(await prompts.last().innerText()).toBe('Prompt 20');
    await console.page.getByRole('button', { name: 'Show earlier messages' }).click();

    await expect.poll(() => prompts.count()).toBe(20);
    expect(await prompts.first().innerText()).toBe('Prompt 1');
    expect(await console.page.getByRole('button', { name: 'Show earlier messages' }).count()).toBe(0);
  });

  test('each session has its own model and tool approval', async () => {
    const gateway = shared();
    const sessionId = await gateway.createSession();
    await using console = await openConsole(gateway.url, { sessionId });

    await console.page.getByRole('combobox', { name: 'Tool approval' }).selectOption('AUTO');
    await console.page.getByRole('combobox', { name: 'Model' }).selectOption({ index: 1 });

    const query = 'query ($id: ID!) { session(id: $id) { toolApproval providerName } }';
    await expect
      .poll(async () => (await gateway.query(query, { id: sessionId })).session)
      .toEqual({ toolApproval: 'AUTO', providerName: 'demo' });
  });

  test('what another client does with sessions is shown at once, and what it did while the page had no connection after that', async () => {
    const gateway = shared();
    const rename = (id: string, title: string) =>
      gateway.query(
        'mutation ($id: ID!, $title: String) { updateSession(id: $id, input: { title: $title }) { id } }',
        { id, title },
      );
    const remove = (id: string) =>
      gateway.query('mutation ($id: ID!) { deleteSession(id: $id) { databaseId } }', { id });
    const first = await gateway.createSession({ title: 'First' });
    await using network = await openNetwork(gateway.url);
    await using console = await openConsole(network.url);
    const links = console.page.getByRole('navigation').getByRole('link');
    const shown = () => links.allInnerTexts();
    await expect.poll(shown).toEqual(['First']);

    const second = await gateway.createSession({ title: 'Second' });
    await expect.poll(shown).toEqual(['Second', 'First']);
    await rename(first, 'First of all');
    await expect.poll(shown).toEqual(['Second', 'First of all']);
    await gateway.send({ sessionId: first, prompt: 'Hello' });
    await expect.poll(shown).toEqual(['First of all', 'Second']);
    await remove(first);
    await expect.poll(shown).toEqual(['Second']);

    network.unplug();
    await rename(second, 'Second to none');
    await gateway.createSession({ title: 'Third' });
    network.plugIn();
    await expect.poll(shown, { timeout: 30_000 }).toEqual(['Third', 'Second to none']);
    expect(console.faults()).toEqual([]);
  });
});
