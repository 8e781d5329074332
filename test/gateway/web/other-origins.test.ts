import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chatDocument } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { sendRaw } from '../../support/http/raw-http.ts';

let gateway: TestGateway;
let sessionId = '';
beforeAll(async () => {
  gateway = await startTestGateway();
  sessionId = await gateway.createSession();
});
afterAll(() => gateway[Symbol.asyncDispose]());

const otherPages = {
  'of another site': { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
  'of another port of this machine': { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
  'in a browser that sends only the origin': { origin: 'https://mallory.example' },
  'that hides its origin': { origin: 'null' },
};

function sendChat(path: string, headers: Record<string, string>): Promise<Response> {
  const variables = { input: { sessionId, prompt: 'Spend money.' } };
  return fetch(`${gateway.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query: chatDocument, variables }),
  });
}

async function messageCount(): Promise<number> {
  return (await (await gateway.rest('/sessions/1/messages')).json()).messages.length;
}

describe.each(Object.entries(otherPages))('a page %s', (which, headers) => {
  test(`a page ${which} cannot send a prompt`, async () => {
    const before = await messageCount();
    for (const path of ['/graphql', '/graphql/stream']) {
      expect((await sendChat(path, headers)).status).toBe(403);
    }
    expect(await messageCount()).toBe(before);
  });

  test(`a page ${which} cannot clear a history`, async () => {
    await (await sendChat('/graphql/stream', {})).text();
    const before = await messageCount();
    const response = await gateway.rest('/sessions/1/clear-history', { method: 'POST', headers });
    expect(response.status).toBe(403);
    expect(await messageCount()).toBe(before);
  });
});

describe('other senders', () => {
  test('a page of the gateway itself can send a prompt', async () => {
    const own = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', origin: gateway.url };
    expect((await sendChat('/graphql/stream', own)).status).toBe(200);
    expect((await sendChat('/graphql/stream', { origin: gateway.url })).status).toBe(200);
  });

  test('a user who follows a link of another site to GraphiQL or the docs gets the page', async () => {
    for (const path of ['/graphql', '/docs']) {
      const link = ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Accept: text/html'];
      const head = [`GET ${path} HTTP/1.1`, `Host: ${new URL(gateway.url).host}`, ...link];
      expect(await sendRaw(gateway.url, `${head.join('\r\n')}\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1.1 200 /,
      );
    }
  });

  test('a program, which sends no origin, can send a prompt', async () => {
    expect((await sendChat('/graphql', {})).status).toBe(200);
  });
});
