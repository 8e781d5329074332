import { expect, test } from 'vitest';
import { chat } from '../../support/gateway/chat.ts';
import { answerCall, collectAnswering, locate, receiptOf } from '../../support/gateway/client-tools.ts';
import { adminJwt, jwtSettings, signJwt } from '../../support/gateway/jwt.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { text, toolCall } from '../../support/model/turn.ts';

const shared = shareScriptedGateway({ settings: jwtSettings });
const calls = [toolCall('l', 'get_location', { precision: 'city' })];

test('another device of the user answers, and no other user; the call names who answered', async () => {
  const gateway = shared();
  const alice = gateway.as(await signJwt({ sub: 'alice' }));
  const otherDevice = gateway.as(await signJwt({ sub: 'alice', jti: 'phone' }));
  const mallory = gateway.as(await signJwt({ sub: 'mallory' }));
  gateway.model.script(calls, [text('Hello Lisbon.')]);
  const sessionId = await alice.createSession();
  const input = { sessionId, prompt: 'Go', tools: [locate] };
  const receipts: string[] = [];
  const seen = await collectAnswering(chat(alice.client(), input), async (asked) => {
    const { errors } = await answerCall(mallory, asked, { result: 'Nowhere' });
    receipts.push(String(errors?.[0]?.extensions['code']));
    receipts.push(String((await answerCall(gateway, asked, { result: 1 })).errors?.[0]?.extensions['code']));
    receipts.push(receiptOf(await answerCall(otherDevice, asked, { result: 'Lisbon' })));
  });
  expect(receipts).toEqual(['NOT_FOUND', 'UNAUTHENTICATED', 'SUCCEEDED: Lisbon']);
  const read =
    'query ($id: ID!) { run(id: $id) { assistantMessage { toolCalls { answeredBy decidedBy } } } }';
  const { run } = await alice.query(read, { id: seen[0]?.runId });
  expect(run.assistantMessage.toolCalls).toEqual([{ answeredBy: 'alice', decidedBy: null }]);
});

test('an admin may answer, and is named', async () => {
  const gateway = shared();
  const alice = gateway.as(await signJwt({ sub: 'alice' }));
  const admin = gateway.as(await adminJwt('root'));
  gateway.model.script(calls, [text('Hello.')]);
  const input = { sessionId: await alice.createSession(), prompt: 'Go', tools: [locate] };
  const answered: unknown[] = [];
  await collectAnswering(chat(alice.client(), input), async (asked) => {
    const { data } = await answerCall(admin, asked, { result: 'Lisbon' });
    answered.push(data.toolCall.answeredBy);
  });
  expect(answered).toEqual(['root']);
});
