import { describe, expect, test } from 'vitest';
import { chat, collect, follow, runEventsDocument, textOf, until } from '../../support/gateway/chat.ts';
import { createCountingBus, createDeafBus } from '../../support/gateway/counting-bus.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { subscribeStalling } from '../../support/http/stalling-client.ts';
import { createGate, silence, text } from '../../support/model/turn.ts';

/** 8 MB: much more than the buffers of a socket hold. */
const longAnswer = Array.from({ length: 8_000 }, (_, n) => `${n} ${'x'.repeat(1_000)} `);

const bus = createCountingBus();
const shared = shareScriptedGateway({ bus, settings: { MAX_ANSWER_BYTES: '16000000' } });

describe('followers', () => {
  test('a follower that stops reading delays no other follower, and gets every character when it continues', async () => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Begin. '), gate, text(...longAnswer)]);
    const sessionId = await gateway.createSession();
    const live = chat(gateway.client(), { sessionId, prompt: 'A long one, please.' });
    const runId = (await live.next()).value?.runId ?? '';
    const stalled = await subscribeStalling(gateway.url, { query: runEventsDocument, variables: { runId } });
    stalled.stall();
    gate.release();

    const read = await collect(live);
    const all = `Begin. ${longAnswer.join('')}`;
    expect(textOf(read)).toBe(all);

    const late = (await stalled.readAll()).map(({ data }) => data.runEvents);
    expect(textOf(late)).toBe(all);
    expect(late.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
    expect(late.length).toBeLessThan(longAnswer.length / 2);
    const seqs = late.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  });

  test.each([
    ['a distinct connection', { singleConnection: false }],
    ['a single connection', { singleConnection: true }],
  ])('a follower that closes %s is removed from the bus, and the run continues', async (_name, options) => {
    const gateway = shared();
    const gate = createGate();
    gateway.model.script([text('Half'), gate, text(' and half')]);
    const sessionId = await gateway.createSession();
    const client = gateway.client(options);

    const seen = await until(chat(client, { sessionId, prompt: 'Hi' }), 'TextDelta');
    client.dispose();

    await expect.poll(() => bus.listeners).toBe(0);
    gate.release();
    const rest = await collect(follow(gateway.client(), seen[0]?.runId ?? '', seen.at(-1)?.seq));
    expect(textOf(seen) + textOf(rest)).toBe('Half and half');
  });

  test('a follower over plain SSE at /graphql sees the same run events, and is removed from the bus when it leaves', async () => {
    const gateway = shared();
    gateway.model.script([text('Over ', 'Yoga')], [text('Half'), silence()]);
    const sessionId = await gateway.createSession();
    const query = `subscription ($input: ChatInput!) { chat(input: $input) { __typename ... on TextDelta { text } } }`;
    const leave = new AbortController();
    const subscribe = (prompt: string) =>
      fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query, variables: { input: { sessionId, prompt } } }),
        signal: leave.signal,
      });

    const answer = await (await subscribe('Hi')).text();
    const texts = [...answer.matchAll(/"text":"([^"]*)"/g)].map(([, piece]) => piece);
    expect(texts.join('')).toBe('Over Yoga');
    expect(answer).toContain('RunCompleted');
    expect(answer).toMatch(/event: complete/);

    const reader = (await subscribe('Hi again')).body?.getReader();
    await reader?.read();
    await expect.poll(() => bus.listeners).toBe(1);
    leave.abort();
    await expect.poll(() => bus.listeners).toBe(0);
  });

  test('a follower misses no run event when every ring is lost', async () => {
    await using gateway = await startTestGateway({ bus: createDeafBus() });
    const sessionId = await gateway.createSession();

    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Count to 30.' }));

    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
    expect(textOf(seen)).toBe(seen.at(-1)?.['message'].content);
  });
});
