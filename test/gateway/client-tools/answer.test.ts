import { expect, test } from 'vitest';
import { chat, collect, type SeenRunEvent, until } from '../../support/gateway/chat.ts';
import { answerCall, collectAnswering, locate, receiptOf } from '../../support/gateway/client-tools.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createGuardedTools, toolCallsOf } from '../../support/gateway/tool-approval.ts';
import { beginWatch, watch } from '../../support/gateway/watch.ts';
import { createGate, text, toolCall } from '../../support/model/turn.ts';

const shared = shareScriptedGateway({ tools: createGuardedTools() });
const openHasty = shareScriptedGateway({
  tools: createGuardedTools(),
  settings: { CLIENT_TOOL_TIMEOUT_MS: '100', MAX_TOOL_OUTPUT_BYTES: '1024' },
});

const calls = toolCall('l', 'get_location', { precision: 'city' });
const question = { question: 'Which size?', schema: { type: 'string', enum: ['S', 'M'] } };
const asks = toolCall('q', 'ask_user', question);
const storedCalls = `query ($id: ID!) { run(id: $id) { session { status } assistantMessage { toolCalls {
  callId name args status result byClient answeredBy decidedBy answerExpiresAt approvalExpiresAt nodeId durationMs
} } } }`;

async function open(gateway = shared()) {
  const sessionId = await gateway.createSession();
  const { model } = gateway;
  const ask = (more: object = {}) =>
    chat(gateway.client(), { sessionId, prompt: 'Go', tools: [locate], askUser: true, ...more });
  return { gateway, model, sessionId, ask };
}

const namesOf = (seen: SeenRunEvent[]) => seen.map(({ __typename }) => __typename);

test('a tool of the frontend is run by a client, whose result the model is told', async () => {
  const { gateway, model, ask } = await open();
  model.script([text('Let me see. '), calls], [text('You are in Lisbon.')]);
  const before = model.requests.length;
  const seen = await collectAnswering(ask(), async (asked) => {
    expect(asked).toMatchObject({ callId: 'l', name: 'get_location', args: { precision: 'city' } });
    const { run } = await gateway.query(storedCalls, { id: asked.runId });
    expect(run.session.status).toBe('WAITING');
    expect(run.assistantMessage.toolCalls).toMatchObject([
      {
        status: 'AWAITING_CLIENT',
        byClient: true,
        answerExpiresAt: asked['expiresAt'],
        approvalExpiresAt: null,
        nodeId: null,
      },
    ]);
    expect(receiptOf(await answerCall(gateway, asked, { result: { city: 'Lisbon' } }))).toBe(
      'SUCCEEDED: {"city":"Lisbon"}',
    );
  });
  expect(namesOf(seen).filter((name) => !name.endsWith('Delta') && name !== 'UsageReported')).toEqual([
    'RunStarted',
    'ToolCallStarted',
    'ClientToolRequested',
    'ToolCallFinished',
    'RunCompleted',
  ]);
  const [first, second] = model.requests.slice(before);
  expect(first?.body['tools']).toMatchObject(
    ['read', 'write', 'get_location', 'ask_user'].map((name) => ({ function: { name } })),
  );
  expect(first?.body).toMatchObject({
    tools: expect.arrayContaining([
      {
        type: 'function',
        function: { name: locate.name, description: locate.description, parameters: locate.inputSchema },
      },
    ]),
  });
  expect(second?.body['messages']).toMatchObject([
    { role: 'user' },
    { role: 'assistant', tool_calls: [{ id: 'l' }] },
    { role: 'tool', tool_call_id: 'l', content: '{"city":"Lisbon"}' },
  ]);
  const { run } = await gateway.query(storedCalls, { id: seen[0]?.runId });
  expect(run.assistantMessage.toolCalls).toMatchObject([
    { status: 'SUCCEEDED', result: '{"city":"Lisbon"}', answeredBy: 'anonymous', decidedBy: null },
  ]);
});

