import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { describeInBrowser, openPage } from '../support/browser/browser.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';

/** Serves an application's empty page from a port of its own. */
async function startApplication() {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>App</title>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Runs in the page: what an application does, and what it gets to see of it. */
async function useGateway(url: string) {
  const seen: Record<string, unknown> = {};
  const attempt = async (name: string, act: () => Promise<unknown>) => {
    seen[name] = await act().catch((error: Error) => error.name);
  };
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  await attempt('query', async () => {
    const body = JSON.stringify({ query: '{ viewer { userId } }' });
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...headers, accept: 'application/json' },
      body,
    });
    return [await response.json(), response.headers.has('x-request-id')];
  });
  await attempt('reservation', async () => {
    return (await fetch(`${url}/graphql/stream`, { method: 'PUT' })).status;
  });
  await attempt('chat', async () => {
    const body = JSON.stringify({ prompt: 'Hi' });
    const response = await fetch(`${url}/api/v1/sessions/1/chat`, { method: 'POST', headers, body });
    return (await response.text()).includes('"type":"finish"');
  });
  await attempt('EventSource', async () => {
    return new Promise((resolve) => {
      const source = new EventSource(`${url}/api/v1/sessions/1/chat`);
      source.onmessage = ({ data }) => {
        if (!data.includes('"type":"finish"')) return;
        source.close();
        resolve(true);
      };
      source.onerror = () => resolve(false);
    });
  });
  return seen;
}

describeInBrowser('a page of another origin', () => {
  test('that is allowed can query, chat and follow', async () => {
    await using application = await startApplication();
    await using gateway = await startTestGateway({ settings: { CORS_ORIGINS: application.origin } });
    await gateway.createSession();
    await using browser = await openPage();
    await browser.page.goto(application.origin);

    expect(await browser.page.evaluate(useGateway, gateway.url)).toEqual({
      query: [{ data: { viewer: { userId: 'anonymous' } } }, true],
      reservation: 201,
      chat: true,
      EventSource: true,
    });
    expect(browser.faults).toEqual([]);
  });

  test('that is not allowed can read and change nothing', async () => {
    await using application = await startApplication();
    await using gateway = await startTestGateway({ settings: { CORS_ORIGINS: 'https://app.example.org' } });
    await gateway.createSession();
    await using browser = await openPage();
    await browser.page.goto(application.origin);

    expect(await browser.page.evaluate(useGateway, gateway.url)).toEqual({
      query: 'TypeError',
      reservation: 'TypeError',
      chat: 'TypeError',
      EventSource: false,
    });
    const { messages } = await (await gateway.rest('/sessions/1/messages')).json();
    expect(messages).toEqual([]);
  });
});
