import { describe, expect, test } from 'vitest';
import { chat, collect } from '../../support/gateway/chat.ts';
import { shareModelGateway } from '../../support/gateway/shared-gateway.ts';
import { createTools } from '../../support/gateway/tool-double.ts';
import { endWithoutFinish, raw, text } from '../../support/model/turn.ts';

const tools = createTools({ run: ({ args }) => JSON.stringify(args), look: () => 'Nothing.' });
const chatShared = shareModelGateway('openai', { tools });
const messagesShared = shareModelGateway('anthropic', { tools });

/** Sends a prompt that the model answers with this body. Returns each call with its arguments, or with its failure. */
async function callsIn(shared: typeof chatShared, body: string) {
  const gateway = shared();
  gateway.model.script([raw(body), endWithoutFinish()], [text('Done.')]);
  const sessionId = await gateway.createSession();
  const seen = await collect(chat(gateway.client(), { sessionId, prompt: 'Go' }));
  expect(seen.at(-1)).toMatchObject({ __typename: 'RunCompleted' });
  const started = seen.filter(({ __typename }) => __typename === 'ToolCallStarted');
  const finished = seen.filter(({ __typename }) => __typename === 'ToolCallFinished');
  return started.map(({ callId, name, args }) => {
    const end = finished.find((each) => each['callId'] === callId);
    return [name, end?.['errorCode'] ?? args];
  });
}

const frame = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const fragment = (call: object | object[]) =>
  frame({ choices: [{ index: 0, delta: { tool_calls: [call].flat() } }] });
const part = (index: unknown, id: unknown, name: unknown, args: unknown) =>
  fragment({ index, id, type: 'function', function: { name, arguments: args } });
