import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCountingBus } from '../support/gateway/counting-bus.ts';
import { type ScriptedGateway, startScriptedGateway } from '../support/gateway/scripted-gateway.ts';
import { createGate, text } from '../support/model/turn.ts';
import { startCountingProxy } from './counting-proxy.ts';
import { transports } from './transports.ts';

const bus = createCountingBus();
let gateway: ScriptedGateway;
beforeAll(async () => {
  gateway = await startScriptedGateway({ bus });
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe.each(transports)('%s', (_name, clientOf) => {
  test('a client keeps no connection and no listener of what it has done with one signal', async () => {
    await using proxy = await startCountingProxy(gateway.url);
    const client = clientOf(proxy.url);
    const { signal } = new AbortController();
    const rounds = 5;
    for (let round = 0; round < rounds; round += 1) {
      const gate = createGate();
      gateway.model.script([text('Half'), gate, text(' and half')]);
      const sessionId = await gateway.createSession();
      const chat = client.chat(sessionId, 'Hi', { signal });
      for await (const event of chat) if (event.__typename === 'TextDelta') break;
      gate.release();
      await chat.result;
      const renamed = () =>
        gateway.query('mutation ($id: ID!) { updateSession(id: $id, input: { title: "New" }) { id } }', {
          id: sessionId,
        });
      for await (const _ of client.watch(sessionId, { signal, onOpen: () => void renamed() })) break;
      await client.query('{ __typename }', {}, { signal });
    }

    await expect.poll(() => bus.listeners).toBe(0);
    await expect.poll(() => proxy.openStreams()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
