import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { answerWith, finishReasonWith } from '../../support/gateway/raw-answer.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import type { ModelRequest } from '../../support/model/model-server.ts';
import { cutSocket, endWithoutFinish, raw, silence, text } from '../../support/model/turn.ts';

const tools = createTools({ run: ({ args }) => JSON.stringify(args), look: () => 'Nothing.' });
const shared = shareModelGateway('openai-responses', { tools, settings: { MODEL_MAX_RETRIES: '0' } });

const frame = (type: string, value: object = {}) =>
  `event: response.${type}\ndata: ${JSON.stringify({ type: `response.${type}`, sequence_number: 1, ...value })}\n\n`;
const none = undefined;

const created = frame('created', { response: { id: 'resp_1', object: 'response', output: [], error: null } });
const usage: object = { input_tokens: 10, output_tokens: 5 };
const completed = (response: object = {}) =>
  frame('completed', { response: { status: 'completed', error: null, usage, ...response } });

const added = (item: object, index: unknown = 0) => frame('output_item.added', { output_index: index, item });
const done = (item: object, index: unknown = 0) => frame('output_item.done', { output_index: index, item });

const message = (words?: unknown, fields: object = {}) => ({
  type: 'message',
  id: 'msg_1',
  role: 'assistant',
  content: words === none ? [] : [{ type: 'output_text', text: words, annotations: [] }],
  ...fields,
});
const textPlace = { item_id: 'msg_1', output_index: 0, content_index: 0 };
const words = (delta: unknown, place: object = textPlace) => frame('output_text.delta', { ...place, delta });
const whole = (said: unknown, place: object = textPlace) =>
  frame('output_text.done', { ...place, text: said });
const hello =
  added(message()) + words('Hello ') + words('world') + whole('Hello world') + done(message('Hello world'));
const within = (...frames: string[]) =>
  created +
  added(message()) +
  words('Hello ') +
  frames.join('') +
  words('world') +
  done(message('Hello world')) +
  completed();

const thought = (fields: object = {}) => ({ type: 'reasoning', id: 'rs_1', summary: [], ...fields });
const summed = (said: string) => ({ summary: [{ type: 'summary_text', text: said }] });
const summary = (delta: string, section: unknown = 0) =>
  frame('reasoning_summary_text.delta', {
    item_id: 'rs_1',
    output_index: 0,
    summary_index: section,
    delta,
  });
const reasons = (delta: string) =>
  frame('reasoning_text.delta', { item_id: 'rs_1', output_index: 0, content_index: 0, delta });
const answer = hello.replaceAll('"output_index":0', '"output_index":1');

const counted = { content: 'Hello world', reasoning: null, counted: '10+5' };
const estimated = { ...counted, counted: null };
const thoughtful = { ...counted, reasoning: 'think' };

