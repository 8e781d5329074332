import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { chat, collect, follow, type SeenRunEvent } from '../support/gateway/chat.ts';
import { createGate, reasoning, text, toolCall } from '../support/model/turn.ts';
import type { GatewayProcess } from '../support/process/gateway-process.ts';
import { type ScriptedProcess, startScriptedProcess } from '../support/process/scripted-process.ts';

describe('after a gateway was killed before any checkpoint of two answers', () => {
  let victim: ScriptedProcess;
  let gateway: GatewayProcess;
  /** The chat whose follower has seen the last text. */
  let words: { sessionId: string; prompt: string; requestId: string };
  let last: SeenRunEvent | undefined;

  beforeAll(async () => {
    victim = await startScriptedProcess({ CHECKPOINT_MS: '600000' });
    const { model } = victim;
    model.script([text('Words ', 'in ', 'the ', 'wind'), createGate()]);
    words = { sessionId: await victim.createSession(), prompt: 'Say something.', requestId: 'alice-1' };
    for await (const event of chat(victim.client(), words)) {
      last = event;
      if (event.text?.endsWith('wind')) break;
    }
    model.script(
      [reasoning('I must read.'), text('Reading.'), toolCall('a', 'read', { n: 1 })],
      [createGate()],
    );
    await victim.send({ sessionId: await victim.createSession(), prompt: 'Read it.' });
    await model.request(2);
    victim.kill('SIGKILL');
    await victim.exited;
    model.script([text('Nothing in it.')]);
    gateway = await victim.restart();
  });

  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    await victim[Symbol.asyncDispose]();
  });

  test('a follower that has seen more of an answer than was saved is told what was saved', async () => {
    for (const events of [
      await collect(follow(gateway.client(), last?.runId ?? '', last?.seq)),
      await collect(chat(gateway.client(), words, last?.seq)),
    ]) {
      expect(events).toMatchObject([
        { __typename: 'HistoryGap', fromSeq: (last?.seq ?? 0) + 1 },
        { __typename: 'RunFailed', code: 'INTERRUPTED', message: { content: '', status: 'INTERRUPTED' } },
      ]);
      expect(events[1]?.['usage'].measured).toBe(false);
    }
    const asked = victim.model.requests.filter(({ body }) => JSON.stringify(body).includes(words.prompt));
    expect(asked).toHaveLength(1);
  });

  test('the model is shown again what it had reasoned before its tool call, because its next step begins again', async () => {
    const { model } = victim;
    expect((await model.request(3)).body['messages']).toMatchObject([
      { role: 'user', content: 'Read it.' },
      {
        role: 'assistant',
        content: 'Reading.',
        reasoning_content: 'I must read.',
        tool_calls: [{ id: 'a' }],
      },
      { role: 'tool', tool_call_id: 'a' },
    ]);
  });
});
