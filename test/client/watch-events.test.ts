import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SessionEvent, WatchGap } from '../../src/client/client.ts';
import { createCountingBus } from '../support/gateway/counting-bus.ts';
import { type ScriptedGateway, startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { openNetwork } from '../support/http/network.ts';
import { text } from '../support/model/turn.ts';
import { transports } from './transports.ts';

const bus = createCountingBus();
let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScriptedGateway({ bus });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const rename = (id: string, title: string) =>
  gateway.query(
    'mutation ($id: ID!, $title: String) { updateSession(id: $id, input: { title: $title }) { id } }',
    {
      id,
      title,
    },
  );

const titleOf = (event: SessionEvent | WatchGap | undefined) =>
  event?.__typename === 'SessionUpdated' ? event.session?.title : event?.__typename;

describe.each(transports)('%s', (_name, clientOf) => {
  test('a watched session tells its changes once, over a lost connection', async () => {
    const sessionId = await gateway.createSession();
    await using network = await openNetwork(gateway.url);
    const seen: unknown[] = [];
    const onOpen = () => void (seen.length === 0 && rename(sessionId, 'First'));

    for await (const event of clientOf(network.url).watch(sessionId, { onOpen })) {
      seen.push(titleOf(event));
      if (seen.length === 3) break;
      network.cut();
      await rename(sessionId, `After ${seen.length}`);
    }

    expect(seen).toEqual(['First', 'After 1', 'After 2']);
    await expect.poll(() => bus.listeners).toBe(0);
  });

  test('a watch that has lost its connection before the first event tells a gap, and closes when it is left', async () => {
    const sessionId = await gateway.createSession();
    await using network = await openNetwork(gateway.url);
    let connections = 0;
    const onOpen = () => {
      connections += 1;
      if (connections === 1) network.cut();
    };

    for await (const event of clientOf(network.url).watch(sessionId, { onOpen })) {
      expect(event).toMatchObject({ __typename: 'WatchGap', cursor: '' });
      break;
    }

    expect(connections).toBe(2);
    await expect.poll(() => bus.listeners).toBe(0);
  });

  test('a watch continues after a cursor', async () => {
    const client = clientOf(gateway.url);
    const sessionId = await gateway.createSession();
    let cursor = '';
    for await (const event of client.watch(sessionId, { onOpen: () => void rename(sessionId, 'Seen') })) {
      cursor = event.cursor;
      break;
    }
    await rename(sessionId, 'Missed');

    for await (const event of client.watch(sessionId, { after: cursor })) {
      expect(titleOf(event)).toBe('Missed');
      break;
    }
    const wrong = client.watch(sessionId, { after: 'nothing' });
    await expect(wrong.next()).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      extensions: { field: 'after' },
    });
  });

  test('a viewer is told of all sessions', async () => {
    gateway.model.script([text('Hello')]);
    const seen: string[] = [];
    let sessionId = '';
    const begin = async () => {
      sessionId = await gateway.createSession({ title: 'Watched' });
      await gateway.send({ sessionId, prompt: 'Hi' });
    };

    for await (const event of clientOf(gateway.url).watch('viewer', { onOpen: () => void begin() })) {
      if (!('session' in event) || event.session?.title !== 'Watched') continue;
      const { id } = event.session;
      seen.push(event.__typename);
      if (event.__typename !== 'RunEnded') continue;
      expect(id).toBe(sessionId);
      break;
    }

    expect(seen).toEqual(['SessionCreated', 'RunStarted', 'RunEnded']);
  });
});
