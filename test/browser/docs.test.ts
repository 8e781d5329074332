import { expect, test } from 'vitest';
import { describeInBrowser, openPage } from '../support/browser/browser.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';

describeInBrowser('Swagger UI', () => {
  test('opens without the internet and lists every operation', async () => {
    await using gateway = await startTestGateway();
    await using browser = await openPage();
    const { page, requests, faults } = browser;

    await page.goto(`${gateway.url}/docs`);
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

  test('executes an operation with Try it out', async () => {
    await using gateway = await startTestGateway();
    await using browser = await openPage();
    const { page, faults } = browser;
    await page.goto(`${gateway.url}/docs`);
    const operation = page.locator('.opblock', { hasText: 'Create a New Chat Session' });

    await operation.locator('.opblock-summary').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByRole('textbox').fill('{"title": "Tried out"}');
    await operation.getByRole('button', { name: 'Execute' }).click();

    await operation.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor();
    const { data } = await gateway.graphql('{ sessions { edges { node { title } } } }');
    expect(data.sessions.edges).toEqual([{ node: { title: 'Tried out' } }]);
    expect(faults).toEqual([]);
  });

  test('executes a chat with only the session filled in', async () => {
    await using gateway = await startTestGateway();
    await gateway.createSession();
    await using browser = await openPage();
    const { page, faults } = browser;
    await page.goto(`${gateway.url}/docs`);
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
