import { expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { finish, reasoning, status, type Turn, text, toolCall, usage } from '../../support/model/turn.ts';

const tools = createTools({ look: () => 'Nothing.' });
const shared = shareScriptedGateway({ tools, settings: { MODEL_MAX_RETRIES: '0' } });

const runDocument = `query ($id: ID!) { run(id: $id) {
  status finishReason userMessage { ...end } assistantMessage { content ...end }
} } fragment end on Message { finishReason emptyReason }`;

/** The run of a prompt that the model answers with these turns. */
async function runWith(...turns: Turn[]) {
  const gateway = shared();
  gateway.model.script(...turns);
  const sessionId = await gateway.createSession();
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'A story, please.' }));
  const { data } = await gateway.graphql(runDocument, { id: seen[0]?.runId });
  return data.run;
}

test.each([
  ['stop', 'STOP'],
  ['length', 'LENGTH'],
  ['content-filter', 'CONTENT_FILTER'],
] as const)(
  'a run whose model stops with the reason %s, and its answer, have the finishReason %s',
  async (reason, finishReason) => {
    expect(await runWith([text('Once upon'), finish(reason)])).toEqual({
      status: 'COMPLETED',
      finishReason,
      userMessage: { finishReason: null, emptyReason: null },
      assistantMessage: { content: 'Once upon', finishReason, emptyReason: null },
    });
  },
);

const hidden = usage({ input: 3, output: 9, reasoning: 9 });

test.each<[string, string, string, Turn[]]>([
  ['writes nothing', 'STOP', 'NOTHING', [[finish('stop')]]],
  ['writes only blanks', 'STOP', 'NOTHING', [[text(' \n')]]],
  ['only reasons', 'STOP', 'REASONING_ONLY', [[reasoning('Hm.')]]],
  ['only reasons, which it hides', 'STOP', 'REASONING_ONLY', [[finish('stop'), hidden]]],
  ['reasons up to the limit', 'LENGTH', 'REASONING_TOO_LONG', [[reasoning('Hm.'), finish('length')]]],
  ['reaches the limit at once', 'LENGTH', 'LENGTH', [[finish('length')]]],
  ['is filtered', 'CONTENT_FILTER', 'CONTENT_FILTER', [[reasoning('Hm.'), finish('content-filter')]]],
  ['stops after a tool call', 'STOP', 'TOOL_CALLS_ONLY', [[toolCall('a', 'look', {})], [finish('stop')]]],
  ['is refused', 'ERROR', 'FAILED', [[status(401)]]],
])('an answer whose model %s has the finishReason %s and the emptyReason %s', async (_what, ...expected) => {
  const [finishReason, emptyReason, turns] = expected;
  const run = await runWith(...turns);
  expect(run).toMatchObject({ finishReason, assistantMessage: { finishReason, emptyReason } });
  expect(run.userMessage).toEqual({ finishReason: null, emptyReason: null });
});
