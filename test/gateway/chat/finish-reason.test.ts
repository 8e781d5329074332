import { expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { finish, text } from '../../support/model/turn.ts';

const shared = shareScriptedGateway();
const finishReasonOf =
  'query ($id: ID!) { run(id: $id) { status finishReason assistantMessage { content } } }';

test.each([
  ['stop', 'STOP'],
  ['length', 'LENGTH'],
  ['content-filter', 'CONTENT_FILTER'],
] as const)(
  'a run whose model stops with the reason %s has the finishReason %s',
  async (reason, finishReason) => {
    const gateway = shared();
    gateway.model.script([text('Once upon'), finish(reason)]);
    const sessionId = await gateway.createSession();

    const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'A story, please.' }));
    const { data } = await gateway.graphql(finishReasonOf, { id: seen[0]?.runId });

    expect(data.run).toEqual({
      status: 'COMPLETED',
      finishReason,
      assistantMessage: { content: 'Once upon' },
    });
  },
);
