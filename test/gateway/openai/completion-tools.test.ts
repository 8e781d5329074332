import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources';
import { describe, expect, test } from 'vitest';
import { encodeId } from '../../../src/base/global-id.ts';
import { scripted as model, openAiClient, postOpenAi } from '../../support/gateway/openai-client.ts';
import { shareScriptedGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { reasoning, text, toolCall, usage } from '../../support/model/turn.ts';

const shared = shareScriptedGateway({
  tools: createTools({ read: () => 'the content' }),
  settings: { MODEL_MAX_RETRIES: '0', CLIENT_TOOL_TIMEOUT_MS: '60000' },
});

const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content });
const result = (id: string | undefined, content: string): ChatCompletionMessageParam => ({
  role: 'tool',
  tool_call_id: id ?? '',
  content,
});
const weather: ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'The weather of a city.',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    },
    strict: true,
  },
};
const tools = [weather];
const rome = toolCall('w1', 'get_weather', { city: 'Rome' });
const oslo = toolCall('w2', 'get_weather', { city: 'Oslo' });

const client = () => openAiClient(shared());
const toldTo = () => shared().model.requests.at(-1)?.body['messages'];

/** Asks with tools, and returns the message of the assistant, as the client keeps it. */
async function ask(messages: ChatCompletionMessageParam[], more: object = {}) {
  const { data, response } = await client()
    .chat.completions.create({ model, messages, tools, ...more, stream: false })
    .withResponse();
  const [choice] = data.choices;
  if (!choice) throw new Error('There is no choice.');
  return {
    id: data.id,
    usage: data.usage,
    finish: choice.finish_reason,
    message: choice.message as ChatCompletionMessageParam & { content: string | null },
    calls: choice.message.tool_calls ?? [],
    session: response.headers.get('x-session-id'),
  };
}

