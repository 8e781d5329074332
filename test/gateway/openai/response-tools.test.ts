import type { FunctionTool, ResponseInput, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { describe, expect, test } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { scripted as model, openAiClient, postOpenAi } from '../../support/gateway/openai-client.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { text, toolCall, usage } from '../../support/model/turn.ts';

const shared = shareScriptedGateway({
  tools: createTools({ read: () => 'the content' }),
  settings: { MODEL_MAX_RETRIES: '0' },
});

const tools: FunctionTool[] = [
  {
    type: 'function',
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    strict: false,
  },
];
const rome = toolCall('w1', 'get_weather', { city: 'Rome' });
const oslo = toolCall('w2', 'get_weather', { city: 'Oslo' });
const client = () => openAiClient(shared());
const output = (call_id: string, given: string) => ({
  type: 'function_call_output' as const,
  call_id,
  output: given,
});
const callIdsOf = ({ output: items }: { output: { type: string; call_id?: string | null }[] }) =>
  items.flatMap((item) => (item.type === 'function_call' ? (item.call_id ?? '') : []));

describe('function tools of a client of Responses', () => {
  test('a response ends with the calls, and the next one goes on with their results', async () => {
    const gateway = shared();
    gateway.model.script(
      [text('I look.'), rome, oslo, usage({ input: 3, output: 5 })],
      [text('And?'), rome2()],
      [text('Fine.'), usage({ input: 7, output: 1 })],
      [text('Bye.')],
    );
    const first = await client().responses.create({ model, input: 'Weather?', tools });
    const run = first.id.replace('resp_', '');
    expect(first).toMatchObject({
      status: 'completed',
      output: [
        { id: `msg_${run}_0`, type: 'message', content: [{ text: 'I look.' }] },
        { id: `fc_${run}_1`, type: 'function_call', name: 'get_weather', arguments: '{"city":"Rome"}' },
        { id: `fc_${run}_2`, type: 'function_call', name: 'get_weather', arguments: '{"city":"Oslo"}' },
      ],
      usage: { input_tokens: 3, output_tokens: 5 },
      tools: [{ name: 'get_weather' }],
    });
    const [a = '', b = ''] = callIdsOf(first);
    const second = await client().responses.create({
      model,
      tools,
      previous_response_id: first.id,
      input: [output(b, 'cold'), output(a, 'warm')],
    });
    expect(second).toMatchObject({
      id: `resp_${run}_1`,
      previous_response_id: first.id,
      output: [{ id: `msg_${run}_1_0`, content: [{ text: 'And?' }] }, { type: 'function_call' }],
    });
    const [again = ''] = callIdsOf(second);
    const third = await client().responses.create({
      model,
      tools,
      previous_response_id: second.id,
      input: [output(again, 'mild')],
    });
    expect(third).toMatchObject({ id: `resp_${run}_2`, output_text: 'Fine.', usage: { input_tokens: 7 } });
    const last = await client().responses.create({ model, input: 'Bye', previous_response_id: third.id });
    expect(last.output_text).toBe('Bye.');
    // Each of them can be fetched.
    for (const response of [first, second, third]) {
      const { output: items, status, id } = await client().responses.retrieve(response.id);
      expect({ items, status, id }).toEqual({
        items: response.output,
        status: 'completed',
        id: response.id,
      });
    }
    const items = await client().responses.inputItems.list(second.id);
    expect(items.data).toMatchObject([
      { type: 'function_call_output', call_id: a, output: 'warm' },
      { type: 'function_call_output', call_id: b, output: 'cold' },
    ]);
    await expect(client().responses.retrieve(`resp_${run}_9`)).rejects.toMatchObject({ status: 404 });
  });

  test('the stream has the events of OpenAI, also when it is read again, behind the calls too', async () => {
    const gateway = shared();
    gateway.model.script([toolCall('r1', 'read', {}), rome], [text('Fine.')]);
    const events = await collect(
      await client().responses.create({ model, input: 'Go', tools, stream: true }),
    );
    const types = events.map(({ type }) => type.replace('response.', ''));
    const call = [
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
    ];
    expect(types.filter((type) => call.includes(type) && !type.startsWith('output'))).toEqual([
      'function_call_arguments.delta',
      'function_call_arguments.done',
    ]);
    expect(types.at(-1)).toBe('completed');
    const numbers = events.map((event) => event.sequence_number);
    expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
    const id = idOf(events);
    const [callId = ''] = callIdsOf(endOf(events));
    const next = await collect(
      await client().responses.create({
        model,
        tools,
        stream: true,
        previous_response_id: id,
        input: [output(callId, 'sunny')],
      }),
    );
    expect(endOf(next)).toMatchObject({ id: `${id}_1`, output: [{ content: [{ text: 'Fine.' }] }] });
    // The run has gone on, and the first response still ends with its calls.
    for (const [asked, told] of [
      [id, events],
      [`${id}_1`, next],
    ] as const) {
      const replayed = await collect(await client().responses.retrieve(asked, { stream: true }));
      expect(endOf(replayed)).toEqual({
        ...endOf(told),
        tools: [],
        previous_response_id: expect.toBeOneOf([id, null]),
      });
      const middle = replayed[2]?.sequence_number ?? 0;
      const rest = await collect(
        await client().responses.retrieve(asked, { stream: true, starting_after: middle }),
      );
      expect(rest).toEqual(replayed.filter((event) => event.sequence_number > middle));
    }
  });

  test('a client that keeps the history itself sends the calls back with their results', async () => {
    const gateway = shared();
    gateway.model.script([text('I look.'), rome], [text('Fine.')], [text('Elsewhere.')]);
    const input: ResponseInput = [{ role: 'user', content: 'Stateless' }];
    const first = await client().responses.create({ model, input, tools });
    const [callId = ''] = callIdsOf(first);
    const items = [...input, ...(first.output as ResponseInput), output(callId, 'sunny')];
    const second = await client().responses.create({ model, input: items, tools });
    expect(second).toMatchObject({ id: `${first.id}_1`, output_text: 'Fine.' });
    // With another history the model is told what the client says.
    const other = await client().responses.create({
      model,
      tools,
      input: [{ role: 'user', content: 'Other' }, ...items.slice(1)],
    });
    expect(other).toMatchObject({ output_text: 'Elsewhere.' });
    expect(other.conversation).not.toEqual(first.conversation);
    expect(JSON.stringify(gateway.model.requests.at(-1)?.body['messages'])).toContain('sunny');
  });

  test('results go to a conversation, too, and to no other one', async () => {
    const gateway = shared();
    gateway.model.script([rome], [text('Fine.')]);
    const { id: conversation } = await client().conversations.create();
    const { id: wrong } = await client().conversations.create();
    const first = await client().responses.create({ model, input: 'Go', tools, conversation });
    const input = [output(callIdsOf(first)[0] ?? '', 'sunny')];
    const elsewhere = client().responses.create({ model, input, conversation: wrong });
    await expect(elsewhere).rejects.toMatchObject({ status: 400, param: 'input[0].call_id' });
    const second = await client().responses.create({ model, input, conversation });
    expect(second.output_text).toBe('Fine.');
  });

  test('results that are missing, unknown, repeated or different are refused, and the same ones are not', async () => {
    const gateway = shared();
    gateway.model.script([rome, oslo], [text('Fine.')]);
    const { id, ...first } = await client().responses.create({ model, input: 'Go', tools });
    const [a = '', b = ''] = callIdsOf(first);
    const send = (...input: ResponseInput) =>
      client().responses.create({ model, tools, previous_response_id: id, input });
    const refused = async (input: ResponseInput, expected: object) =>
      expect(send(...input)).rejects.toMatchObject(expected);
    await refused([output(a, 'warm')], { status: 400, message: expect.stringContaining(b) });
    await refused([output(a, 'warm'), output(a, 'warm')], { status: 400, param: 'input[1].call_id' });
    await refused([output(a, '1'), output(b, '2'), output('call_x', '3')], {
      status: 400,
      param: 'input[2].call_id',
    });
    await refused([output(a, '1'), { role: 'user', content: 'And?' }], { status: 400, param: 'input' });
    await refused([{ role: 'user', content: 'Never mind' }], {
      status: 400,
      message: expect.stringContaining(`No tool output found for function call ${a}`),
    });
    await refused([output(a, 'x'.repeat(40_000)), output(b, 'cold')], { status: 413 });
    const results = [output(a, 'warm'), output(b, 'cold')];
    const answers = await Promise.all([send(...results), send(...results)]);
    expect(answers.map(({ output_text }) => output_text)).toEqual(['Fine.', 'Fine.']);
    await refused([output(a, 'hot'), output(b, 'cold')], { status: 409, code: 'conflict' });
    expect(gateway.model.requests).toHaveLength(2);
  });

  test('tools that the gateway does not have, and choices that it cannot make, are refused', async () => {
    const refused = async (more: object) => {
      const response = await postOpenAi(shared(), '/responses', { model, input: 'Hi', tools, ...more });
      const { error } = (await response.json()) as { error: { param: string } };
      return [response.status, error.param];
    };
    expect(await refused({ tools: [{ type: 'web_search' }] })).toEqual([400, 'tools[0].type']);
    expect(await refused({ tools: [{ type: 'function' }] })).toEqual([400, 'tools[0]']);
    expect(await refused({ tool_choice: { type: 'function', name: 'get_weather' } })).toEqual([
      400,
      'tool_choice',
    ]);
    const dangling = [{ type: 'function_call_output', call_id: 'c', output: '1' }];
    expect(await refused({ input: [{ role: 'user', content: 'Hi' }, ...dangling] })).toEqual([
      400,
      'input[1].call_id',
    ]);
    expect(await refused({ input: [{ type: 'function_call', call_id: 'c' }] })).toEqual([
      400,
      'input[0].name',
    ]);
  });

  test('with store: false the session stays until the answer has ended', async () => {
    const gateway = shared();
    gateway.model.script([rome], [text('Secret.')]);
    const input: ResponseInput = [{ role: 'user', content: 'Whisper' }];
    const first = await client().responses.create({ model, input, tools, store: false });
    const items = [...input, ...(first.output as ResponseInput), output(callIdsOf(first)[0] ?? '', 'x')];
    const second = await client().responses.create({ model, input: items, tools, store: false });
    expect(second.output_text).toBe('Secret.');
    await expect(client().responses.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
  });

  test('with store: false a session that its client has left is deleted when its run has ended, and not before', async () => {
    const gateway = shared();
    const { sessions, database } = gateway.services;
    const log = createLog({ level: 'silent', format: 'json' });
    const sweep = async () => sessions.sweepUnstored(log)[Symbol.asyncDispose]();
    gateway.model.script([rome]);
    const { id } = await client().responses.create({ model, input: 'Whisper', tools, store: false });
    const run = await database.run.findUniqueOrThrow({ where: { id: Number(id.split('_')[1]) } });
    const ofRun = { where: { id: run.sessionId } };
    const isGone = async () => (await database.session.findFirst(ofRun))?.deletedAt !== null;
    await database.session.update({ ...ofRun, data: { lastActivityAt: new Date(Date.now() - 3_600_000) } });
    await sweep();
    expect(await isGone()).toBe(false);

    await client().responses.cancel(id);
    await sweep();
    expect(await isGone()).toBe(false);
    await database.session.update({ ...ofRun, data: { lastActivityAt: new Date(Date.now() - 3_600_000) } });
    await sweep();
    expect(await isGone()).toBe(true);
  });
});

function rome2() {
  return toolCall('w3', 'get_weather', { city: 'Rome' });
}

async function collect(stream: AsyncIterable<ResponseStreamEvent>): Promise<ResponseStreamEvent[]> {
  const events: ResponseStreamEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

function endOf(events: ResponseStreamEvent[]) {
  const last = events.at(-1);
  if (last?.type !== 'response.completed') throw new Error(`It ended with ${last?.type}.`);
  return last.response;
}

function idOf(events: ResponseStreamEvent[]): string {
  return endOf(events).id;
}
