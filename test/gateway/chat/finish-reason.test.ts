import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startScriptedGateway } from '../../support/gateway/scripted-gateway.ts';
import { finish, text } from '../../support/model/turn.ts';

const finishReasonOf =
  'query ($id: ID!) { run(id: $id) { status finishReason assistantMessage { content } } }';

describe('an answer that the model broke off', () => {
  test.each([
    ['stop', 'STOP'],
    ['length', 'LENGTH'],
    ['content-filter', 'CONTENT_FILTER'],
  ] as const)('does not pass for a whole one: %s is told as %s', async (reason, finishReason) => {
    await using gateway = await startScriptedGateway();
    gateway.model.script([text('Once upon'), finish(reason)]);
    const sessionId = await gateway.createSession();

    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'A story, please.' }));
    const { data } = await gateway.graphql(finishReasonOf, { id: seen[0]?.runId });

    expect(data.run).toEqual({
      status: 'COMPLETED',
      finishReason,
      assistantMessage: { content: 'Once upon' },
    });
  });
});
