import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BrowserPage, describeInBrowser, openPage } from '../support/browser/browser.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';

describeInBrowser('GraphiQL', () => {
  let gateway: TestGateway;
  let browser: BrowserPage;
  // The tests share one page, because GraphiQL takes seconds to load.
  beforeAll(async () => {
    gateway = await startTestGateway();
    browser = await openPage();
    await browser.page.goto(`${gateway.url}/health/live`);
    // What an earlier version of the page has left.
    await browser.page.evaluate(() =>
      localStorage.setItem('graphiql:headers', '{"Authorization": "secret"}'),
    );
    await browser.page.goto(`${gateway.url}/graphql`);
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  });

  test('GraphiQL opens without the internet, with a chat ready to run', async () => {
    const { page, requests, faults } = browser;
    expect(await tabs(page)).toEqual(['CreateSession', 'Chat', 'Sessions']);
    expect(await lines(page, '.graphiql-query-editor')).toContain('mutation CreateSession');
    expect(requests.filter((url) => !url.startsWith(`${gateway.url}/`))).toEqual([]);
    expect(faults).toEqual([]);
  });

  test('GraphiQL opens the same tabs when it is loaded again', async () => {
    const { page } = browser;
    await page.reload();
    expect(await tabs(page)).toEqual(['CreateSession', 'Chat', 'Sessions']);
  });

  test('GraphiQL creates a session in its first tab, chats in the second and reads in the third', async () => {
    const { page, faults } = browser;
    await execute(page);
    await result(page, '"title": "My first chat"');
    await openTab(page, 'Chat');
    const { data: made } = await gateway.graphql('{ sessions { edges { node { id } } } }');
    const { id } = made.sessions.edges[0].node;
    await expect.poll(() => lines(page, '[aria-label="Variables"]')).toContain(`"sessionId": "${id}"`);
    expect(await lines(page, '[aria-label="Variables"]')).toContain('"prompt": "Hello! What can you do?"');
    await execute(page);
    const shown = await result(page, '"__typename": "RunCompleted"');
    const { data } = await gateway.graphql(
      '{ sessions { edges { node { lastMessage { role content } } } } }',
    );
    const { role, content } = data.sessions.edges[0].node.lastMessage;
    expect(role).toBe('ASSISTANT');
    expect(withoutSpace(shown)).toContain(withoutSpace(`"answer":${JSON.stringify(content)}`));

    await openTab(page, 'Sessions');
    await execute(page);
    await result(page, '"role": "ASSISTANT"');
    // The storage that stays when the tab is closed.
    expect((await page.context().storageState()).origins).toEqual([]);
    expect(faults).toEqual([]);
  });
});

/** Waits until the page is ready. Returns the names of the tabs. */
async function tabs(page: Page): Promise<string[]> {
  await page.getByRole('button', { name: /execute/i }).waitFor();
  return page.getByRole('tab').locator('.graphiql-tab-button').allTextContents();
}

/** Clicks a tab and waits until GraphiQL has written its operation into the address. */
async function openTab(page: Page, operationName: string): Promise<void> {
  await page.getByRole('tab', { name: operationName }).click();
  await page.waitForURL((url) => url.searchParams.get('query')?.includes(` ${operationName}`) === true);
}

async function execute(page: Page): Promise<void> {
  await page.getByRole('button', { name: /execute/i }).click();
}

/** Waits until the result pane contains this text. Returns all of its text. */
async function result(page: Page, part: string): Promise<string> {
  const pane = '.result-window';
  await expect.poll(() => lines(page, pane), { timeout: 20_000 }).toContain(part);
  return lines(page, pane);
}

/** The text of an editor. Its lines are in the document in any order, so they are sorted by their position. */
async function lines(page: Page, editor: string): Promise<string> {
  const rows = page.locator(`${editor} .view-line`);
  await rows.first().waitFor();
  const placed = await rows.evaluateAll((elements) =>
    elements.map((element) => ({ top: Number.parseInt(element.style.top, 10), text: element.textContent })),
  );
  return placed
    .toSorted((a, b) => a.top - b.top)
    .map(({ text }) => text.replaceAll('\u00a0', ' '))
    .join('\n');
}

function withoutSpace(text: string): string {
  return text.replace(/\s/g, '');
}
