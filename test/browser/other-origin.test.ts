import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { describeInBrowser, openPage } from '../support/browser/browser.ts';
import { startTestGateway, type TestGateway } from '../support/gateway/gateway.ts';

interface Application extends AsyncDisposable {
  origin: string;
}

/** Serves the empty page of an application on its own port, and so from its own origin. */
async function startApplication(): Promise<Application> {
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

/** Runs in the page: does what an application does. Returns what the page may see of each response. */
async function useGateway({ url, sessionId }: { url: string; sessionId: number }) {
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
    const response = await fetch(`${url}/api/v1/sessions/${sessionId}/chat`, {
      method: 'POST',
      headers,
      body,
    });
    return (await response.text()).includes('"type":"finish"');
  });
  await attempt('EventSource', async () => {
    return new Promise((resolve) => {
      const source = new EventSource(`${url}/api/v1/sessions/${sessionId}/chat`);
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
  let allowed: Application;
  let other: Application;
  let gateway: TestGateway;
  let sessionId: number;
  beforeAll(async () => {
    allowed = await startApplication();
    other = await startApplication();
    gateway = await startTestGateway({ settings: { CORS_ORIGINS: allowed.origin } });
  });
  beforeEach(async () => {
    const create = 'mutation { createSession(input: {}) { databaseId } }';
    sessionId = (await gateway.query(create)).createSession.databaseId;
  });
  afterAll(async () => {
    for (const opened of [gateway, allowed, other]) await opened[Symbol.asyncDispose]();
  });

  test('a page of an allowed origin can query, chat and follow', async () => {
    await using browser = await openPage();
    await browser.page.goto(allowed.origin);

    expect(await browser.page.evaluate(useGateway, { url: gateway.url, sessionId })).toEqual({
      query: [{ data: { viewer: { userId: 'anonymous' } } }, true],
      reservation: 201,
      chat: true,
      EventSource: true,
    });
    expect(browser.faults).toEqual([]);
  });

  test('a page of an origin that is not allowed can read and change nothing', async () => {
    await using browser = await openPage();
    await browser.page.goto(other.origin);

    expect(await browser.page.evaluate(useGateway, { url: gateway.url, sessionId })).toEqual({
      query: 'TypeError',
      reservation: 'TypeError',
      chat: 'TypeError',
      EventSource: false,
    });
    const { messages } = await (await gateway.rest(`/sessions/${sessionId}/messages`)).json();
    expect(messages).toEqual([]);
  });
});
