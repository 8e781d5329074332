import { describe, expect, test } from 'vitest';
import { answerWith, finishReasonWith } from '../../support/gateway/raw-answer.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';

const shared = shareModelGateway('openai', { settings: { MODEL_MAX_RETRIES: '0' } });

const frame = (value: unknown) => `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const choice = (fields: object) => ({ choices: [{ index: 0, ...fields }] });
const delta = (fields: object) => frame(choice({ delta: fields, finish_reason: null }));
const text = (content: string) => delta({ content });
const stop = frame(choice({ delta: {}, finish_reason: 'stop' }));
const done = frame('[DONE]');
const hello = text('Hello ') + text('world');
/** Frames in the middle of an answer. */
const within = (...frames: string[]) => text('Hello ') + frames.join('') + text('world') + stop + done;
/** Frames after the finish reason. */
const after = (...frames: string[]) => hello + stop + frames.join('') + done;

const helloWorld = { content: 'Hello world', reasoning: null, counted: null };
const counted = { ...helloWorld, counted: '10+5' };
const thought = { ...helloWorld, reasoning: 'think' };

const usage = { prompt_tokens: 10, completion_tokens: 5 };
const answers: [name: string, body: string, expected: object][] = [
  ['usage without choices', after(frame({ usage })), counted],
  ['usage with null for the choices', after(frame({ choices: null, usage })), counted],
  [
    'usage as strings',
    after(frame({ choices: [], usage: { prompt_tokens: '10', completion_tokens: '5' } })),
    counted,
  ],
  ['usage with null fields', after(frame({ usage: { ...usage, prompt_tokens_details: null } })), counted],
  ['usage in the choice', hello + frame(choice({ delta: {}, finish_reason: 'stop', usage })) + done, counted],
  ['usage in the field of Groq', after(frame({ choices: [], x_groq: { usage } })), counted],
  ['usage that is null at last', after(frame({ usage }), frame({ choices: [], usage: null })), counted],
  [
    'usage that is no count',
    after(frame({ usage: { prompt_tokens: 1e12, completion_tokens: -1 } })),
    helloWorld,
  ],
  ['a chunk without choices', within(frame({ id: 'x', model: 'm' })), helloWorld],
  ['choices of another type', within(frame({ choices: 7 })), helloWorld],
  ['an empty object', within(frame({})), helloWorld],
  ['null', within(frame('null')), helloWorld],
  ['a ping', within('event: ping\ndata: {"type":"ping"}\n\n'), helloWorld],
  ['empty data', within('data:\n\n', 'data: \n\n'), helloWorld],
  ['a comment as data', within('data: : keep-alive\n\n'), helloWorld],
  ['comments', within(': PROCESSING\n\n', ':\n\n', ':\n'), helloWorld],
  [
    'null among the choices',
    frame({ choices: [null, { delta: { content: 'Hello world' } }] }) + stop,
    helloWorld,
  ],
  ['a choice without a list', frame({ choices: { delta: { content: 'Hello world' } } }) + stop, helloWorld],
  ['a tool call that is only an index', within(delta({ tool_calls: [{ index: 0 }, null] })), helloWorld],
  ['null for every field', within(delta({ content: null, tool_calls: null, reasoning: null })), helloWorld],
  ['null for the delta', within(frame(choice({ delta: null }))), helloWorld],
  ['null for the error', within(frame({ ...choice({ delta: { content: '' } }), error: null })), helloWorld],
  ['other roles', delta({ role: 'model', content: '' }) + delta({ role: 7 }) + hello + stop, helloWorld],
  ['ids and dates of other types', within(frame({ id: 17, created: 'now', choices: [] })), helloWorld],
  ['another choice', within(frame({ choices: [{ index: 1, delta: { content: 'Bye' } }] })), helloWorld],
  [
    'the whole message behind its deltas',
    hello + frame(choice({ message: { content: 'Hello world' }, finish_reason: 'stop' })) + done,
    helloWorld,
  ],
  [
    'numbers that JSON does not have',
    within('data: {"choices":[],"score":-Infinity,"p":[NaN]}\n\n'),
    helloWorld,
  ],
  ["the field's name twice", within().replaceAll('data: ', 'data: data: '), helloWorld],
  ['the last event in quotes', `${hello}data: "[DONE]"\n\n`, helloWorld],
  ['an event that is cut behind the finish reason', `${hello}${stop}data: {"choices":[],"usa`, helloWorld],
  ['lines that end with CR and LF', within().replaceAll('\n', '\r\n'), helloWorld],
  ['no space after the colon', within().replaceAll('data: ', 'data:'), helloWorld],
  ['a byte order mark', `\uFEFF${within()}`, helloWorld],
  ['events without a blank line between them', within().replaceAll('\n\n', '\n'), helloWorld],
  ['a last event without a blank line', `${hello}${stop.trimEnd()}`, helloWorld],
  ['spaces after the last event', `${hello}${stop}data: [DONE]  \n\n`, helloWorld],
  ['no last event', hello + stop, helloWorld],
  ['no finish reason before the last event', hello + done, helloWorld],
  [
    'an empty finish reason before the real one',
    frame(choice({ delta: { content: 'Hello world' }, finish_reason: '' })) + stop,
    helloWorld,
  ],
  ['text after the finish reason', text('Hello ') + stop + text('world') + done, helloWorld],
  [
    'text as a list of parts',
    delta({ content: [{ type: 'text', text: 'Hello ' }, 'world'] }) + stop,
    helloWorld,
  ],
  [
    'a refusal as a part of its content',
    delta({ content: [{ type: 'refusal', refusal: 'I cannot.' }] }) + stop,
    { ...helloWorld, content: 'I cannot.' },
  ],
  ['reasoning', delta({ reasoning: 'think' }) + hello + stop, thought],
  [
    'text and reasoning by turns, in the middle of a word',
    text('Hel') + delta({ reasoning: 'thi' }) + text('lo world') + delta({ reasoning: 'nk' }) + stop,
    thought,
  ],
  ['reasoning as an object', delta({ reasoning: { content: 'think' } }) + hello + stop, thought],
  [
    'reasoning in blocks',
    delta({ thinking_blocks: [{ type: 'thinking', thinking: 'think' }] }) + hello + stop,
    thought,
  ],
  [
    'reasoning beside an empty field',
    delta({ reasoning_content: '', reasoning: 'think' }) + hello + stop,
    thought,
  ],
  [
    'reasoning in two fields',
    delta({ reasoning_content: 'think', reasoning: 'think' }) + hello + stop,
    thought,
  ],
  [
    'reasoning in its details',
    delta({ reasoning_details: [{ type: 'reasoning.text', text: 'think' }] }) + hello + stop,
    thought,
  ],
  [
    'reasoning as a list of parts',
    delta({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'think' }] }] }) + hello + stop,
    thought,
  ],
  ['reasoning of another type', delta({ reasoning: {} }) + hello + stop, helloWorld],
  ['reasoning in tags', text('<think>\nthink') + text('\n</think>\n\n') + hello + stop, thought],
  [
    'reasoning in tags that are split',
    [...'\n<think>think</think>\n'].map(text).join('') + hello + stop,
    thought,
  ],
  [
    'reasoning in tags that never close',
    text('<think>think</thin') + frame(choice({ finish_reason: 'length' })),
    { content: '', reasoning: 'think</thin', counted: null },
  ],
  ['empty tags', text('<think>\n\n</think>\n\nHello world') + stop, helloWorld],
  [
    'a tag in a sentence',
    text('Use <think> here.</think>') + stop,
    { ...helloWorld, content: 'Use <think> here.</think>' },
  ],
  ['a tag that is another', text('<thi') + text('ng>') + stop, { ...helloWorld, content: '<thing>' }],
  [
    'a tag after reasoning of its own',
    delta({ reasoning: 'think' }) + text('<think>') + stop,
    { ...thought, content: '<think>' },
  ],
  [
    'a character split over two chunks',
    delta({ content: 'a' }) +
      'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\ndata: {"choices":[{"delta":{"content":"\\ude00b"}}]}\n\n' +
      stop,
    { ...helloWorld, content: 'a😀b' },
  ],
  [
    'a character split around reasoning',
    'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n' +
      delta({ reasoning: 'think' }) +
      'data: {"choices":[{"delta":{"content":"\\ude00b"}}]}\n\n' +
      stop,
    { ...thought, content: 'a😀b' },
  ],
  [
    'half a character',
    `data: {"choices":[{"delta":{"content":"a\\ud83db\\ude00"}}]}\n\n${stop}`,
    { ...helloWorld, content: 'a\uFFFDb\uFFFD' },
  ],
  [
    'half a character at the end',
    `data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n${stop}`,
    { ...helloWorld, content: 'a\uFFFD' },
  ],
  [
    'half a character in the reasoning',
    `data: {"choices":[{"delta":{"reasoning":"a\\ud83d"}}]}\n\n${hello}${stop}`,
    { ...helloWorld, reasoning: 'a\uFFFD' },
  ],
  ['NUL', text('a\0b') + stop, { ...helloWorld, content: 'a\uFFFDb' }],
];

