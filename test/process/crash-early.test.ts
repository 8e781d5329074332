import { expect, test } from 'vitest';
import { chat, collect, follow, type SeenRunEvent } from '../support/gateway/chat.ts';
import { createGate, reasoning, text, toolCall } from '../support/model/turn.ts';
import { startScriptedProcess } from '../support/process/scripted-process.ts';

test('a follower that has seen more of an answer than was saved before a crash is told what was saved', async () => {
  await using victim = await startScriptedProcess({ CHECKPOINT_MS: '600000' });
  victim.model.script([text('Words ', 'in ', 'the ', 'wind'), createGate()]);
  const sessionId = await victim.createSession();
  const input = { sessionId, prompt: 'Say something.', requestId: 'alice-1' };
  let last: SeenRunEvent | undefined;
  for await (const event of chat(victim.client(), input)) {
    last = event;
    if (event.text === 'wind') break;
  }
  victim.kill('SIGKILL');
  await victim.exited;

  await using gateway = await victim.restart();
  for (const events of [
    await collect(follow(gateway.client(), last?.runId ?? '', last?.seq)),
    await collect(chat(gateway.client(), input, last?.seq)),
  ]) {
    expect(events).toMatchObject([
      { __typename: 'HistoryGap', fromSeq: (last?.seq ?? 0) + 1 },
      { __typename: 'RunFailed', code: 'INTERRUPTED', message: { content: '', status: 'INTERRUPTED' } },
    ]);
    expect(events[1]?.['usage'].measured).toBe(false);
  }
  expect(victim.model.requests).toHaveLength(1);
});

test('a gateway that is killed after a tool call, before any checkpoint, shows the model its reasoning again', async () => {
  await using victim = await startScriptedProcess({ CHECKPOINT_MS: '600000' });
  const { model } = victim;
  model.script(
    [reasoning('I must read.'), text('Reading.'), toolCall('a', 'read', { n: 1 })],
    [createGate()],
  );
  const sessionId = await victim.createSession();
  await victim.send({ sessionId, prompt: 'Read it.' });
  await model.request(1);
  victim.kill('SIGKILL');
  await victim.exited;

  model.script([text('Then read it again.')]);
  await using gateway = await victim.restart();
  await collect(chat(gateway.client(), { sessionId, prompt: 'And now?' }));
  expect(model.requests[2]?.body['messages']).toMatchObject([
    { role: 'user', content: 'Read it.' },
    { role: 'assistant', content: 'Reading.', reasoning_content: 'I must read.', tool_calls: [{ id: 'a' }] },
    { role: 'tool', tool_call_id: 'a' },
    { role: 'assistant', content: '(This answer was interrupted before it was finished.)' },
    { role: 'user', content: 'And now?' },
  ]);
});
