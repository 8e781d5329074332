import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { describeInBrowser, openPage } from '../support/browser/browser.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';
import { jwtSettings, signJwt } from '../support/gateway/jwt.ts';

interface Followed {
  /** The text of the answer, put together from its frames. */
  text: string;
  lastType: string;
}

describeInBrowser('an EventSource', () => {
  test('an EventSource follows an answer, and does not connect again once the answer has ended', async () => {
    await using gateway = await startTestGateway({ settings: { DEMO_DELAY_MS: '2' } });
    await using browser = await openPage({ bypassCSP: true });
    const { page, requests } = browser;
    await page.goto(`${gateway.url}/health/live`);
    const sessionId = await gateway.createSession();
    const send = 'mutation ($input: ChatInput!) { sendMessage(input: $input) { id } }';
    await gateway.graphql(send, { input: { sessionId, prompt: 'Write 200 words.' } });

    const followed = await page.evaluate(followUntilClosed, '/api/v1/sessions/1/chat');

    const { data } = await gateway.graphql('{ sessions { edges { node { lastMessage { content } } } } }');
    expect(followed).toEqual({
      text: data.sessions.edges[0].node.lastMessage.content,
      lastType: 'finish',
    } satisfies Followed);
    // One request for the answer, and one after its end, which the browser sends by itself.
    expect(requests.filter((url) => url.endsWith('/chat'))).toHaveLength(2);
  });
});

describeInBrowser('an EventSource with a ticket', () => {
  test('a page of another origin follows an answer with a ticket, over both APIs', async () => {
    // A page at another port, which the gateway does not serve.
    const application = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>App</title>');
    });
    await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(application.address() as AddressInfo).port}`;
    try {
      const settings = { ...jwtSettings, CORS_ORIGINS: origin, DEMO_DELAY_MS: '2' };
      await using gateway = await startTestGateway({ settings });
      await using browser = await openPage();
      await browser.page.goto(origin);
      const alice = gateway.as(await signJwt({ sub: 'alice' }));
      const sessionId = await alice.createSession();
      const runId = await alice.send({ sessionId, prompt: 'Write 200 words.' });
      const create = 'mutation ($runId: ID!) { createStreamTicket(runId: $runId) { ticket url } }';
      const { createStreamTicket } = await alice.query(create, { runId });
      const query = `subscription { runEvents(runId: "${runId}") { __typename ... on TextDelta { text } } }`;
      const search = new URLSearchParams({ query, ticket: createStreamTicket.ticket });

      const [rest, graphql] = await Promise.all([
        browser.page.evaluate(followUntilClosed, gateway.url + createStreamTicket.url),
        browser.page.evaluate(followSubscription, `${gateway.url}/graphql/stream?${search}`),
      ]);

      const { sessions } = await alice.query('{ sessions { edges { node { lastMessage { content } } } } }');
      const { content } = sessions.edges[0].node.lastMessage;
      expect(rest).toEqual({ text: content, lastType: 'finish' });
      expect(graphql).toEqual({ text: content, lastType: 'RunCompleted' });
      const refused = `${gateway.url}/api/v1/sessions/1/chat?ticket=${createStreamTicket.ticket}x`;
      expect(await browser.page.evaluate(followUntilClosed, refused)).toEqual({ text: '', lastType: '' });
    } finally {
      application.closeAllConnections();
      application.close();
    }
  });
});

/** Runs in the page: follows a subscription in graphql-sse's protocol until it is complete. */
function followSubscription(url: string): Promise<Followed> {
  return new Promise((resolve) => {
    const followed: Followed = { text: '', lastType: '' };
    const source = new EventSource(url);
    source.addEventListener('next', ({ data }) => {
      const { runEvents } = JSON.parse(data).data as { runEvents: { __typename: string; text?: string } };
      followed.text += runEvents.text ?? '';
      followed.lastType = runEvents.__typename;
    });
    source.addEventListener('complete', () => {
      source.close();
      resolve(followed);
    });
  });
}

/** Runs in the page. */
function followUntilClosed(url: string): Promise<Followed> {
  return new Promise((resolve) => {
    const followed: Followed = { text: '', lastType: '' };
    const source = new EventSource(url);
    source.onmessage = ({ data }) => {
      const frame = JSON.parse(data) as { type: string; content: string };
      if (frame.type === 'content') followed.text += frame.content;
      followed.lastType = frame.type;
    };
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) resolve(followed);
    };
  });
}