describe('tools of a client of Chat Completions', () => {
  test('the model is told the tools, the client gets the call, and the run goes on with its result', async () => {
    const gateway = shared();
    gateway.model.script(
      [reasoning('Hm.'), text('I look.'), rome, usage({ input: 3, output: 5, reasoning: 1 })],
      [text('Sunny.'), usage({ input: 10, output: 2 })],
      [text('Bye.')],
    );
    const messages = [user('Weather?')];
    const asked = await ask(messages);
    expect(asked).toMatchObject({
      finish: 'tool_calls',
      message: { role: 'assistant', content: 'I look.', reasoning_content: 'Hm.' },
      calls: [{ type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } }],
      usage: { prompt_tokens: 3, completion_tokens: 5 },
    });
    const [sent] = (gateway.model.requests[0]?.body['tools'] ?? []) as { function: object }[];
    expect(JSON.stringify(gateway.model.requests[0]?.body['tools'])).toContain('get_weather');
    expect(sent).toBeDefined();
    messages.push(asked.message, result(asked.calls[0]?.id, 'sunny'));
    const answered = await ask(messages);
    expect(answered).toMatchObject({
      session: asked.session,
      finish: 'stop',
      message: { content: 'Sunny.' },
      calls: [],
      usage: { prompt_tokens: 10, completion_tokens: 2 },
    });
    expect(answered.id).toBe(`${asked.id}_1`);
    expect(toldTo()).toEqual([
      user('Weather?'),
      expect.objectContaining({ role: 'assistant', content: 'I look.' }),
      { role: 'tool', tool_call_id: 'w1', content: 'sunny' },
    ]);
    // The next prompt finds the session by the whole history, calls included.
    const next = await ask([...messages, answered.message, user('Thanks')]);
    expect(next.session).toBe(asked.session);
    expect(toldTo()).toHaveLength(5);
  });

  test('the client package puts the deltas of a stream together, and a stream goes on with the results', async () => {
    const gateway = shared();
    gateway.model.script([text('Both.'), rome, oslo], [text('Warm and ', 'cold.')]);
    const runner = client().chat.completions.stream({
      model,
      messages: [user('Two')],
      tools,
      stream_options: { include_usage: true },
    });
    const { choices, usage: used } = await runner.finalChatCompletion();
    const [choice] = choices;
    expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: 'Both.' } });
    expect(used?.total_tokens).toBeGreaterThan(0);
    const calls = choice?.message.tool_calls ?? [];
    expect(calls.map((call) => call.function.arguments)).toEqual(['{"city":"Rome"}', '{"city":"Oslo"}']);
    const messages = [
      user('Two'),
      choice?.message as ChatCompletionMessageParam,
      ...calls.map((call, at) => result(call.id, at === 0 ? 'warm' : 'cold')),
    ];
    const stream = await client().chat.completions.create({ model, messages, tools, stream: true });
    let got = '';
    let reason: string | null | undefined;
    for await (const chunk of stream) {
      got += chunk.choices[0]?.delta.content ?? '';
      reason = chunk.choices[0]?.finish_reason ?? reason;
    }
    expect([got, reason]).toEqual(['Warm and cold.', 'stop']);
    expect(JSON.stringify(toldTo())).toContain('"warm"');
    expect(JSON.stringify(toldTo())).toContain('"cold"');
  });

  test('runTools of the client package calls functions in several rounds', async () => {
    const gateway = shared();
    gateway.model.script([rome], [text('And?'), oslo], [text('Done.')]);
    const cities: string[] = [];
    const runner = client().chat.completions.runTools({
      model,
      messages: [user('Rounds')],
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'The weather.',
            parameters: { type: 'object', properties: { city: { type: 'string' } } },
            parse: JSON.parse,
            function: ({ city }: { city: string }) => {
              cities.push(city);
              return `fine in ${city}`;
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('Done.');
    expect(cities).toEqual(['Rome', 'Oslo']);
    const { runs } = await runsOf(gateway);
    expect(runs).toHaveLength(1);
  });

  test('a call on a node in the same step is not shown, and has ended before the client is asked', async () => {
    const gateway = shared();
    gateway.model.script([toolCall('r1', 'read', {}), rome], [text('Done.')]);
    const messages = [user('Mixed')];
    const { calls, message } = await ask(messages);
    expect(calls).toHaveLength(1);
    const answered = await ask([...messages, message, result(calls[0]?.id, 'sunny')]);
    expect(answered.message.content).toBe('Done.');
    expect(JSON.stringify(toldTo())).toContain('the content');
  });

  test('results that come twice are answered twice, and the model is asked once', async () => {
    const gateway = shared();
    gateway.model.script([rome], [text('Sunny.')]);
    const messages = [user('Twice')];
    const { calls, message } = await ask(messages);
    messages.push(message, result(calls[0]?.id, 'sunny'));
    const answers = await Promise.all([ask(messages), ask(messages)]);
    answers.push(await ask(messages));
    expect(answers.map(({ message: { content } }) => content)).toEqual(['Sunny.', 'Sunny.', 'Sunny.']);
    expect(gateway.model.requests).toHaveLength(2);
  });

  test('another history, other results and calls of other servers are told to the model in a new session', async () => {
    const gateway = shared();
    gateway.model.script([rome], [text('A.')], [text('B.')], [text('C.')], [text('D.')]);
    const messages = [user('Elsewhere')];
    const { calls, message, session } = await ask(messages);
    const id = calls[0]?.id;
    const edited = await ask([user('Elsewhere, please'), message, result(id, 'sunny')]);
    expect(edited.message.content).toBe('A.');
    expect(edited.session).not.toBe(session);
    const [told] = toldTo() as { content: string }[];
    expect(told?.content).toContain('Elsewhere, please');
    expect(told?.content).toContain(
      '[Called the tool "get_weather" with {"city":"Rome"}. Its result:\nsunny]',
    );
    // The run still waits for the results that fit.
    const fitting = [...messages, message, result(id, 'sunny')];
    expect(await ask(fitting)).toMatchObject({ session, message: { content: 'B.' } });
    const other = await ask([...messages, message, result(id, 'rainy')]);
    expect(other.message.content).toBe('C.');
    expect(other.session).not.toBe(session);
    const foreign: ChatCompletionMessageParam = {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'call_x', type: 'function', function: { name: 'f', arguments: 'no JSON' } }],
    };
    const elsewhere = await ask([...messages, foreign, result('call_x', '1')]);
    expect(elsewhere.message.content).toBe('D.');
  });

  test('arguments that do not match never reach the client', async () => {
    const gateway = shared();
    gateway.model.script(
      [toolCall('w1', 'get_weather', { town: 1 })],
      [{ type: 'toolCall', id: 'w2', name: 'get_weather', fragments: ['{"city"'] }],
      [text('I give up.')],
    );
    const answered = await ask([user('Wrong')]);
    expect(answered).toMatchObject({ finish: 'stop', calls: [], message: { content: 'I give up.' } });
  });

  test('with tool_choice none the model has no tools', async () => {
    const gateway = shared();
    gateway.model.script([text('No.')]);
    await ask([user('None')], { tool_choice: 'none' });
    expect(JSON.stringify(gateway.model.requests.at(-1)?.body['tools'] ?? [])).not.toContain('get_weather');
  });

  test('lists that are no conversation are refused', async () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    const asking = { role: 'assistant', tool_calls: [call] };
    const refused = async (messages: unknown[], more: object = {}) => {
      const response = await postOpenAi(shared(), '/chat/completions', { model, messages, tools, ...more });
      const { error } = (await response.json()) as { error: { message: string; param: string } };
      return [response.status, error.param];
    };
    const hi = user('Hi');
    expect(await refused([hi, asking])).toEqual([400, 'messages[1].tool_calls[0]']);
    expect(await refused([hi, asking, hi])).toEqual([400, 'messages[1].tool_calls[0]']);
    expect(await refused([hi, asking, result('d', 'x')])).toEqual([400, 'messages[2].tool_call_id']);
    expect(await refused([hi, asking, result('c', 'x'), result('c', 'y')])).toEqual([
      400,
      'messages[3].tool_call_id',
    ]);
    expect(await refused([hi, { ...asking, tool_calls: [call, call] }])).toEqual([
      400,
      'messages[1].tool_calls[1]',
    ]);
    expect(await refused([hi], { tool_choice: 'required' })).toEqual([400, 'tool_choice']);
    expect(await refused([hi], { parallel_tool_calls: false })).toEqual([400, 'parallel_tool_calls']);
    expect(await refused([hi], { tools: [{ type: 'web_search' }] })).toEqual([400, 'tools[0].type']);
    const named = (name: string, parameters: unknown) => ({
      tools: [weather, { type: 'function', function: { name, parameters } }],
    });
    expect(await refused([hi], named('a b', {}))).toEqual([400, 'tools[1].name']);
    expect(await refused([hi], named('f', { type: 'text' }))).toEqual([400, 'tools[1].parameters']);
    expect(await refused([hi], named('f', []))).toEqual([400, expect.stringContaining('tools[1]')]);
  });

  test('results that come too late are told in a new session, and a run without its client ends', async () => {
    const gateway = shared();
    gateway.model.script([rome]);
    gateway.model.otherwise(() => [text('Late.')]);
    const messages = [user('Late')];
    const { calls, message, id } = await ask(messages);
    const runId = encodeId('Run', Number(id.replace('chatcmpl-', '')));
    await gateway.services.database.toolCall.updateMany({
      where: { status: 'AWAITING_CLIENT' },
      data: { expiresAt: new Date(0) },
    });
    const late = await ask([...messages, message, result(calls[0]?.id, 'sunny')]);
    expect(late.message.content).toBe('Late.');
    const runQuery = 'query ($id: ID!) { run(id: $id) { status } }';
    await expect
      .poll(async () => (await gateway.query(runQuery, { id: runId })).run.status)
      .toBe('COMPLETED');
  });
});

async function runsOf(gateway: ReturnType<typeof shared>) {
  const newest = await gateway.services.database.run.findMany({ orderBy: { id: 'desc' }, take: 2 });
  const [last] = newest;
  return { runs: newest.filter(({ sessionId }) => sessionId === last?.sessionId) };
}