const answers: [name: string, body: string, expected: object][] = [
  [
    'comments and empty data',
    within(': waiting\n\n', 'data:\n\n', 'event: keepalive\ndata: {}\n\n'),
    counted,
  ],
  ['data that is no JSON', within('data: : keep-alive\n\n'), counted],
  ['an unknown event', within(frame('weather', { wind: 3 }), frame('output_text.annotation.added')), counted],
  [
    'an unknown item',
    within(added({ type: 'weather', id: 'w' }, 1), done({ type: 'weather', id: 'w' }, 1)),
    counted,
  ],
  ['null for a delta', within(words(null)), counted],
  ['null for an item', within(added(null as never, 1), done(null as never, 1)), counted],
  [
    'a delta as an object',
    within(words({ text: 'wide ' })).replace(done(message('Hello world')), ''),
    {
      ...counted,
      content: 'Hello wide world',
    },
  ],
  ['a number for a text', words(42) + completed(), { ...counted, content: '42' }],
  ['no event names', within().replaceAll(/event: .*\n/g, ''), counted],
  ['no types but event names', within().replaceAll(/data: \{"type":"[\w.]+",/g, 'data: {'), counted],
  ['types without a beginning', within().replaceAll('response.', ''), counted],
  ['no begin of the response', hello + completed(), counted],
  ['no begin of the item', words('Hello ') + words('world') + completed(), counted],
  ['no end of the item', created + added(message()) + words('Hello world') + completed(), counted],
  ['the text only at its end', created + added(message()) + whole('Hello world') + completed(), counted],
  ['the text only with its item', created + done(message('Hello world')) + completed(), counted],
  ['the text only with the last event', created + completed({ output: [message('Hello world')] }), counted],
  [
    'content as a text',
    created + completed({ output: [message(none, { content: 'Hello world' })] }),
    counted,
  ],
  [
    'the end of a text that no delta sent',
    created + added(message()) + words('Hello ') + done(message('Hello world')) + completed(),
    counted,
  ],
  [
    'everything twice',
    created +
      added(message()) +
      hello +
      done(message('Hello world')) +
      completed({ output: [message('Hello world')] }),
    counted,
  ],
  ['two last events', within() + completed({ usage: { input_tokens: 99, output_tokens: 99 } }), counted],
  [
    'no ids',
    created +
      added(message(none, { id: none })) +
      words('Hello ', { output_index: 0 }) +
      words('world', { output_index: 0 }) +
      done(message('Hello world', { id: none })) +
      completed({ output: [message('Hello world', { id: none })] }),
    counted,
  ],
  ['no ids and no indexes', words('Hello ', {}) + words('world', {}) + completed(), counted],
  [
    'another id in every event',
    created +
      added(message(none, { id: 'a' })) +
      words('Hello ', { item_id: 'b', output_index: 0 }) +
      words('world', { item_id: 'c', output_index: 0 }) +
      done(message('Hello world', { id: 'd' })) +
      completed({ output: [message('Hello world', { id: 'e' })] }),
    counted,
  ],
  [
    'an index as a text',
    created +
      added(message(none, { id: none }), '0') +
      words('Hello world', { output_index: '0' }) +
      done(message('Hello world', { id: none })) +
      completed(),
    counted,
  ],
  [
    'one id and one index for two messages',
    hello.replaceAll('world', '') +
      done(message('Hello ')) +
      added(message(), 1) +
      words('world', { output_index: 1 }) +
      completed(),
    counted,
  ],
  [
    'a comment on the way and the answer',
    created +
      added(message(none, { phase: 'commentary' })) +
      words('Let me see.') +
      done(message('Let me see.', { phase: 'commentary' })) +
      added(message(none, { id: 'msg_2', phase: 'final_answer' }), 1) +
      words('Hello world', { item_id: 'msg_2', output_index: 1 }) +
      completed(),
    { ...counted, content: 'Let me see.\n\nHello world' },
  ],
  ['no usage', created + hello + completed({ usage: none }), estimated],
  ['usage that is null', created + hello + completed({ usage: null }), estimated],
  ['half of the usage', created + hello + completed({ usage: { input_tokens: 10 } }), estimated],
  [
    'usage as texts',
    created + hello + completed({ usage: { input_tokens: '10', output_tokens: '5' } }),
    counted,
  ],
  [
    'the usage of Chat Completions',
    created + hello + completed({ usage: { prompt_tokens: 10, completion_tokens: 5 } }),
    counted,
  ],
  ['no last event, when all items are done', created + hello, estimated],
  ['[DONE] in place of the last event', `${created}${hello}data: [DONE]\n\n`, estimated],
  ['an older name of the last event', created + hello + frame('done', { response: { usage } }), counted],
  [
    'a summary of the reasoning',
    added(thought()) + summary('think') + done(thought(summed('think'))) + answer + completed(),
    thoughtful,
  ],
  [
    'the reasoning itself',
    added(thought()) + reasons('think') + done(thought()) + answer + completed(),
    thoughtful,
  ],
  [
    'the reasoning itself and a summary of it',
    added(thought()) +
      summary('think') +
      reasons('at length') +
      done(thought({ ...summed('think'), content: [{ type: 'reasoning_text', text: 'at length' }] })) +
      answer +
      completed(),
    thoughtful,
  ],
  ['reasoning only with its item', done(thought(summed('think'))) + answer + completed(), thoughtful],
  [
    'reasoning only with its item, and only as content',
    done(thought({ content: [{ type: 'reasoning_text', text: 'think' }] })) + answer + completed(),
    thoughtful,
  ],
  [
    'reasoning that is not begun, and ends with the response',
    summary('thi', none) +
      summary('nk', none) +
      answer +
      completed({ output: [thought(summed('think')), message('Hello world')] }),
    thoughtful,
  ],
  [
    'sections that are not begun, and begin at 1',
    summary('One', 1) + summary('Two', 2) + answer + completed(),
    { ...counted, reasoning: 'One\n\nTwo' },
  ],
  [
    'half a character',
    within(`data: {"type":"response.output_text.delta","item_id":"msg_1","delta":"\\ud83d"}\n\n`),
    { ...counted, content: 'Hello \uFFFDworld' },
  ],
];

describe('an answer of a Responses server', () => {
  test.each(answers)('an answer with %s is read', async (_, body, expected) => {
    expect(await answerWith(shared(), body)).toEqual(expected);
  });

  test.each([
    [
      'a response',
      {
        object: 'response',
        status: 'completed',
        usage,
        output: [thought(summed('think')), message('Hello world')],
      },
      thoughtful,
    ],
    ['an output and nothing else', { output: [message('Hello world')] }, estimated],
  ])('one JSON document with %s in place of a stream is read', async (_, body, expected) => {
    expect(await answerWith(shared(), JSON.stringify(body), 'application/json')).toEqual(expected);
  });

  test.each([
    ['max_output_tokens', { reason: 'max_output_tokens' }, 'LENGTH'],
    ['a text', 'max_tokens', 'LENGTH'],
    ['none', null, 'LENGTH'],
    ['content_filter', { reason: 'content_filter' }, 'CONTENT_FILTER'],
  ])('an incomplete answer with the reason %s says why', async (_, details, expected) => {
    expect(
      await finishReasonWith(
        shared(),
        created + hello + frame('incomplete', { response: { incomplete_details: details, usage } }),
      ),
    ).toBe(expected);
  });

  test('an answer that is incomplete, though its last event is that of a complete one, says why', async () => {
    const response = { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } };
    expect(await finishReasonWith(shared(), created + hello + completed(response))).toBe('LENGTH');
  });

  test('a refusal is shown, and is the reason', async () => {
    const refused = frame('refusal.delta', { ...textPlace, delta: 'I cannot ' });
    const body =
      created +
      added(message()) +
      refused +
      done(message(none, { content: [{ type: 'refusal', refusal: 'I cannot help.' }] })) +
      completed();
    expect(await finishReasonWith(shared(), body)).toBe('CONTENT_FILTER');
    expect(await answerWith(shared(), body)).toMatchObject({ content: 'I cannot help.' });
  });

  test('the body need not end', async () => {
    const { model } = shared();
    model.script([raw(within()), silence()]);
    const seen = await ask();
    expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted', message: { content: 'Hello world' } });
  });
});

