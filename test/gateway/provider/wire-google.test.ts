import { describe, expect, test } from 'vitest';
import { answerWith, finishReasonWith } from '../../support/gateway/raw-answer.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';

const shared = shareModelGateway('google', { settings: { MODEL_MAX_RETRIES: '0' } });

const frame = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const chunkOf = (parts: unknown, more: object = {}) => ({ candidates: [{ content: { parts }, ...more }] });
const text = (words: unknown) => frame(chunkOf([{ text: words }]));
const usage = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };
const stop = (more: object = { usageMetadata: usage }) =>
  frame({ ...chunkOf([], { finishReason: 'STOP' }), ...more });
const within = (...frames: string[]) => text('Hello ') + frames.join('') + text('world') + stop();

const counted = { content: 'Hello world', reasoning: null, counted: '10+5' };
const estimated = { ...counted, counted: null };

const answers: [name: string, body: string, expected: object][] = [
  ['an empty object', within(frame({})), counted],
  ['no candidates', within(frame({ candidates: null }), frame({ candidates: [] })), counted],
  ['null among the candidates', within(frame({ candidates: [null, chunkOf([]).candidates[0]] })), counted],
  [
    'its content as a text',
    within(frame({ candidates: [{ content: 'wide ' }] })),
    {
      ...counted,
      content: 'Hello wide world',
    },
  ],
  [
    'its parts as texts',
    within(frame(chunkOf(['wide '])), frame(chunkOf({ text: 'web ' }))),
    {
      ...counted,
      content: 'Hello wide web world',
    },
  ],
  ['no content', within(frame({ candidates: [{ content: null }] }), frame({ candidates: [{}] })), counted],
  ['no parts', within(frame(chunkOf(null)), frame(chunkOf([null]))), counted],
  ['an unknown part', within(frame(chunkOf([{ weather: { wind: 3 } }]))), counted],
  ['null for a text', within(text(null)), counted],
  ['comments and empty data', within(': ping\n\n', 'data:\n\n'), counted],
  ['no usage', text('Hello world') + stop({}), estimated],
  [
    'usage as strings',
    text('Hello world') +
      stop({
        usageMetadata: { promptTokenCount: '10', candidatesTokenCount: '5', thoughtsTokenCount: null },
      }),
    counted,
  ],
  ['events without a blank line between them', within().replaceAll('\n\n', '\n'), counted],
  [
    'reasoning',
    frame(chunkOf([{ text: 'think', thought: true }])) + within(),
    { ...counted, reasoning: 'think' },
  ],
];

describe('an answer of Google', () => {
  test.each(answers)('an answer with %s is read', async (_, body, expected) => {
    expect(await answerWith(shared(), body)).toEqual(expected);
  });

  test.each([
    ['MAX_TOKENS', 'LENGTH'],
    ['length', 'LENGTH'],
    ['SAFETY', 'CONTENT_FILTER'],
    ['stop', 'STOP'],
    ['LANGUAGE', 'OTHER'],
  ])('the finish reason %s is read as %s', async (reason, expected) => {
    expect(
      await finishReasonWith(shared(), text('Hello') + frame(chunkOf([], { finishReason: reason }))),
    ).toBe(expected);
  });

  test('a prompt that was blocked has an empty answer, which the filter withheld', async () => {
    expect(await finishReasonWith(shared(), frame({ promptFeedback: { blockReason: 'SAFETY' } }))).toBe(
      'CONTENT_FILTER',
    );
  });

  test('a JSON list of chunks in place of a stream is read', async () => {
    const chunks = [
      chunkOf([{ text: 'Hello ' }]),
      { ...chunkOf([{ text: 'world' }], { finishReason: 'STOP' }), usageMetadata: usage },
    ];
    expect(await answerWith(shared(), JSON.stringify(chunks, null, 1), 'application/json')).toEqual(counted);
  });
});

describe('a failure of Google', () => {
  test.each([
    ['an end without a finish reason', '', { code: 'PROVIDER_STREAM_CUT' }],
    ['an empty finish reason', frame(chunkOf([], { finishReason: '' })), { code: 'PROVIDER_STREAM_CUT' }],
    [
      'a call that cannot be read',
      frame(chunkOf([], { finishReason: 'MALFORMED_FUNCTION_CALL', finishMessage: 'Malformed call: run(' })),
      {
        code: 'PROVIDER_BAD_RESPONSE',
        reason: 'The model provider sent something that is not a valid answer: Malformed call: run(',
      },
    ],
    [
      'a call that nobody asked for',
      frame(chunkOf([], { finishReason: 'UNEXPECTED_TOOL_CALL' })),
      {
        code: 'PROVIDER_BAD_RESPONSE',
        reason: 'The model provider sent something that is not a valid answer: UNEXPECTED_TOOL_CALL',
      },
    ],
    [
      'an error without a status',
      frame({ error: { code: 503, message: 'The model is overloaded.' } }),
      {
        code: 'PROVIDER_UNAVAILABLE',
        reason: 'The model provider is failing; try again later: The model is overloaded.',
      },
    ],
    [
      'a list of errors',
      frame([{ error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Quota' } }]),
      { code: 'PROVIDER_RATE_LIMITED' },
    ],
  ])('a response with %s fails, and keeps its text', async (_, body, expected) => {
    expect(await answerWith(shared(), text('Hello world') + body)).toMatchObject({
      ...expected,
      content: 'Hello world',
    });
  });
});
