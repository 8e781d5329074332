import { afterAll, beforeAll, expect, test } from 'vitest';
import { chat, follow, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { answerCall, collectAnswering, locate, receiptOf } from '../../support/gateway/client-tools.ts';
import { openScriptedCluster, type ScriptedCluster } from '../../support/gateway/cluster.ts';
import { text, toolCall } from '../../support/model/turn.ts';
import { describeWithServers } from '../../support/process/servers.ts';

const calls = toolCall('l', 'get_location', { precision: 'city' });
const input = { prompt: 'Go', tools: [locate], askUser: true };

describeWithServers('a run that waits for a client', () => {
  let cluster: ScriptedCluster;
  beforeAll(async () => {
    cluster = await openScriptedCluster();
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  test('goes on when a device answers on another gateway; of two gateways one answer counts', async () => {
    await using owner = await cluster.start({});
    await using other = await cluster.start({});
    cluster.model.script([calls], [text('Hello.')]);
    const sessionId = await owner.createSession();
    const receipts: string[] = [];
    const seen = await collectAnswering(chat(owner.client(), { sessionId, ...input }), async (asked) => {
      const answers = [
        answerCall(other, asked, { result: 'Lisbon' }),
        answerCall(owner, asked, { result: 'Porto' }),
      ];
      receipts.push(...(await Promise.all(answers)).map(receiptOf));
    });
    const [{ result }] = seen.at(-1)?.['message']?.toolCalls ?? [{}];
    expect(receipts.filter((receipt) => receipt === `SUCCEEDED: ${result}`)).toHaveLength(1);
    expect(receipts.filter((receipt) => receipt.startsWith('CONFLICT'))).toHaveLength(1);
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Hello.' } });
  });

  test('goes on through another gateway when its own one stops, with its tools', async () => {
    await using owner = await cluster.start({});
    await using other = await cluster.start({});
    cluster.model.script(
      [text('Let me. '), calls],
      [toolCall('m', 'get_location', { precision: 'street' })],
      [text('Hello.')],
    );
    const sessionId = await owner.createSession();
    const asked = (await until(chat(owner.client(), { sessionId, ...input }), 'ClientToolRequested')).at(
      -1,
    ) as SeenRunEvent;
    await owner[Symbol.asyncDispose]();
    expect(receiptOf(await answerCall(other, asked, { result: 'Lisbon' }))).toBe('SUCCEEDED: Lisbon');

    const seen = await collectAnswering(follow(other.client(), asked.runId, asked.seq), (next) =>
      answerCall(other, next, { result: 'Rua Augusta' }),
    );
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      message: {
        content: 'Let me. \n\nHello.',
        toolCalls: [
          { callId: 'l', status: 'SUCCEEDED', result: 'Lisbon' },
          { callId: 'm', status: 'SUCCEEDED', result: 'Rua Augusta' },
        ],
      },
    });
  });
});
