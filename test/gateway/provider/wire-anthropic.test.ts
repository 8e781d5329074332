import { describe, expect, test } from 'vitest';
import { answerWith, finishReasonWith } from '../../support/gateway/raw-answer.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';

const shared = shareModelGateway('anthropic', { settings: { MODEL_MAX_RETRIES: '0' } });

const frame = (value: { type: string } & Record<string, unknown>) =>
  `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
const start = (message: object = { usage: { input_tokens: 10, output_tokens: 1 } }) =>
  frame({ type: 'message_start', message: { id: 'msg_1', role: 'assistant', content: [], ...message } });
const block = (content: object, index: unknown = 0) =>
  frame({ type: 'content_block_start', index, content_block: content });
const delta = (fields: object, index: unknown = 0) =>
  frame({ type: 'content_block_delta', index, delta: fields });
const text = (words: string, index?: unknown) => delta({ type: 'text_delta', text: words }, index);
const think = (words: string, index?: unknown) => delta({ type: 'thinking_delta', thinking: words }, index);
const close = (index: unknown = 0) => frame({ type: 'content_block_stop', index });
const end = (fields: object = { usage: { output_tokens: 5 } }, reason: unknown = 'end_turn') =>
  frame({ type: 'message_delta', delta: { stop_reason: reason }, ...fields });
const stop = frame({ type: 'message_stop' });
const empty = { type: 'text', text: '' };
const hello = block(empty) + text('Hello ') + text('world') + close();
const within = (...frames: string[]) =>
  start() + block(empty) + text('Hello ') + frames.join('') + text('world') + close() + end() + stop;

const counted = { content: 'Hello world', reasoning: null, counted: '10+5' };
const estimated = { ...counted, counted: null };
const thought = { ...counted, reasoning: 'think' };

const answers: [name: string, body: string, expected: object][] = [
  ['pings', within(frame({ type: 'ping' }), 'event: ping\ndata:\n\n', 'event: ping\ndata: {}\n\n'), counted],
  ['comments', within(': waiting\n\n', ':\n'), counted],
  ['an unknown event', within(frame({ type: 'weather', wind: 3 })), counted],
  ['an unknown delta', within(delta({ type: 'weather_delta', wind: 3 })), counted],
  [
    'an unknown block',
    start() + block({ type: 'weather' }) + text('Wind') + close() + hello + end() + stop,
    counted,
  ],
  ['null for the delta', within(frame({ type: 'content_block_delta', index: 0, delta: null })), counted],
  [
    'text in the start of its block',
    start() + block({ type: 'text', text: 'Hello ' }) + text('world') + end() + stop,
    counted,
  ],
  ['a block without a start', start() + text('Hello world') + end() + stop, counted],
  [
    'deltas without an index',
    start() +
      block(empty, undefined) +
      delta({ type: 'text_delta', text: 'Hello world' }, null) +
      end() +
      stop,
    counted,
  ],
  [
    'an index as a string',
    start() + block(empty, '0') + text('Hello world', 0) + close('0') + end() + stop,
    counted,
  ],
  ['no start of the message', hello + end() + stop, estimated],
  [
    'two starts of the message',
    start() + start({ id: 'msg_2', usage: { input_tokens: 99 } }) + hello + end() + stop,
    counted,
  ],
  ['no usage', start({}) + hello + end({}) + stop, estimated],
  [
    'usage as strings',
    start({ usage: { input_tokens: '10' } }) + hello + end({ usage: { output_tokens: '5' } }) + stop,
    counted,
  ],
  ['usage that is null', start({ usage: null }) + hello + end({ usage: null }) + stop, estimated],
  [
    'all usage at the end',
    start({}) + hello + end({ usage: { input_tokens: 10, output_tokens: 5 } }) + stop,
    counted,
  ],
  ['no last event', start() + hello + end(), counted],
  ['no stop reason before the last event', start() + hello + stop, estimated],
  ['no event names', within().replaceAll(/event: .*\n/g, ''), counted],
  ['no types but event names', within().replaceAll(/data: \{"type":"\w+",/g, 'data: {'), counted],
  ["OpenAI's last event", `${within().replace(stop, '')}data: [DONE]\n\n`, counted],
  [
    'thinking in the start of its block',
    start() +
      block({ type: 'thinking', thinking: 'think', signature: 'c2ln' }) +
      close() +
      hello +
      end() +
      stop,
    thought,
  ],
  [
    'thinking in a block of text',
    start() + block(empty) + think('think') + text('Hello world') + close() + end() + stop,
    thought,
  ],
  [
    'half a character',
    within(
      'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\\ud83d"}}\n\n',
    ),
    { ...counted, content: 'Hello \uFFFDworld' },
  ],
];

describe('an answer of a Messages server', () => {
  test.each(answers)('an answer with %s is read', async (_, body, expected) => {
    expect(await answerWith(shared(), body)).toEqual(expected);
  });

  test('one JSON document in place of a stream is read', async () => {
    const content = [
      { type: 'thinking', thinking: 'think', signature: 'c2ln' },
      { type: 'text', text: 'Hello world' },
    ];
    const message = {
      type: 'message',
      role: 'assistant',
      content,
      stop_reason: 'end_turn',
      usage: { input_tokens: 10, output_tokens: 5 },
    };
    expect(await answerWith(shared(), JSON.stringify(message), 'application/json')).toEqual(thought);
    const { type: _, ...untyped } = message;
    expect(await answerWith(shared(), JSON.stringify(untyped), 'application/json')).toEqual(thought);
    const plain = { ...message, content: 'Hello world' };
    expect(await answerWith(shared(), JSON.stringify(plain), 'application/json')).toEqual(counted);
  });

  test.each([
    ['length', 'LENGTH'],
    ['content_filter', 'CONTENT_FILTER'],
    ['refusal', 'CONTENT_FILTER'],
    ['STOP', 'STOP'],
    ['weather', 'OTHER'],
  ])('the stop reason %s is read as %s', async (reason, expected) => {
    expect(await finishReasonWith(shared(), start() + hello + end({}, reason) + stop)).toBe(expected);
  });
});

const unavailable = (words: string) => ({
  code: 'PROVIDER_UNAVAILABLE',
  reason: `The model provider is failing; try again later: ${words}`,
});
const broken: [name: string, body: string, expected: object][] = [
  [
    'an end without a stop reason',
    '',
    { code: 'PROVIDER_STREAM_CUT', reason: 'The model provider broke off its answer.' },
  ],
  ['an empty stop reason and no last event', end({}, ''), { code: 'PROVIDER_STREAM_CUT' }],
  [
    'an error',
    frame({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
    unavailable('Overloaded'),
  ],
  ['an error as a string', 'event: error\ndata: {"error":"Overloaded"}\n\n', unavailable('Overloaded')],
  ['an error as a detail', 'data: {"detail":"Bad gateway"}\n\n', unavailable('Bad gateway')],
  ['an error event of words', 'event: error\ndata: Bad gateway\n\n', unavailable('Bad gateway')],
  ['a list of errors', 'data: [{"error":{"message":"Bad gateway"}}]\n\n', unavailable('Bad gateway')],
];

describe('a failure of a Messages server', () => {
  test.each(broken)('a response with %s fails, and keeps its text', async (_, body, expected) => {
    expect(await answerWith(shared(), start() + hello + body)).toMatchObject({
      ...expected,
      content: 'Hello world',
    });
  });

  test.each([
    ['a web page', '<html><title>Bad gateway</title></html>', 'text/html', unavailable('Bad gateway')],
    [
      'an error',
      '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 tokens > 8 maximum"}}',
      'application/json',
      { code: 'CONTEXT_TOO_LONG' },
    ],
  ])('%s in place of an answer is a failure with its words', async (_, body, type, expected) => {
    expect(await answerWith(shared(), body, type)).toMatchObject(expected);
  });
});
