import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ToolOutcome } from '../../../src/tools/tool-runner.ts';
import { collect, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import type { TestGateway } from '../../support/gateway/gateway.ts';
import type { GraphQLAnswer } from '../../support/gateway/gateway-api.ts';
import type { SettingFormat } from '../../support/gateway/model-gateway.ts';
import { startToolGateway, type ToolGateway } from '../../support/gateway/tool-chat.ts';
import { createTools, type ToolPlay } from '../../support/gateway/tool-double.ts';
import { text, toolCall } from '../../support/model/turn.ts';

const cancelRun = `mutation ($runId: ID!) { cancelRun(input: { runId: $runId }) {
  cancelled message { status content } toolCalls { callId status result stopped }
} }`;

const ending = `subscription ($runId: ID!, $after: Int) { runEvents(runId: $runId, after: $after) {
  __typename ... on RunCancelled { toolCalls { callId name status result stopped } }
} }`;

let shared: ToolGateway;

beforeAll(async () => {
  shared = await startToolGateway();
});

afterAll(() => shared?.[Symbol.asyncDispose]());

/** How the run ended, with its tool calls. */
async function endOf(gateway: TestGateway, runId: string) {
  const operation = { query: ending, variables: { runId } };
  let last: GraphQLAnswer['data'];
  for await (const result of gateway.client().iterate(operation)) last = result.data;
  return last.runEvents;
}

/** A tool that works until it is told to stop, and then does what the test says. */
function worksUntil(stopped: (play: ToolPlay) => string | ToolOutcome) {
  return async (play: ToolPlay) => {
    await play.print('working');
    await new Promise((resolve) => play.signal.addEventListener('abort', resolve, { once: true }));
    return stopped(play);
  };
}

const tools = createTools({
  quick: () => 'quick is done',
  throws: worksUntil(({ signal }) => {
    throw signal.reason;
  }),
  reports: worksUntil(() => ({ status: 'CANCELLED', result: 'stopped at line 7', stopped: true })),
  finishes: worksUntil(() => 'just made it'),
  goesOn: () => new Promise<string>(() => {}),
});

describe.each<SettingFormat>(['openai', 'anthropic'])('with a model of %s', (format) => {
  test('cancelling during tool calls stops every tool, says how each one ended, and keeps the partial answer', async () => {
    const names = ['quick', 'throws', 'reports', 'finishes'];
    shared.model.script([text('On it. '), ...names.map((name) => toolCall(name, name, {}))]);
    const session = await shared.createChat(format, tools);

    const seen: SeenRunEvent[] = [];
    let receipt: GraphQLAnswer['data'];
    for await (const event of session.chat('Work')) {
      seen.push(event);
      const working = seen.filter(({ __typename }) => __typename === 'ToolOutputDelta').length;
      const quickIsDone = seen.some(({ __typename }) => __typename === 'ToolCallFinished');
      if (working === 3 && quickIsDone && !receipt) {
        receipt = (await shared.gateway.graphql(cancelRun, { runId: event.runId })).data.cancelRun;
      }
    }

    const toolCalls = [
      { callId: 'quick', status: 'SUCCEEDED', result: 'quick is done', stopped: null },
      { callId: 'throws', status: 'CANCELLED', result: 'Cancelled.', stopped: false },
      { callId: 'reports', status: 'CANCELLED', result: 'stopped at line 7', stopped: true },
      { callId: 'finishes', status: 'SUCCEEDED', result: 'just made it', stopped: null },
    ];
    expect(receipt).toEqual({
      cancelled: true,
      message: { status: 'CANCELLED', content: 'On it. ' },
      toolCalls,
    });
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCancelled', message: { status: 'CANCELLED' } });
    expect(seen.filter(({ __typename }) => __typename === 'ToolCallFinished')).toHaveLength(4);
    expect(await endOf(shared.gateway, seen[0]?.runId ?? '')).toMatchObject({
      __typename: 'RunCancelled',
      toolCalls,
    });
    expect(session.requests()).toHaveLength(1);
  });

  test('a session goes on after a run was cancelled, and the model is told which tool call was stopped', async () => {
    shared.model.script([toolCall('a', 'throws', {})]);
    const session = await shared.createChat(format, tools);
    for await (const { __typename, runId } of session.chat('Work')) {
      if (__typename === 'ToolOutputDelta') await shared.gateway.graphql(cancelRun, { runId });
    }
    shared.model.script([text('You stopped me.')]);
    const seen = await collect(session.chat('What happened?'));
    expect(seen.at(-1)).toMatchObject({
      __typename: 'RunCompleted',
      message: { content: 'You stopped me.' },
    });
    expect(JSON.stringify(session.requests()[1]?.body)).toContain('Cancelled.');
  });
});

test('cancelling does not wait forever for a tool that does not stop', async () => {
  await using other = await startToolGateway({ CANCEL_CONFIRM_MS: '100' });
  const { gateway, model } = other;
  const session = await other.createChat('openai', tools);
  model.script([text('On it. '), toolCall('call-1', 'goesOn', {})]);
  const seen = await until(session.chat('Work'), 'ToolCallStarted');
  const runId = seen.at(-1)?.runId ?? '';

  const { data } = await gateway.graphql(cancelRun, { runId });

  expect(data.cancelRun).toEqual({
    cancelled: true,
    message: { status: 'CANCELLED', content: 'On it. ' },
    toolCalls: [
      {
        callId: 'call-1',
        status: 'CANCELLED',
        result: 'Cancelled, but the tool did not stop.',
        stopped: false,
      },
    ],
  });
  expect(await endOf(gateway, runId)).toMatchObject({ __typename: 'RunCancelled' });
});
