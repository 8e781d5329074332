import { describe, expect, onTestFinished, test } from 'vitest';
import { ApiTokens } from '../../../src/identity/api-tokens.ts';
import { createLog } from '../../../src/log.ts';
import { runEventsDocument } from '../../support/gateway/chat.ts';
import { startTestGateway, type TestGateway } from '../../support/gateway/gateway.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';

/** A gateway in which alice has asked for an answer that takes its time, with a token of each kind. */
async function start() {
  const settings = { ...jwtSettings, DEMO_DELAY_MS: '100' };
  const gateway = await startTestGateway({ settings });
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  const tokens = new ApiTokens(gateway.services.database, createLog({ level: 'silent', format: 'json' }));
  const alice = gateway.as(await signJwt({ sub: 'alice' }));
  const sessionId = await alice.createSession();
  const runId = await alice.send({ sessionId, prompt: 'Write 2000 words.' });
  return { gateway, tokens, alice, sessionId, runId };
}

const kinds: Record<string, (started: Awaited<ReturnType<typeof start>>) => Promise<Lapsing>> = {
  'a token that is revoked': async ({ tokens }) => {
    const { token, row } = await tokens.create({
      userId: 'alice',
      isAdmin: false,
      name: null,
      expiresAt: null,
    });
    return { token, end: async () => void (await tokens.revoke(row.id)), message: 'The token was revoked.' };
  },
  'a token that expires': async ({ tokens }) => {
    const expiresAt = new Date(Date.now() + 2_000);
    const { token } = await tokens.create({ userId: 'alice', isAdmin: false, name: null, expiresAt });
    return { token, end: async () => {}, message: 'The token has expired.' };
  },
  'a JWT that expires': async () => ({
    // Five seconds more are left to clocks that differ.
    token: await signJwt({ sub: 'alice', expiresIn: -3 }),
    end: async () => {},
    message: 'The token has expired.',
  }),
};

interface Lapsing {
  token: string;
  /** Called once the stream has begun. */
  end(): Promise<void>;
  message: string;
}

/** What follows the run of alice, with a token: its last results once it ends. `onBegin` is called at the first. */
const followers: Record<
  string,
  (gateway: TestGateway, token: string, runId: string, onBegin: () => void) => Promise<unknown>
> = {
  'graphql-sse, a connection for each operation': (gateway, token, runId, onBegin) =>
    lastOf(gateway.as(token).client().iterate({ query: runEventsDocument, variables: { runId } }), onBegin),
  'graphql-sse, a single connection': (gateway, token, runId, onBegin) =>
    lastOf(
      gateway
        .as(token)
        .client({ singleConnection: true } as never)
        .iterate({ query: runEventsDocument, variables: { runId } }),
      onBegin,
    ),
  'Yoga’s own stream': async (gateway, token, runId, onBegin) => {
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

describe.each(Object.entries(kinds))('with %s', (_kind, prepare) => {
  test.each(Object.entries(followers))(
    'what is followed by %s ends with an error that says so',
    async (_by, follow) => {
      const started = await start();
      const { gateway, alice, runId } = started;
      const { token, end, message } = await prepare(started);

      const last = await follow(gateway, token, runId, once(end));

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

  test('a chat stream of the REST API ends with an error frame, and can be resumed with another token', async () => {
    const started = await start();
    const { gateway, alice, runId } = started;
    const { token, end, message } = await prepare(started);

    const response = await gateway.rest('/sessions/1/chat', {
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await readAll(response, once(end));

    const frames = text.split('\n\n').filter((frame) => frame.includes('data: '));
    expect(frames.at(-1)).toBe(
      `data: ${JSON.stringify({ type: 'error', code: 'UNAUTHENTICATED', content: message })}`,
    );
    expect(frames.at(-2)).toMatch(/^id: 1:\d+\ndata: /);
    expect(await alice.query(statusOf, { runId })).toEqual({ run: { status: 'RUNNING' } });
  });
});

describe.each(Object.entries(kinds))('with %s', (_kind, prepare) => {
  test('an event stream that carries nothing is closed', async () => {
    const started = await start();
    const { token, end } = await prepare(started);
    const stream = `${started.gateway.url}/graphql/stream`;
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

test('a reserved stream is of no use to anybody else', async () => {
  const { gateway, sessionId } = await start();
  const [alice, bob] = [await signJwt({ sub: 'alice' }), await signJwt({ sub: 'bob' })];
  const stream = `${gateway.url}/graphql/stream`;
  const as = (token: string) => ({ authorization: `Bearer ${token}` });
  const reserved = await fetch(stream, { method: 'PUT', headers: as(alice) });
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
  expect((await send(bob)).status).toBe(404);
  const opened = await fetch(stream, {
    headers: { ...as(bob), ...streamToken, accept: 'text/event-stream' },
  });
  expect(opened.status).not.toBe(200);
  expect((await send(alice)).status).toBe(202);
});