const stop = (reason = 'tool_calls') => frame({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
const none = undefined;
const both = [
  ['run', { path: 'a' }],
  ['run', { path: 'b' }],
];
const deep = (levels: number) => `{"path":${'['.repeat(levels)}${']'.repeat(levels)}}`;

const answers: [name: string, body: string, expected: object][] = [
  [
    'one index for several calls',
    part(0, 'c1', 'run', '{"path":') +
      part(0, none, none, '"a"}') +
      part(0, 'c2', 'run', '{"path":') +
      part(0, none, none, '"b"}'),
    both,
  ],
  ['one index and no ids', part(0, none, 'run', '{"path":"a"}') + part(0, none, 'run', '{"path":"b"}'), both],
  [
    'one index, no ids and arguments in pieces',
    part(0, '', 'run', '') +
      part(0, none, '', '{"path"') +
      part(0, none, none, ':"a"}') +
      part(0, none, 'run', '') +
      part(0, none, none, '{"path":"b"}'),
    both,
  ],
  [
    'no index',
    part(none, 'c1', 'run', '{"path":') +
      part(none, none, none, '"a"}') +
      part(none, 'c2', 'run', '') +
      part(null, 'c2', null, '{"path":"b"}'),
    both,
  ],
  [
    'no index and no ids',
    part(none, none, 'run', '{"path":') +
      part(none, none, none, '"a"}') +
      part(none, none, 'run', '{"path":"b"}'),
    both,
  ],
  [
    'one id for several calls',
    part(0, 'c', 'run', '{"path":"a"}') + part(1, 'c', 'run', '{"path":') + part(1, 'c', none, '"b"}'),
    both,
  ],
  [
    'an index as a string',
    part('0', 'c1', 'run', '{"path":') + part(0, none, none, '"a"}') + part('1', 'c2', 'run', '{"path":"b"}'),
    both,
  ],
  [
    'the name and id in every fragment',
    ['{"pa', 'th":', '"a"}'].map((args) => part(0, 'c1', 'run', args)).join('') +
      part(1, 'c2', 'run', '{"path":"b"}') +
      part(1, 'c2', 'run', ''),
    both,
  ],
  [
    'another id in every fragment',
    part(0, 'x1', 'run', '{"path":') + part(0, 'x2', none, '"a"}') + part(1, 'x3', 'run', '{"path":"b"}'),
    both,
  ],
  [
    'fragments of calls that alternate',
    part(0, 'c1', 'run', '') +
      part(1, 'c2', 'run', '') +
      part(0, none, none, '{"path":"a') +
      part(1, none, none, '{"path":"b') +
      part(0, none, none, '"}') +
      part(1, none, none, '"}'),
    both,
  ],
  [
    'the name after the arguments',
    part(0, 'c1', none, '{"path":"a"}') + part(0, none, 'run', '') + part(1, 'c2', 'run', '{"path":"b"}'),
    both,
  ],
  [
    'the whole call twice',
    part(0, 'c1', 'run', '{"path":"a"}') + part(0, 'c1', 'run', '{"path":"a"}'),
    [['run', { path: 'a' }]],
  ],
  ['arguments as an object', part(0, 'c1', 'run', { path: 'a' }), [['run', { path: 'a' }]]],
  [
    'arguments as JSON in JSON',
    part(0, 'c1', 'run', JSON.stringify('{"path":"a"}')),
    [['run', { path: 'a' }]],
  ],
  [
    'arguments of another name',
    fragment({ index: 0, id: 'c1', function: { name: 'run', parameters: { path: 'a' } } }),
    [['run', { path: 'a' }]],
  ],
  [
    '{} before the arguments',
    part(0, 'c1', 'run', '{}') + part(0, none, none, '{"path":') + part(0, none, none, '"a"}'),
    [['run', { path: 'a' }]],
  ],
  [
    'a call without a list',
    frame({
      choices: [
        { delta: { tool_calls: { id: 'c1', function: { name: 'run', arguments: '{"path":"a"}' } } } },
      ],
    }),
    [['run', { path: 'a' }]],
  ],
  [
    'no arguments',
    part(0, 'c1', 'run', none) + part(1, 'c2', 'look', null),
    [
      ['run', {}],
      ['look', {}],
    ],
  ],
  [
    'several calls in one chunk',
    fragment([
      { index: 0, function: { name: 'run', arguments: '{"path":"a"}' } },
      { index: 0, function: { name: 'look', arguments: '{}' } },
    ]),
    [
      ['run', { path: 'a' }],
      ['look', {}],
    ],
  ],
  [
    'the field of an older version',
    frame({ choices: [{ delta: { function_call: { name: 'run', arguments: '{"path":' } } }] }) +
      frame({ choices: [{ delta: { function_call: { arguments: '"a"}' } } }] }),
    [['run', { path: 'a' }]],
  ],
  ['no name', part(0, 'c1', none, '{"path":"a"}'), [['unnamed_tool', 'UNKNOWN_TOOL']]],
  ['arguments without their end', part(0, 'c1', 'run', '{"path":"a'), [['run', 'BAD_ARGUMENTS']]],
  ['arguments that nest without end', part(0, 'c1', 'run', '['.repeat(50_000)), [['run', 'BAD_ARGUMENTS']]],
  ['arguments that nest too deep', part(0, 'c1', 'run', deep(5_000)), [['run', 'BAD_ARGUMENTS']]],
  [
    'an object of arguments that nests too deep',
    fragment({ index: 0, id: 'c1', function: { name: 'run' } }).replace(
      '"name":"run"',
      `"name":"run","arguments":${deep(15_000)}`,
    ),
    [['run', 'BAD_ARGUMENTS']],
  ],
  [
    'arguments with half a character',
    part(0, 'c1', 'run', '{"path":"a\\ud83d\\u0000"}'),
    [['run', { path: 'a\uFFFD\uFFFD' }]],
  ],
];

describe('a tool call of a Chat Completions server', () => {
  test.each(answers)(
    '%s: each call runs with all of its arguments, or not at all',
    async (_, body, expected) => {
      expect(await callsIn(chatShared, body + stop())).toEqual(expected);
    },
  );

  test.each(['length', 'content_filter'])(
    'a call without arguments does not run when the answer was cut: %s',
    async (reason) => {
      expect(await callsIn(chatShared, part(0, 'c1', 'run', '') + stop(reason))).toEqual([
        ['run', 'BAD_ARGUMENTS'],
      ]);
    },
  );
});

const start = frame({ type: 'message_start', message: { usage: { input_tokens: 10 } } });
const end = (reason = 'tool_use') =>
  frame({ type: 'message_delta', delta: { stop_reason: reason }, usage: { output_tokens: 5 } }) +
  frame({ type: 'message_stop' });
const block = (fields: object, index: unknown = 0) =>
  frame({
    type: 'content_block_start',
    index,
    content_block: { type: 'tool_use', id: 'c1', name: 'run', ...fields },
  });
const piece = (json: unknown, index: unknown = 0) =>
  frame({ type: 'content_block_delta', index, delta: { type: 'input_json_delta', partial_json: json } });

describe('a tool call of a Messages server', () => {
  test.each<[string, string, object]>([
    ['arguments in the start of the block', block({ input: { path: 'a' } }), [['run', { path: 'a' }]]],
    [
      'arguments in the start and in deltas',
      block({ input: { path: 'x' } }) + piece('{"path":') + piece('"a"}'),
      [['run', { path: 'a' }]],
    ],
    [
      'one index for several calls',
      block({ input: {} }) + piece('{"path":"a"}') + block({ id: 'c2' }) + piece('{"path":"b"}'),
      both,
    ],
    [
      'arguments of another index',
      block({ input: {} }, 0) + piece('{"path":"a"}', 2),
      [['run', { path: 'a' }]],
    ],
    [
      'the start of a call twice',
      block({ input: {} }) + block({ input: {} }) + piece('{"path":"a"}'),
      [['run', { path: 'a' }]],
    ],
    [
      'no id and an input of null',
      block({ id: null, input: null }) + piece('{"path":"a"}', '0'),
      [['run', { path: 'a' }]],
    ],
    ['no arguments', block({ input: {} }), [['run', {}]]],
    ['{} before the arguments', block({}) + piece('{}') + piece('{"path":"a"}'), [['run', { path: 'a' }]]],
    [
      'arguments that nest without end',
      block({}) + piece('{"path":'.repeat(20_000)),
      [['run', 'BAD_ARGUMENTS']],
    ],
  ])('%s: each call runs with all of its arguments, or not at all', async (_, body, expected) => {
    expect(await callsIn(messagesShared, start + body + end())).toEqual(expected);
  });

  test.each(['max_tokens', 'refusal'])(
    'a call without arguments does not run when the answer was cut: %s',
    async (reason) => {
      expect(await callsIn(messagesShared, start + block({}) + end(reason))).toEqual([
        ['run', 'BAD_ARGUMENTS'],
      ]);
    },
  );
});