describe('an answer of a Chat Completions server', () => {
  test.each(answers)('an answer with %s is read', async (_, body, expected) => {
    expect(await answerWith(shared(), body)).toEqual(expected);
  });

  test.each([
    ['max_tokens', 'LENGTH'],
    ['MAX_TOKENS', 'LENGTH'],
    ['model_length', 'LENGTH'],
    ['sensitive', 'CONTENT_FILTER'],
    ['SAFETY', 'CONTENT_FILTER'],
    ['end_turn', 'STOP'],
    ['eos', 'STOP'],
    ['tool_calls', 'STOP'],
    ['weather', 'OTHER'],
  ])('the finish reason %s, which a proxy passed on, is read as %s', async (reason, expected) => {
    expect(await finishReasonWith(shared(), hello + frame(choice({ finish_reason: reason })))).toBe(expected);
  });

  const whole = {
    choices: [
      { message: { role: 'assistant', content: 'Hello world', reasoning: 'think' }, finish_reason: 'stop' },
    ],
    usage,
  };
  test.each([
    [
      'one JSON document',
      JSON.stringify(whole, null, 2),
      'application/json',
      { ...counted, reasoning: 'think' },
    ],
    [
      'one JSON document without a type',
      JSON.stringify(whole),
      'text/plain',
      { ...counted, reasoning: 'think' },
    ],
    [
      'lines of JSON',
      within().replaceAll('data: ', '').replaceAll('[DONE]', ''),
      'application/x-ndjson',
      helloWorld,
    ],
    ['events of another type', within(), 'text/plain', helloWorld],
  ])('%s in place of a stream is read', async (_, body, type, expected) => {
    expect(await answerWith(shared(), body, type)).toEqual(expected);
  });
});