async function ask() {
  const gateway = shared();
  const sessionId = await gateway.createSession();
  return collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
}

const unavailable = (said: string) => ({
  code: 'PROVIDER_UNAVAILABLE',
  reason: `The model provider is failing; try again later: ${said}`,
});
const cut = { code: 'PROVIDER_STREAM_CUT', reason: 'The model provider broke off its answer.' };
const failed = (response: object | null, more: object = {}) => frame('failed', { response, ...more });
const serverError = { code: 'server_error', message: 'Bad gateway' };

const broken: [name: string, body: string, expected: object][] = [
  ['an item that is not done', added(message(), 1) + words('', { output_index: 1 }), cut],
  ['reasoning at its end', done(thought(summed('think')), 1), cut],
  ['an error', failed({ status: 'failed', error: serverError }), unavailable('Bad gateway')],
  ['an error without words', failed({ status: 'failed', error: null }), { code: 'PROVIDER_UNAVAILABLE' }],
  ['an error beside the response', failed(null, { error: serverError }), unavailable('Bad gateway')],
  ['an error as a text', failed({ error: 'Bad gateway' }), unavailable('Bad gateway')],
  ['a list of errors', failed({ error: [serverError] }), unavailable('Bad gateway')],
  [
    'an error in its last event',
    completed({ status: 'failed', error: serverError }),
    unavailable('Bad gateway'),
  ],
  [
    'an error event',
    `event: error\ndata: ${JSON.stringify({ type: 'error', ...serverError, sequence_number: 2 })}\n\n`,
    unavailable('Bad gateway'),
  ],
  [
    'an error in an error event',
    `data: ${JSON.stringify({ type: 'error', error: serverError })}\n\n`,
    unavailable('Bad gateway'),
  ],
  [
    'a list of errors in an error event',
    `data: ${JSON.stringify({ type: 'error', error: [serverError] })}\n\n`,
    unavailable('Bad gateway'),
  ],
  ['an error event of words', 'event: error\ndata: Bad gateway\n\n', unavailable('Bad gateway')],
  ['an error as a detail', 'data: {"detail":"Bad gateway"}\n\n', unavailable('Bad gateway')],
  ['an error without a type', 'data: {"error":"Bad gateway"}\n\n', unavailable('Bad gateway')],
  [
    'a rate limit',
    failed({ error: { code: 'rate_limit_exceeded', message: 'Slow down.' } }),
    { code: 'PROVIDER_RATE_LIMITED' },
  ],
  [
    'JSON that is broken',
    'data: {"type":"response.output_text.delta","del\n\n',
    { code: 'PROVIDER_BAD_RESPONSE' },
  ],
];

