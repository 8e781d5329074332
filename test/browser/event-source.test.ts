import { expect, test } from 'vitest';
import { describeInBrowser, openPage } from '../support/browser/browser.ts';
import { startTestGateway } from '../support/gateway/gateway.ts';

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