const cut = { code: 'PROVIDER_STREAM_CUT', reason: 'The model provider broke off its answer.' };
const unavailable = (words: string) => ({
  code: 'PROVIDER_UNAVAILABLE',
  reason: `The model provider is failing; try again later${words === '' ? '.' : `: ${words}`}`,
});
const tooLong = (words: string) => ({
  code: 'CONTEXT_TOO_LONG',
  reason: `The prompt does not fit into the context of the model: ${words}`,
});
const bad = (words: string) => ({
  code: 'PROVIDER_BAD_RESPONSE',
  reason: `The model provider sent something that is not a valid answer${words === '' ? '.' : `: ${words}`}`,
});
const broken: [name: string, body: string, expected: object][] = [
  ['an end without a finish reason', hello, cut],
  [
    'an empty finish reason and no last event',
    frame(choice({ delta: { content: 'Hello world' }, finish_reason: '' })),
    cut,
  ],
  [
    'words and no last event',
    `${hello}data: upstream connect error\n\n`,
    unavailable('upstream connect error'),
  ],
  ['the finish reason error', hello + frame(choice({ finish_reason: 'error' })), unavailable('')],
  [
    'a finish reason that says why the provider failed',
    hello + frame(choice({ finish_reason: 'insufficient_system_resource' })),
    unavailable('insufficient_system_resource'),
  ],
  ['a status for an error', hello + frame({ error: 503 }), unavailable('')],
  [
    'an error in other fields',
    hello + frame({ error_code: 18, error_msg: 'Too busy' }),
    unavailable('Too busy'),
  ],
  ['problem details', hello + frame({ status: 503, title: 'Bad gateway' }), unavailable('Bad gateway')],
  [
    'an error in the last choice',
    hello + frame({ ...choice({ finish_reason: 'error' }), error: { code: 502, message: 'Lost the GPU' } }),
    unavailable('Lost the GPU'),
  ],
  ['an error as a string', hello + frame({ error: 'Overloaded' }), unavailable('Overloaded')],
  [
    'an error as a detail',
    hello + frame({ detail: 'Internal Server Error' }),
    unavailable('Internal Server Error'),
  ],
  [
    'an error as a list',
    hello + frame([{ error: { code: 503, message: 'Try later' } }]),
    unavailable('Try later'),
  ],
  [
    'an error of another field',
    `${hello}error: {"code":400,"message":"the request exceeds the available context size"}\n\n`,
    tooLong('the request exceeds the available context size'),
  ],
  [
    'an error event of words',
    `${hello}event: error\ndata: Request timed out\n\n`,
    unavailable('Request timed out'),
  ],
  [
    'an error within an error',
    hello +
      frame({
        error: {
          code: 502,
          message: 'Provider returned error',
          metadata: { raw: '{"error":{"message":"GPU is on fire"}}' },
        },
      }),
    unavailable('Provider returned error: GPU is on fire'),
  ],
  [
    'a line of JSON with an error',
    `${hello}{"error":{"message":"Overloaded"}}\n\n`,
    unavailable('Overloaded'),
  ],
  ['broken JSON', `${hello}data: {"choices": [\n\n`, bad('')],
];

