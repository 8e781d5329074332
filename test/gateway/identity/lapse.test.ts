import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiTokens } from '../../../src/identity/api-tokens.ts';
import { createLog } from '../../../src/log.ts';
import { runEventsDocument } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import type { GatewayApi } from '../../support/gateway/gateway-api.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { socketClient } from '../../support/gateway/sockets.ts';

let gateway: TestGateway;
let alice: GatewayApi;
let tokens: ApiTokens;

beforeAll(async () => {
  gateway = await startTestGateway({ settings: { ...jwtSettings, DEMO_DELAY_MS: '100' } });
  alice = gateway.as(await signJwt({ sub: 'alice' }));
  tokens = new ApiTokens({ ...gateway.services, log: createLog({ level: 'silent', format: 'json' }) });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Starts a run of alice that takes minutes. */
async function startLongRun() {
  const sessionId = await alice.createSession();
  const runId = await alice.send({ sessionId, prompt: 'Write 2000 words.' });
  return { sessionId, runId };
}

const ofAlice = { userId: 'alice', isAdmin: false, name: null };

const lapses: Record<string, () => Promise<Lapsing>> = {
  'an API token is revoked': async () => {
    const { token, row } = await tokens.create({ ...ofAlice, expiresAt: null });
    return { token, end: async () => void (await tokens.revoke(row.id)), message: 'The token was revoked.' };
  },
  'an API token expires': async () => {
    const { token } = await tokens.create({ ...ofAlice, expiresAt: new Date(Date.now() + 2_000) });
    return { token, end: async () => {}, message: 'The token has expired.' };
  },
  'a JWT expires': async () => ({
    // The gateway allows clocks to differ by five seconds, so this token is valid for two more seconds.
    token: await signJwt({ sub: 'alice', expiresIn: -3 }),
    end: async () => {},
    message: 'The token has expired.',
  }),
};

interface Lapsing {
  token: string;
  /** Called when the stream has begun. */
  end(): Promise<void>;
  message: string;
}

/** Each follows a run with a token, calls `onBegin` at every result, and returns the last result. */
const followers: Record<string, (token: string, runId: string, onBegin: () => void) => Promise<unknown>> = {
  'graphql-sse with a connection for each operation': (token, runId, onBegin) =>
    lastOf(gateway.as(token).client().iterate({ query: runEventsDocument, variables: { runId } }), onBegin),
  'graphql-sse with a single connection': (token, runId, onBegin) =>
    lastOf(
      gateway
        .as(token)
        .client({ singleConnection: true } as never)
        .iterate({ query: runEventsDocument, variables: { runId } }),
      onBegin,
    ),
  'graphql-ws': (token, runId, onBegin) => {
    const client = socketClient(gateway.url, { connectionParams: { authorization: `Bearer ${token}` } });
    return lastOf(client.iterate({ query: runEventsDocument, variables: { runId } }), onBegin);
  },
  'the stream of Yoga': async (token, runId, onBegin) => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify({ query: runEventsDocument, variables: { runId } }),
    });
    const text = await readAll(response, onBegin);
    expect(text).toMatch(/event: complete\ndata:?\s*$/);
    return JSON.parse([...text.matchAll(/event: next\ndata: (.*)\n/g)].at(-1)?.[1] ?? '');
  },
};

async function lastOf(results: AsyncIterable<unknown>, onBegin: () => void): Promise<unknown> {
  let last: unknown;
  for await (const result of results) {
    onBegin();
    last = result;
  }
  return last;
}

async function readAll(response: Response, onBegin: () => void): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes('data: {')) onBegin();
  }
  return text;
}

function once(act: () => Promise<void>): () => void {
  let done = false;
  return () => {
    if (!done) void act();
    done = true;
  };
}

const statusOf = 'query ($runId: ID!) { run(id: $runId) { status } }';

// Each test waits about two seconds for its token, so they wait at the same time.
describe.concurrent.each(Object.entries(lapses))('when %s,', (_lapse, createToken) => {
  test.each(Object.entries(followers))(
    'a subscription over %s ends with an error that says so, and its run continues',
    async (_transport, follow) => {
      const { runId } = await startLongRun();
      const { token, end, message } = await createToken();

      const last = await follow(token, runId, once(end));

      expect(last).toEqual({
        data: null,
        errors: [
          {
            message,
            path: ['runEvents'],
            locations: expect.any(Array),
            extensions: { code: 'UNAUTHENTICATED' },
          },
        ],
      });
      expect(await alice.query(statusOf, { runId })).toEqual({ run: { status: 'RUNNING' } });
    },
  );

  test('a chat stream of the REST API ends with an error frame, and its run continues', async () => {
    const { sessionId, runId } = await startLongRun();
    const { token, end, message } = await createToken();

    const response = await gateway.rest(`/sessions/${numberIn(sessionId)}/chat`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await readAll(response, once(end));

    const frames = text.split('\n\n').filter((frame) => frame.includes('data: '));
    expect(frames.at(-1)).toBe(
      `data: ${JSON.stringify({ type: 'error', code: 'UNAUTHENTICATED', content: message })}`,
    );
    // The id of the last frame is the cursor with which another token resumes.
    expect(frames.at(-2)).toMatch(new RegExp(`^id: ${numberIn(runId)}:\\d+\ndata: `));
    expect(await alice.query(statusOf, { runId })).toEqual({ run: { status: 'RUNNING' } });
  });

  test('an event stream without operations is closed', async () => {
    const { token, end } = await createToken();
    const stream = `${gateway.url}/graphql/stream`;
    const headers = { authorization: `Bearer ${token}` };
    const reserved = await fetch(stream, { method: 'PUT', headers });
    const opened = await fetch(`${stream}?token=${await reserved.text()}`, {
      headers: { ...headers, accept: 'text/event-stream' },
    });
    expect(opened.status).toBe(200);
    await end();
    expect(await opened.text()).not.toContain('data:');
  });
});

/** The number of the row in a Relay id. */
function numberIn(id: string): string {
  return Buffer.from(id, 'base64').toString().split(':')[1] ?? '';
}

test('a reserved event stream can be used only by the user who reserved it', async () => {
  const sessionId = await alice.createSession();
  const [aliceToken, bobToken] = [await signJwt({ sub: 'alice' }), await signJwt({ sub: 'bob' })];
  const stream = `${gateway.url}/graphql/stream`;
  const as = (token: string) => ({ authorization: `Bearer ${token}` });
  const reserved = await fetch(stream, { method: 'PUT', headers: as(aliceToken) });
  const streamToken = { 'x-graphql-event-stream-token': await reserved.text() };
  const operation = {
    query: 'query ($id: ID!) { session(id: $id) { id } }',
    variables: { id: sessionId },
    extensions: { operationId: '1' },
  };
  const send = (token: string) =>
    fetch(stream, {
      method: 'POST',
      headers: {
        ...as(token),
        ...streamToken,
        'content-type': 'application/json',
        accept: 'application/json',
      },
      body: JSON.stringify(operation),
    });

  expect((await fetch(stream, { method: 'PUT' })).status).toBe(401);
  expect((await send(bobToken)).status).toBe(404);
  const opened = await fetch(stream, {
    headers: { ...as(bobToken), ...streamToken, accept: 'text/event-stream' },
  });
  expect(opened.status).not.toBe(200);
  expect((await send(aliceToken)).status).toBe(202);
});