describe('a failure of a Responses server', () => {
  test.each(broken)('a response with %s fails, and keeps its text', async (_, body, expected) => {
    expect(await answerWith(shared(), created + hello + body)).toMatchObject({
      ...expected,
      content: 'Hello world',
    });
  });

  test('a connection that breaks when all items are done is a cut: another item may have been on its way', async () => {
    shared().model.script([raw(created + hello), cutSocket()]);
    expect((await ask()).at(-1)).toMatchObject({ ...cut, message: { content: 'Hello world' } });
  });

  test.each<[string, string, string, object]>([
    ['a web page', '<html><title>Bad gateway</title></html>', 'text/html', unavailable('Bad gateway')],
    ['nothing', '', 'text/event-stream', cut],
    ['the begin of a response', created, 'text/event-stream', cut],
    [
      'an error in JSON',
      '{"error":{"code":"context_length_exceeded","message":"too long"}}',
      'application/json',
      { code: 'CONTEXT_TOO_LONG' },
    ],
    [
      'a failed response in JSON',
      JSON.stringify({ object: 'response', status: 'failed', error: serverError }),
      'application/json',
      unavailable('Bad gateway'),
    ],
    [
      'an answer in the form of Chat Completions',
      'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n',
      'text/event-stream',
      { code: 'PROVIDER_BAD_RESPONSE' },
    ],
  ])('%s in place of an answer is a failure with its words', async (_, body, type, expected) => {
    expect(await answerWith(shared(), body, type)).toMatchObject({ ...expected, content: '' });
  });
});

const call = (args: unknown, fields: object = {}) => ({
  type: 'function_call',
  id: 'fc_1',
  call_id: 'c1',
  name: 'run',
  arguments: args,
  status: 'completed',
  ...fields,
});
const callPlace = { item_id: 'fc_1', output_index: 0 };
const piece = (delta: unknown, place: object = callPlace) =>
  frame('function_call_arguments.delta', { ...place, delta });
const args = (json: unknown, place: object = callPlace) =>
  frame('function_call_arguments.done', { ...place, arguments: json });
