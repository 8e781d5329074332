import { expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { startTestGateway } from '../../support/gateway/gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';

test('the demo model runs a command that a prompt asks for and shows its result', async () => {
  const tools = createTools({
    async run_command({ print }) {
      await print('Linux\n');
      return 'Linux\n';
    },
  });
  await using gateway = await startTestGateway({ tools });
  const sessionId = await gateway.createSession();

  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'run `uname`' }));

  const steps = seen.map(({ __typename }) => __typename);
  expect(steps.filter((step, index) => step !== steps[index - 1])).toEqual([
    'RunStarted',
    ...['ReasoningDelta', 'UsageReported'],
    ...['ToolCallStarted', 'ToolOutputDelta', 'ToolCallFinished'],
    ...['ReasoningDelta', 'TextDelta', 'UsageReported'],
    'RunCompleted',
  ]);
  expect(tools.requests).toMatchObject([{ name: 'run_command', args: { command: 'uname' } }]);
  expect(seen.at(-1)?.['message']).toMatchObject({
    content: 'The result:\n\n```\nLinux\n```',
    toolCalls: [{ name: 'run_command', status: 'SUCCEEDED', result: 'Linux\n' }],
  });
});
