import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import { createModels } from '../../../src/chat/models/models.ts';
import { chat, chatDocument } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { jwtSettings, signJwt } from '../../support/gateway/jwt.ts';

test('a follower that leaves before its first run event is no longer counted', async () => {
  const provider = new EventEmitter();
  const models = slowAtFirst(provider);
  const settings = { ...jwtSettings, MAX_FOLLOWERS_PER_USER: '1' };
  await using gateway = await startTestGateway({ settings, models });
  const token = await signJwt({ sub: 'alice' });
  const alice = gateway.as(token);
  const sessionId = await alice.createSession();
  const stream = await openStream(gateway.url, token);

  const asked = once(provider, 'asked');
  const input = { sessionId, prompt: 'Hi', onBusy: 'ENQUEUE' } as const;
  const body = { query: chatDocument, variables: { input }, extensions: { operationId: 'first' } };
  expect((await stream.request('POST', '', body)).status).toBe(202);
  await asked;
  expect((await stream.request('DELETE', '?operationId=first')).status).toBe(200);
  provider.emit('answered');

  const again = async () => {
    const answer = chat(alice.client(), input);
    try {
      return (await answer.next()).value?.__typename;
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      await answer.return(undefined);
    }
  };
  await expect.poll(again).toMatch(/^Run(Started|Queued)$/);
  stream.leave();
});

/** The demo model, from a provider that lists its models for the first prompt only after `answered`. */
function slowAtFirst(provider: EventEmitter) {
  const models = createModels({ demo: { delayMs: 0 } });
  let waiting: Promise<unknown> | undefined;
  return {
    ...models,
    async resolve(choice: Parameters<typeof models.resolve>[0]) {
      if (waiting === undefined) {
        waiting = once(provider, 'answered');
        provider.emit('asked');
        await waiting;
      }
      return models.resolve(choice);
    },
  };
}

/** A stream of graphql-sse's single connection mode, and the requests that belong to it. */
async function openStream(url: string, token: string) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const reserved = await fetch(`${url}/graphql/stream`, { method: 'PUT', headers });
  const named = { ...headers, 'x-graphql-event-stream-token': await reserved.text() };
  const leaving = new AbortController();
  const accept = 'text/event-stream';
  await fetch(`${url}/graphql/stream`, { headers: { ...named, accept }, signal: leaving.signal });
  return {
    leave: () => leaving.abort(),
    request: (method: string, search: string, body?: object) =>
      fetch(`${url}/graphql/stream${search}`, {
        method,
        headers: { ...named, accept: 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      }),
  };
}