const a = [['run', { path: 'a' }]];
const both = [...a, ['run', { path: 'b' }]];
const refused = [['run', 'BAD_ARGUMENTS']];
const second = { id: 'fc_2', call_id: 'c2' };
const secondPlace = { item_id: 'fc_2', output_index: 1 };
const incomplete = frame('incomplete', { response: { incomplete_details: { reason: 'max_output_tokens' } } });

const calls: [name: string, body: string, expected: object][] = [
  [
    'arguments only in deltas',
    added(call('')) + piece('{"path":') + piece('"a"}') + done(call('')) + completed(),
    a,
  ],
  [
    'arguments in deltas, and {} at the end',
    added(call('')) + piece('{"path":"a"}') + args('{}') + done(call('{}')) + completed(),
    a,
  ],
  ['arguments only at their end', added(call('')) + args('{"path":"a"}') + done(call(none)) + completed(), a],
  ['arguments only with the item', done(call('{"path":"a"}')) + completed(), a],
  [
    'arguments only with the last event',
    added(call('')) + done(call('')) + completed({ output: [call('{"path":"a"}')] }),
    a,
  ],
  ['the call only with the last event', completed({ output: [call('{"path":"a"}')] }), a],
  ['arguments in the begin of the item', added(call('{"path":"a"}')) + done(call('')) + completed(), a],
  ['arguments as an object', done(call({ path: 'a' })) + completed(), a],
  ['arguments as JSON in JSON', done(call(JSON.stringify('{"path":"a"}'))) + completed(), a],
  [
    'a call of another kind',
    done(call(none, { type: 'custom_tool_call', input: '{"path":"a"}' })) + completed(),
    a,
  ],
  ['a delta that is lost', added(call('')) + piece('"a"}') + done(call('{"path":"a"}')) + completed(), a],
  ['no end of the item', added(call('')) + piece('{"path":"a"}') + completed(), a],
  ['no begin of the item', piece('{"path":') + piece('"a"}') + done(call('')) + completed(), a],
  [
    'the name at the end of the arguments',
    piece('{"path":"a"}') +
      frame('function_call_arguments.done', { ...callPlace, name: 'run', arguments: '' }) +
      completed(),
    a,
  ],
  [
    'no ids',
    added(call('', { id: none })) +
      piece('{"path":"a"}', { output_index: 0 }) +
      done(call('{"path":"a"}', { id: none, call_id: none })) +
      completed(),
    a,
  ],
  [
    'another id in every event',
    added(call('', { id: 'a' })) +
      piece('{"path":"a"}', { item_id: 'b', output_index: 0 }) +
      done(call('{"path":"a"}', { id: 'c' })) +
      completed({ output: [call('{"path":"a"}', { id: 'd' })] }),
    a,
  ],
  [
    'everything twice',
    added(call('')) +
      added(call('')) +
      piece('{"path":"a"}') +
      args('{"path":"a"}') +
      args('{"path":"a"}') +
      done(call('{"path":"a"}')) +
      done(call('{"path":"a"}')) +
      completed({ output: [call('{"path":"a"}')] }),
    a,
  ],
  [
    'deltas that alternate',
    added(call('')) +
      added(call('', second), 1) +
      piece('{"path":') +
      piece('{"path":', secondPlace) +
      piece('"a"}') +
      piece('"b"}', secondPlace) +
      done(call('')) +
      done(call('', second), 1) +
      completed(),
    both,
  ],
  [
    'one index for two calls',
    added(call('')) +
      piece('{"path":"a"}') +
      done(call('')) +
      added(call('', second)) +
      piece('{"path":"b"}', { item_id: 'fc_2', output_index: 0 }) +
      done(call('', second)) +
      completed(),
    both,
  ],
  ['no places of the deltas', piece('{"path":"a"}', {}) + done(call('')) + completed(), a],
  [
    'no places and no begins',
    piece('{"path":"a"}', {}) +
      done(call('', { id: none }), null) +
      piece('{"path":"b"}', {}) +
      done(call('', { id: none, call_id: 'c2' }), null) +
      completed(),
    both,
  ],
  [
    'a second call only with the last event',
    done(call('{"path":"a"}')) + completed({ output: [call('{"path":"a"}'), call('{"path":"b"}', second)] }),
    both,
  ],
  [
    'no arguments',
    done(call('{}')) + done(call(null, { ...second, name: 'look' }), 1) + completed(),
    [
      ['run', {}],
      ['look', {}],
    ],
  ],
  ['no name', done(call('{"path":"a"}', { name: null })) + completed(), [['unnamed_tool', 'UNKNOWN_TOOL']]],
  ['arguments without their end', added(call('')) + piece('{"path":"a') + completed(), refused],
  ['no arguments and no end', added(call('')) + completed(), refused],
  ['an item that is incomplete', done(call('', { status: 'incomplete' })) + completed(), refused],
  ['a token limit before the arguments', added(call('')) + incomplete, refused],
  ['a token limit within the arguments', added(call('')) + piece('{"path":"a') + incomplete, refused],
  ['arguments that nest too deep', done(call('['.repeat(50_000))) + completed(), refused],
];

