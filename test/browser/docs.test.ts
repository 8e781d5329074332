import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BrowserPage, describeInBrowser, openPage } from '../support/browser/browser.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';

describeInBrowser('Swagger UI', () => {
  let gateway: TestGateway;
  let browser: BrowserPage;
  // The tests share one page, because each uses another operation on it.
  beforeAll(async () => {
    gateway = await startTestGateway();
    await gateway.createSession({ title: 'The first' });
    browser = await openPage();
    await browser.page.goto(`${gateway.url}/docs`);
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await gateway[Symbol.asyncDispose]();
  });

  test('Swagger UI opens without the internet and lists every operation', async () => {
    const { page, requests, faults } = browser;
    await page.locator('.opblock').first().waitFor();

    const listed = await page
      .locator('.opblock')
      .evaluateAll((blocks) =>
        blocks.map((block) =>
          ['.opblock-summary-method', '.opblock-summary-path']
            .map((part) => block.querySelector(part)?.textContent.replaceAll('\u200b', ''))
            .join(' '),
        ),
      );
    const { paths } = (await (await gateway.rest('/openapi.json')).json()) as {
      paths: Record<string, object>;
    };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(listed.toSorted()).toEqual(described.toSorted());
    expect(requests.filter((url) => !url.startsWith(`${gateway.url}/`))).toEqual([]);
    expect(faults).toEqual([]);
  });

  test('Swagger UI executes an operation with Try it out', async () => {
    const { page, faults } = browser;
    const operation = page.locator('.opblock', { hasText: 'Create a New Chat Session' });

    await operation.locator('.opblock-summary').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByRole('textbox').fill('{"title": "Tried out"}');
    await operation.getByRole('button', { name: 'Execute' }).click();

    await operation.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    const { data } = await gateway.graphql('{ sessions { edges { node { title } } } }');
    expect(data.sessions.edges).toEqual([{ node: { title: 'Tried out' } }, { node: { title: 'The first' } }]);
    expect(faults).toEqual([]);
  });

  test('Swagger UI executes a chat with only the session filled in', async () => {
    const { page, faults } = browser;
    const operation = page.locator('.opblock', { hasText: 'Send a Message in a Session' });

    await operation.locator('.opblock-summary').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByPlaceholder('session_id').fill('1');
    await operation.getByRole('button', { name: 'Execute' }).click();

    const answer = operation.locator('.live-responses-table .response .response-col_description');
    await expect.poll(() => answer.textContent()).toContain('"type":"finish"');
    expect(faults).toEqual([]);
  });
});