test.each([
  [{ result: 'in Lisbon' }, 'in Lisbon'],
  [{ result: null }, 'null'],
  [{ result: 12.5 }, '12.5'],
  [{ result: false }, 'false'],
  [{ result: ['a', { b: 1 }] }, '["a",{"b":1}]'],
  [{ result: '' }, ''],
  [{ result: 'bell\u0007 \u202E nul\u0000 half\uD800' }, 'bell\u0007 \u202E nul\uFFFD half\uFFFD'],
])('the result %j is told to the model as %j', async (said, told) => {
  const { gateway, model, ask } = await open();
  model.script([calls], [text('Thanks.')]);
  const seen = await collectAnswering(ask(), (asked) => answerCall(gateway, asked, said));
  expect(seen.find(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject({
    status: 'SUCCEEDED',
    result: told,
    errorCode: null,
  });
  expect(seen.at(-1)?.__typename).toBe('RunCompleted');
});

test('a client that cannot run the tool says why, and the run continues', async () => {
  const { gateway, model, ask } = await open();
  model.script([calls], [text('Never mind.')]);
  const before = model.requests.length;
  const seen = await collectAnswering(ask(), (asked) =>
    answerCall(gateway, asked, { error: 'No permission.' }),
  );
  expect(seen.find(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject({
    status: 'FAILED',
    result: 'No permission.',
    errorCode: 'FAILED',
  });
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Never mind.' } });
  expect(JSON.stringify(model.requests[before + 1]?.body['messages'])).toContain('No permission.');
});

test('an answer to a question must match its schema, and the client is told what is wrong', async () => {
  const { gateway, model, ask } = await open();
  model.script([asks], [text('Size M it is.')]);
  const refused: string[] = [];
  const seen = await collectAnswering(ask(), async (asked) => {
    expect(asked).toMatchObject({ name: 'ask_user', args: question });
    for (const result of ['XL', 3, null, { size: 'M' }]) {
      const { errors } = await answerCall(gateway, asked, { result });
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'result' });
      refused.push(errors?.[0]?.message ?? '');
    }
    expect(receiptOf(await answerCall(gateway, asked, { result: 'M' }))).toBe('SUCCEEDED: M');
  });
  expect(refused[0]).toBe(
    'result: expected what the question asks for. Instance does not match any of ["S","M"].',
  );
  expect(refused[1]).toContain('Expected "string"');
  expect(seen.at(-1)?.__typename).toBe('RunCompleted');
});

test('the user may also leave a question open, with a reason', async () => {
  const { gateway, model, ask } = await open();
  model.script([asks], [text('Fine.')]);
  const seen = await collectAnswering(ask(), (asked) => answerCall(gateway, asked, { error: 'Not now.' }));
  expect(seen.at(-1)?.['message'].toolCalls).toMatchObject([{ status: 'FAILED', result: 'Not now.' }]);
});

test('of two devices that answer, the first counts; the same answer again is fine, another one is refused', async () => {
  const { gateway, model, ask } = await open();
  model.script([asks], [text('Done.')]);
  const receipts: string[] = [];
  const seen = await collectAnswering(ask(), async (asked) => {
    const raced = await Promise.all([
      answerCall(gateway, asked, { result: 'S' }),
      answerCall(gateway, asked, { result: 'M' }),
    ]);
    const [winner] = raced.filter(({ errors }) => errors === undefined);
    const again = winner?.data.toolCall.result;
    receipts.push(...raced.map(receiptOf));
    receipts.push(receiptOf(await answerCall(gateway, asked, { result: again })));
    receipts.push(receiptOf(await answerCall(gateway, asked, { error: 'Too late.' })));
  });
  const conflict = 'CONFLICT: This tool call was answered already, and the first answer counts.';
  const result = seen.find(({ __typename }) => __typename === 'ToolCallFinished')?.['result'];
  expect(['S', 'M']).toContain(result);
  expect(receipts.slice(0, 2).sort()).toEqual([conflict, `SUCCEEDED: ${result}`]);
  expect(receipts.slice(2)).toEqual([`SUCCEEDED: ${result}`, conflict]);
  expect(seen.filter(({ __typename }) => __typename === 'ToolCallFinished')).toHaveLength(1);
});

test('a call that no client answers in time fails, and a late answer is refused', async () => {
  const gateway = openHasty();
  const { model, ask } = await open(gateway);
  model.script([calls, asks], [text('Nobody there.')]);
  const seen = await collect(ask());
  expect(seen.filter(({ __typename }) => __typename === 'ToolCallFinished')).toMatchObject([
    { status: 'FAILED', errorCode: 'CLIENT_TIMEOUT', result: 'No answer came in time.' },
    { status: 'FAILED', errorCode: 'CLIENT_TIMEOUT' },
  ]);
  expect(seen.at(-1)?.__typename).toBe('RunCompleted');
  const asked = { runId: seen[0]?.runId ?? '', callId: 'q' };
  expect(receiptOf(await answerCall(gateway, asked, { result: 'M' }))).toBe(
    'CONFLICT: No answer came in time, so this tool call has failed.',
  );
});

test('a cancelled run waits for no client any more', async () => {
  const { gateway, model, ask } = await open();
  model.script([calls, asks]);
  const cancel = 'mutation ($id: ID!) { cancelRun(input: { runId: $id }) { cancelled } }';
  const seen = await collectAnswering(ask(), (asked) => gateway.query(cancel, { id: asked.runId }));
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunCancelled', cause: 'USER' });
  // A client may still run its tool. Nothing of a question runs.
  expect(await toolCallsOf(gateway, seen[0]?.runId ?? '')).toMatchObject([
    { callId: 'l', status: 'CANCELLED', stopped: false },
    { callId: 'q', status: 'CANCELLED', stopped: true },
  ]);
  const asked = { runId: seen[0]?.runId ?? '', callId: 'q' };
  expect(receiptOf(await answerCall(gateway, asked, { result: 'M' }))).toBe(
    'CONFLICT: The run was cancelled, so this tool call needs no answer.',
  );
});

test('other devices are told what waits and that it does not any more', async () => {
  const { gateway, model, ask } = await open();
  const after = await beginWatch(gateway);
  await using watching = watch(gateway, { after });
  model.script([asks], [text('Done.')]);
  await collectAnswering(ask(), (asked) => answerCall(gateway, asked, { result: 'M' }));
  const seen = await watching.until('ToolAnswerSettled');
  expect(seen.filter(({ __typename }) => __typename.startsWith('ToolAnswer'))).toMatchObject([
    {
      __typename: 'ToolAnswerRequested',
      callId: 'q',
      toolCall: { name: 'ask_user', args: question },
      expiresAt: expect.any(String),
    },
    { __typename: 'ToolAnswerSettled', callId: 'q', answered: true, toolCall: { result: 'M' } },
  ]);
});

test('calls of nodes, approvals and answers of one step do not wait for each other', async () => {
  const { gateway, model, ask } = await open();
  const gate = createGate();
  model.script([toolCall('r', 'read', {}), toolCall('w', 'write', {}), calls, asks], [gate, text('Done.')]);
  const waiting: SeenRunEvent[] = [];
  for await (const event of ask()) {
    if (/Requested$/.test(event.__typename)) waiting.push(event);
    if (waiting.length === 3) break;
  }
  const [w, l, q] = waiting as [SeenRunEvent, SeenRunEvent, SeenRunEvent];
  const approve = 'mutation ($r: ID!, $c: ID!) { approveToolCall(runId: $r, callId: $c) { status } }';
  const approved = await gateway.graphql(approve, { r: l.runId, c: 'l' });
  expect(approved.errors?.[0]?.message).toBe('This tool call needs no approval: it waits for an answer.');
  expect(receiptOf(await answerCall(gateway, w, { result: 'x' }))).toBe(
    'CONFLICT: No client runs this tool call, so it takes no answer.',
  );
  expect(receiptOf(await answerCall(gateway, q, { result: 'S' }))).toBe('SUCCEEDED: S');
  expect(receiptOf(await answerCall(gateway, l, { result: 'here' }))).toBe('SUCCEEDED: here');
  await gateway.query(approve, { r: w.runId, c: 'w' });
  await gate.reached;
  gate.release();
  expect(await toolCallsOf(gateway, w.runId)).toMatchObject(
    ['r', 'w', 'l', 'q'].map((callId) => ({ callId, status: 'SUCCEEDED' })),
  );
});

test('answers that are too large, too deep, blank, double or for nothing are refused in the name of their field', async () => {
  const { gateway, model, ask } = await open(openHasty());
  model.script([calls]);
  // The time is over soon, and what is refused is refused all the same.
  const [asked] = (await until(ask(), 'ClientToolRequested')).slice(-1) as [SeenRunEvent];
  const refusal = async (said: object, call: object = asked) => {
    const { errors } = await answerCall(gateway, { ...asked, ...call }, said);
    const { code, field } = errors?.[0]?.extensions ?? {};
    return [code, field].filter(Boolean).join(' ');
  };
  let deep: unknown = 1;
  for (let level = 0; level < 101; level += 1) deep = [deep];
  expect(await refusal({ result: 'x'.repeat(1_025) })).toBe('PAYLOAD_TOO_LARGE result');
  expect(await refusal({ result: deep })).toBe('BAD_USER_INPUT result');
  expect(await refusal({})).toBe('BAD_USER_INPUT result');
  expect(await refusal({ result: 1, error: 'No.' })).toBe('BAD_USER_INPUT error');
  expect(await refusal({ error: ' ' })).toBe('BAD_USER_INPUT error');
  expect(await refusal({ error: 'x'.repeat(4_001) })).toBe('BAD_USER_INPUT error');
  expect(await refusal({ result: 1 }, { callId: 'nope' })).toBe('NOT_FOUND');
  expect(await refusal({ result: 1 }, { runId: Buffer.from('Run:999999').toString('base64') })).toBe(
    'NOT_FOUND',
  );
});