describe('a tool call of a Responses server', () => {
  test.each(calls)(
    '%s: each call runs with all of its arguments, or not at all',
    async (_, body, expected) => {
      shared().model.script([raw(body), endWithoutFinish()], [text('Done.')]);
      const seen = await ask();
      expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
      const finished = seen.filter(({ __typename }) => __typename === 'ToolCallFinished');
      const made = seen.filter(({ __typename }) => __typename === 'ToolCallStarted');
      const outcomes = made.map(({ callId, name, args }) => {
        const end = finished.find((each) => each['callId'] === callId);
        return [name, end?.['errorCode'] ?? args];
      });
      expect(outcomes).toEqual(expected);
    },
  );
});

describe('reasoning that a Responses server encrypted', () => {
  /** The reasoning items of the request for the next step. */
  async function repeatedAfter(body: string): Promise<object[]> {
    const { model } = shared();
    model.script(
      [raw(body + done(call('{"path":"a"}'), 1) + completed()), endWithoutFinish()],
      [text('Done.')],
    );
    await ask();
    return reasoningIn(await model.request(1));
  }
  const reasoningIn = ({ body }: ModelRequest) =>
    (body['input'] as { type?: string }[]).filter(({ type }) => type === 'reasoning');
  const begun = added(thought({ encrypted_content: 'unfinished' }));
  const encrypted = { encrypted_content: 'secret' };

  test('it is repeated as it was when its item was done', async () => {
    const body = begun + summary('think') + done(thought({ ...summed('think'), ...encrypted }));
    expect(await repeatedAfter(body)).toEqual([thought({ ...summed('think'), ...encrypted })]);
  });

  test('it is repeated when only the last event has it', async () => {
    const { model } = shared();
    const output = [thought({ ...summed('think'), ...encrypted }), call('{"path":"a"}')];
    const body =
      begun + done(thought(summed('think'))) + done(call('{"path":"a"}'), 1) + completed({ output });
    model.script([raw(body), endWithoutFinish()], [text('Done.')]);
    await ask();
    expect(reasoningIn(await model.request(1))).toEqual([output[0]]);
  });

  test('its id is another one where OpenAI would refuse that of the server', async () => {
    const own = (id: unknown) => thought({ id, ...summed('think'), ...encrypted });
    const ids = await repeatedAfter(done(own('x'.repeat(400))));
    expect(ids).toEqual([own(expect.stringMatching(/^rs_\w{1,60}$/))]);
  });

  test('reasoning that is not encrypted, or whose item was never done, is not repeated', async () => {
    expect(await repeatedAfter(begun + done(thought(summed('think'))))).toEqual([]);
    shared().model.reset();
    expect(await repeatedAfter(begun + summary('think'))).toEqual([]);
  });
});