describe('a failure of a Chat Completions server', () => {
  test.each(broken)('a response with %s fails, and keeps its text', async (_, body, expected) => {
    expect(await answerWith(shared(), body)).toEqual({ ...expected, content: 'Hello world' });
  });

  const quota = { error: { type: 'insufficient_quota', message: 'Quota used up' } };
  test.each([
    [
      'a web page',
      '<html><body><h1>Please log&nbsp;in</h1></body></html>',
      'text/html',
      bad('Please log in'),
    ],
    [
      'a web page with a title',
      '<!doctype html><head><title>Wiki &amp; more</title></head>',
      'text/html',
      bad('Wiki & more'),
    ],
    [
      'an error',
      JSON.stringify(quota),
      'application/json',
      {
        code: 'PROVIDER_RATE_LIMITED',
        reason: 'The credit or the quota of this gateway at the model provider is used up: Quota used up',
      },
    ],
    ['an object without an answer', '{"status":"ok"}', 'application/json', bad('')],
    ['half a document', '{"choices":[{"message":', 'application/json', bad('')],
    [
      'words',
      'It works!\n',
      'text/plain',
      { code: 'PROVIDER_STREAM_CUT', reason: 'The model provider broke off its answer: It works!' },
    ],
    ['the last event only', done, 'text/plain', bad('')],
  ])('%s in place of an answer is a failure with its words', async (_, body, type, expected) => {
    expect(await answerWith(shared(), body, type)).toEqual({ ...expected, content: '' });
  });
});
